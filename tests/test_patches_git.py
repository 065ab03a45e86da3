"""Patches held against git itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_envs.patches import PatchError, applied, made

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

Tree = dict[str, bytes]
line = st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"- d\r\n", b"e \x0c\n"])
text = st.tuples(st.lists(line, max_size=20), st.sampled_from([b"", b"end"])).map(
    lambda drawn: b"".join(drawn[0]) + drawn[1]
)
tree = st.dictionaries(st.sampled_from(["x", "two words", "ä/b", 'q"', "tab\t"]), text, max_size=3)


@st.composite
def edited(draw: st.DrawFn, before: Tree) -> Tree:
    """The tree with some lines taken out and put in, and perhaps a file more or less."""
    after = dict(before)
    for path in sorted(before):
        lines = before[path].splitlines(keepends=True)
        for _ in range(draw(st.integers(0, 2))):
            at = draw(st.integers(0, len(lines)))
            lines[at : at + draw(st.integers(0, 2))] = draw(st.lists(line, max_size=2))
        after[path] = b"".join(lines)
    if draw(st.booleans()) and after:
        del after[draw(st.sampled_from(sorted(after)))]
    if draw(st.booleans()):
        after |= draw(tree)
    return after


def git(folder: Path, *arguments: str, sent: str = "") -> subprocess.CompletedProcess[bytes]:
    quiet = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["git", *arguments], cwd=folder, env=quiet, input=sent.encode(), capture_output=True)


def write(folder: Path, files: Tree) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def applied_by_git(patch: str, before: Tree) -> Tree | None:
    """The tree after ``git apply``; None where it refuses."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, before)
        if git(folder, "apply", "-", sent=patch).returncode:
            return None
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def applied_by_us(patch: str, before: Tree) -> Tree:
    whole = {**before, **applied(patch, before.get)}
    return {path: content for path, content in whole.items() if content is not None}


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_git_applies_what_is_made(data: st.DataObject) -> None:
    before = data.draw(tree)
    after = data.draw(edited(before))
    patch = made(before, {**dict.fromkeys(before), **after})
    assert (applied_by_git(patch, before) if patch else before) == after


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_what_git_makes_applies(data: st.DataObject) -> None:
    before = data.draw(tree)
    after = data.draw(edited(before))
    with tempfile.TemporaryDirectory() as name:
        for side, files in (("a", before), ("b", after)):
            (Path(name) / side).mkdir()
            write(Path(name) / side, files)
        ways = data.draw(st.sampled_from([(), ("--no-renames",), ("-C", "--find-copies-harder"), ("-U1",)]))
        git(Path(name), "init", "-q")
        tree_of = []
        for side in ("a", "b"):
            git(Path(name), f"--work-tree={side}", "add", "-A")
            tree_of.append(git(Path(name), "write-tree").stdout.decode().strip())
        patch = git(Path(name), "diff", *ways, *tree_of)
    assert applied_by_us(patch.stdout.decode(), before) == after


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_applies_to_another_tree_applies_as_git_applies_it(data: st.DataObject) -> None:
    before = {"x": data.draw(text)}
    patch = made(before, {"x": data.draw(edited(before)).get("x")})
    other = data.draw(edited(before)) if data.draw(st.booleans()) else {"x": before["x"] * 2}
    try:
        ours = applied_by_us(patch, other)
    except PatchError:
        return  # git may still choose among several places
    assert (applied_by_git(patch, other) if patch else other) == ours
