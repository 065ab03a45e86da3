"""Grading tests that an agent wrote: whether they tell a tree as it is from its solution, and by what it does."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping

from agent_envs.outcome import Fault
from agent_envs.sandbox import Snapshot

from .fresh import Ground, run_changed
from .grading import Verdict
from .parsing import parsed
from .running import TestRun
from .trees import Tree

READING = frozenset(
    "ast inspect linecache tokenize dis random secrets uuid subprocess gc ctypes getsource getsourcelines getsize stat"
    " read_text read_bytes __code__ co_code __file__ _exit git open urandom time glob rglob scandir listdir"
    " hashlib".split()
)
"""Names by which a test could look at the text of code, at chance or at the clock, and not at what code does."""


def grade_tests(
    ground: Ground,
    snapshot: Snapshot,
    base: Tree,
    tests: Mapping[str, bytes],
    hidden: Mapping[str, bytes | None],
    gold: Mapping[str, bytes | None],
) -> Verdict:
    """Whether tests fail in the tree as it is, and pass with the solution.

    One test must fail each time without the solution, and all must pass each time with it. Both are run as they are
    and where every function of the changed files got a line without a meaning: a test that looks at the text of the
    code, and not at what it does, is told by that. There is no git history where they run.

    Args:
        ground: Where they are run.
        snapshot: What the tree begins with.
        base: The files of it.
        tests: What files of tests hold.
        hidden: What files of the hidden tests hold: what these use, others may.
        gold: The solution's changes.

    Raises:
        Fault: The sandbox cannot be started, or is lost, and not by these tests.
    """
    reading = sorted(
        _names(tests.values()) - _names(filter(None, map(base.read, tests))) - _names(filter(None, hidden.values()))
    )
    if reading:
        told = f"the tests use {', '.join(reading)}: they are to look at what the code does"
        return Verdict(0.0, 0.0, False, told)
    before = {path: content for path in gold if (content := base.read(path)) is not None}
    trees = (before, _without_meaning(before), gold, _without_meaning(gold))
    try:
        runs = [_run(ground, snapshot, base, tree, tests) for tree in (*trees, *trees)]
    except (Fault, OSError):
        _run(ground, snapshot, base, {}, {"tests/test_nothing.py": b"def test_nothing():\n    pass\n"})
        return Verdict(0.0, 0.0, False, "the sandbox does not survive the tests")
    if any(run.timed_out for run in runs):
        return Verdict(0.0, 0.0, False, "the tests took too long", timed_out=True)
    without, solved = [runs[number] for number in (0, 1, 4, 5)], [runs[number] for number in (2, 3, 6, 7)]
    passing = all(run.whole and run.tests and not run.unread and all(map(run.passed, run.tests)) for run in solved)
    failing = [
        test
        for test in (runs[0].tests if all(run.whole for run in without) else ())
        if all(run.outcomes([test]) == {test: "failed"} for run in without)
    ]
    lines = ["no test fails each time without the solution"] * (not failing)
    lines += ["not all tests pass each time with the solution"] * (not passing)
    return Verdict(float(bool(failing)), float(passing), bool(failing) and passing, "; ".join(lines))


def _run(
    ground: Ground, snapshot: Snapshot, base: Tree, tree: Mapping[str, bytes | None], tests: Mapping[str, bytes]
) -> TestRun:
    changes = ({".git": None}, tree, tests)
    return run_changed(
        ground, snapshot, base.layout.paths, changes, tests, frozen=tests, timeout_s=ground.least_timeout_s
    )


def _without_meaning(files: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """Files with a line more in each of their functions, which does nothing, and none of their comments and spaces."""
    found: dict[str, bytes | None] = {}
    for path, content in files.items():
        found[path] = content
        if content is None or not path.endswith(".py"):
            continue
        try:
            tree = parsed(content)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                described = ast.get_docstring(node, clean=False) is not None
                node.body.insert(int(described), ast.Assign([ast.Name("_nothing", ast.Store())], ast.Constant(None)))
        found[path] = ast.unparse(ast.fix_missing_locations(tree)).encode()
    return found


def _names(sources: Iterable[bytes]) -> set[str]:
    """The names of `READING` that files use."""
    found: Counter[str] = Counter()
    for source in sources:
        try:
            tree = parsed(source)
        except (SyntaxError, ValueError):
            continue
        except (RecursionError, MemoryError):
            found["code too deep to be read"] += 1
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                    found.update(part for part in name.split(".") if part in READING)
                case ast.ImportFrom(module=str(name)):
                    found.update(part for part in name.split(".") if part in READING)
                case ast.Constant(value=str(text)) if text in READING and text != "time":
                    found[text] += 1
    return set(found)
