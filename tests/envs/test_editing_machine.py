"""Sequences of edits against a model: what files hold, as a dictionary, and what can be undone, as a list."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_envs.envs.workbench import MOST_UNDONE, Workbench
from agent_envs.snapshots.repositories.repository_set import RepositorySet
from agent_envs.tools import ToolError

from .edits import done


class Do(NamedTuple):
    command: str
    path: str
    old: str
    text: str
    line: int


class Undone(NamedTuple):
    path: str
    before: str | None
    after: str


PIECES = ("", "a", "aa", "b", "é", "\n", "a\n", "b\nb\n", "\r\n", "a\r\n", "b\r\na\r\n", "a\nb\r\n")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
CALLS = st.builds(
    Do,
    st.sampled_from(["create", "replace", "replace", "insert", "insert", "undo", "bash"]),
    st.sampled_from(["one", "folder/two", "one/three"]),
    st.sampled_from(PIECES),
    TEXTS,
    st.integers(0, 5),
)


class Model:
    """What the editor is to do."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.history: list[Undone] = []

    def does(self, call: Do) -> bool:
        """Do a call; False where it is refused."""
        before = self.files.get(call.path)
        if call.command == "undo":
            return self._undoes(call.path)
        after = self._created(call, before) if call.command == "create" else self._edited(call, before)
        if after is None:
            return False
        self.history = [*self.history, Undone(call.path, before, after)][-MOST_UNDONE:]
        self.files[call.path] = after
        return True

    def _undoes(self, path: str) -> bool:
        numbers = [number for number, undone in enumerate(self.history) if undone.path == path]
        if not numbers or self.files.get(path) != self.history[numbers[-1]].after:
            return False
        before = self.history.pop(numbers[-1]).before
        if before is None:
            del self.files[path]
        else:
            self.files[path] = before
        return True

    def _created(self, call: Do, before: str | None) -> str | None:
        blocked = any(path.startswith(f"{call.path}/") or call.path.startswith(f"{path}/") for path in self.files)
        return None if blocked or before is not None else call.text

    def _edited(self, call: Do, before: str | None) -> str | None:
        if before is None:
            return None
        ends = before.count("\r\n")
        returns = ends > 0 and before.count("\r") == before.count("\n") == ends
        content, old, text = (one.replace("\r\n", "\n") if returns else one for one in (before, call.old, call.text))
        if call.command == "replace":
            starts = [at for at in range(len(content)) if old and content.startswith(old, at)]
            if len(starts) != 1 or old == text:
                return None
            content = content[: starts[0]] + text + content[starts[0] + len(old) :]
        else:
            lines = content.split("\n")
            whole = len(lines) - (lines[-1] == "")
            if call.line > whole:
                return None
            content = "\n".join([*lines[: call.line], text.removesuffix("\n"), *lines[call.line :]])
        return content.replace("\n", "\r\n") if returns else content


@settings(max_examples=25, deadline=None)
@given(st.lists(CALLS, max_size=40))
def test_edits_do_what_the_model_says(ledger: RepositorySet, calls: list[Do]) -> None:
    bench, model = Workbench(ledger), Model()
    bench.begin(ledger.tasks[0])
    try:
        empty = bench.sandbox.digest()
        for call in calls:
            if call.command == "bash":  # what is written by other means is not to be lost
                if call.path in model.files:
                    bench.sandbox.write(call.path, call.text.encode())
                    model.files[call.path] = call.text
                continue
            before = bench.digest()
            try:
                done(bench, call.command, call.path, old=call.old, text=call.text, line=call.line)
                accepted = True
            except ToolError:
                accepted = False
            assert accepted == model.does(call)
            assert accepted or bench.digest() == before
            changed = [path for path, kind in bench.sandbox.changed().present if kind == "file"]
            assert {path: bench.sandbox.read(path).decode() for path in changed} == model.files
        assert model.files or bench.sandbox.digest() == empty
    finally:
        bench.close()
