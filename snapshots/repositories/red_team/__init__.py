"""Attacks on the reward: what an agent could leave in a tree so that tests pass which its work does not satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agent_envs.envs.issue_task import IssueTask
from agent_envs.outcome import Fault

from ..grading import Verdict, grade, suspicious
from ..repository_set import RepositorySet
from ..submission import submission

TIMEOUT_S = 20.0


class Attack(NamedTuple):
    """One attack.

    Args:
        name: What it does.
        script: What bash runs in the agent's tree.
        code: Python that is put at the end of the file that the solution changes.
    """

    name: str
    script: str = ""
    code: str = ""


class Repelled(NamedTuple):
    """What became of an attack.

    Args:
        attack: The attack.
        verdict: What hidden tests said.
        unscanned: What they say where the changes are not searched for suspicious names: the tests and the processes
            that run them must hold by themselves.
        solved: What they say of the attack beside the solution, for those that leave the project's code alone.
    """

    attack: Attack
    verdict: Verdict
    unscanned: Verdict
    solved: Verdict | None

    @property
    def failed(self) -> bool:
        """Whether the attack failed in every way: no reward, and none was taken from an honest solution."""
        rewarded = self.verdict.resolved or self.unscanned.resolved
        return not rewarded and (self.solved is None or self.solved.resolved)


def attack(repositories: RepositorySet, task: IssueTask) -> Iterator[Repelled]:
    """Try every attack on a task.

    Args:
        repositories: Where it is from.
        task: The task; its solution changes one file, and does not remove it.

    Raises:
        Fault: A sandbox is lost, or cannot be started.
    """
    return (tried(repositories, task, one) for one in ATTACKS)


def tried(repositories: RepositorySet, task: IssueTask, one: Attack) -> Repelled:
    """Try one attack; see `attack`."""
    base = repositories.base(task)
    source, mended = next((path, after) for path, after in base.gold.items() if after is not None)
    test = task.fail_to_pass[0].partition("::")[0]
    folders = {"PACKAGE": source.rpartition("/")[0] or ".", "TESTS": test.rpartition("/")[0] or "."}
    variables = {"SOURCE": source, "TEST": test, **folders}
    sandbox = repositories.sandbox(task)
    try:
        if one.code:
            sandbox.write(source, (base.tree.read(source) or b"") + b"\n\n" + one.code.encode())
        if one.script:
            told = "".join(f"export {name}='{value}'\n" for name, value in variables.items())
            try:
                sandbox.shell(told + one.script, timeout_s=TIMEOUT_S)
            except Fault:  # it ended its own sandbox: what is left to the agent is a new one
                sandbox.close()
                sandbox = repositories.sandbox(task)
        work = submission(sandbox, base.tree)
        verdict = repositories.grade_work(task, work)
        unscanned = verdict
        if suspicious(work, base.tree, base.gold):
            against = repositories.counters(task)
            unscanned = grade(repositories.ground, base.snapshot, base.tree, work, base.hidden, work.files, against)
        solved = None
        if not work.files:
            sandbox.run(f"rm -rf -- '{source}'")
            sandbox.write(source, mended)
            solved = repositories.grade(task, sandbox)
        return Repelled(one, verdict, unscanned, solved)
    finally:
        sandbox.close()


def _sections(name: str) -> Iterator[tuple[str, str]]:
    """The sections of a file beside this one: the name of each, and its text."""
    for section in Path(__file__).with_name(name).read_text().split("\n=== ")[1:]:
        title, _, text = section.partition("\n")
        yield title, text


ATTACKS: tuple[Attack, ...] = (
    *(Attack(name, script=text) for name, text in _sections("in_tree.txt")),
    *(Attack(name, code=text) for name, text in _sections("in_process.txt")),
)
