"""Grading: what tests say of a tree into which nothing of the agent was taken but its changes of the project's code."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agent_envs.outcome import Fault
from agent_envs.sandbox import Snapshot

from .fresh import Ground
from .staging import Changes, Counters, HiddenTests, Played, Stage
from .submission import Submission
from .suspicion import added
from .trees import Tree


class Verdict(msgspec.Struct, frozen=True):
    """What hidden tests say.

    Args:
        fail_to_pass: Share of the tests that are to pass now, and do.
        pass_to_pass: Share of the tests that passed before, and still do; 1 where there are none.
        resolved: Whether all of both pass, and can be believed.
        detail: For people: what does not pass, and what of the changes did not count.
        timed_out: Whether the tests took too long.
    """

    fail_to_pass: float
    pass_to_pass: float
    resolved: bool
    detail: str = ""
    timed_out: bool = False


def grade(
    ground: Ground,
    snapshot: Snapshot,
    base: Tree,
    work: Submission,
    hidden: HiddenTests,
    gold: Changes,
    against: Counters = Counters(),  # noqa: B008 - it is frozen
) -> Verdict:
    """What hidden tests say of an agent's changes.

    What passes them runs them once more, in another sandbox, where the counter-tests have their names: code that
    passes tests which it does not satisfy cannot know in which of the two it is.

    Args:
        ground: Where they are run.
        snapshot: What the agent's tree began with.
        base: The files of it.
        work: The agent's changes.
        hidden: The tests.
        gold: The solution's changes: what these use is not suspicious.
        against: The counter-tests, as `Stage.counters` gives them.

    Raises:
        Fault: The sandbox cannot be started, or is lost, and not by what the agent changed.
    """
    found = suspicious(work, base, gold)
    if found:
        told = f"the changes hold {', '.join(found)}: tests cannot judge them"
        return Verdict(0.0, 0.0, False, _told((told,), work))
    stage = Stage(ground, snapshot, base, hidden)
    verdict = _judged(stage, work, against, own=0)
    return _judged(stage, work, against, own=1) if verdict.resolved and against.tests else verdict


def _judged(stage: Stage, work: Submission, against: Counters, own: int) -> Verdict:
    try:
        played = stage.play(work.files, against, own=own)
    except (Fault, OSError):
        if not stage.play({}, against, own=own).run.whole:  # then it is not what the agent changed
            raise
        return Verdict(0.0, 0.0, False, _told(("the sandbox of the tests does not survive the changes",), work))
    if played.run.timed_out:
        return Verdict(0.0, 0.0, False, _told(("the tests took too long",), work), timed_out=True)
    return _verdict(played, stage.hidden, work)


def _verdict(played: Played, hidden: HiddenTests, work: Submission) -> Verdict:
    to_pass, to_keep = played.failed(hidden.fail_to_pass), played.failed(hidden.pass_to_pass)
    lines = [f"{name} does not pass" for name in (*to_pass, *to_keep)]
    if len(lines) > 5:
        lines[5:] = [f"{len(lines) - 5} more do not pass"]
    if not played.believed or (not lines and not all(played.came(*one) for one in played.named)):
        return Verdict(0.0, 0.0, False, _told(("the tests did not come to their end in due form",), work))
    return Verdict(
        1 - len(to_pass) / len(hidden.fail_to_pass),
        1 - len(to_keep) / len(hidden.pass_to_pass) if hidden.pass_to_pass else 1.0,
        not lines,
        _told(lines, work),
    )


def suspicious(work: Submission, base: Tree, gold: Changes) -> list[str]:
    """What changes hold that a fix has no need of, and that the solution does not hold."""

    def of(changes: Changes) -> set[str]:
        after = {path: new for path, new in changes.items() if new is not None and path.endswith(".py")}
        before = {path: old for path in changes if path.endswith(".py") and (old := base.read(path)) is not None}
        return set(added(before, after))

    return sorted(of(work.files) - of(gold))


def _told(lines: Iterable[str], work: Submission) -> str:
    left_out = [f"{path} did not count: {reason}" for path, reason in list(work.left_out.items())[:5]]
    return "; ".join((*lines, *left_out))
