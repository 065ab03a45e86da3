"""Tests of ours among the hidden ones, whose results are known: where one comes out otherwise, none can be believed."""

from __future__ import annotations

import ast
import secrets
from typing import NamedTuple

from .parsing import parsed
from .running import TestRun

_WORDS = (
    "adds accepts bounds builds case checks copies counts default drops empty error finds first format groups handles"
    " ignores index input joins keeps keys large last length limits list maps merges mixed name nested order parses"
    " partial quotes range reads repeats result returns rounds simple skips sorts splits state strict total trims type"
    " unicode value wraps zero"
).split()


class Canaries(NamedTuple):
    """A file of tests.

    Args:
        path: Where it is to stand.
        content: What it holds.
        outcomes: What must come of each test.
    """

    path: str
    content: bytes
    outcomes: dict[str, str]

    def sing(self, run: TestRun) -> bool:
        """Whether every one of them ended as it must."""
        return run.outcomes(self.outcomes) == self.outcomes


def canaries(folder: str, beside: str = "") -> Canaries:
    """Canaries for a folder of tests, of another name and content each time.

    Code under test that makes tests pass which it does not satisfy, or leaves tests out, makes these pass or leaves
    these out as well, unless it can tell them from others; their names and values are chosen at random for that. What
    they are does not depend on the episode, and the verdict does not depend on what they are.

    Args:
        folder: Path of a folder.
        beside: What a file of hidden tests holds: what it imports is imported here as well.
    """
    choose = secrets.SystemRandom()
    names, given = _names(choose, 7), choose.choice(_WORDS)
    value, other = choose.sample(range(10, 1000), 2)
    text, error = choose.choice(_WORDS), choose.choice(("ValueError", "KeyError", "TypeError", "RuntimeError"))
    order = [max(value, other), min(value, other)]
    tests = [
        (f"def {names[0]}():\n    assert sorted([{value}, {other}]) == {order}", "failed"),
        (f"def {names[1]}():\n    raise {error}({text!r})", "failed"),
        (f"def {names[2]}({given}):\n    assert {given} == {value}", "error"),
        (f"def {names[3]}():\n    assert {text!r}.upper() == {text.upper()!r}", "passed"),
        (f"def {names[4]}():\n    with pytest.raises({error}):\n        str({value})", "failed"),
        (f"def {names[5]}():\n    pytest.skip({text!r})", "skipped"),
        (f"def {names[6]}():\n    assert {{{value}, {other}}} - {{{other}}} == {{{value}}}", "passed"),
    ]
    choose.shuffle(tests)
    fixture = f"@pytest.fixture\ndef {given}():\n    raise {error}({value})"
    content = "\n\n\n".join([_imports(beside), fixture, *(test for test, _ in tests)]) + "\n"
    path = f"{folder}/{_names(choose, 1)[0]}.py".lstrip("/")
    named = {f"{path}::{test.split('(')[0].removeprefix('def ')}": outcome for test, outcome in tests}
    return Canaries(path, content.encode(), named)


def random_names(count: int) -> list[str]:
    """Names as tests have them, all different."""
    return _names(secrets.SystemRandom(), count)


def _imports(beside: str) -> str:
    """What a file of tests imports from elsewhere, and pytest."""
    try:
        body = parsed(beside).body
    except SyntaxError:
        body = []
    kept = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    kept = [node for node in kept if not isinstance(node, ast.ImportFrom) or node.module != "__future__"]
    return "\n".join(dict.fromkeys(["import pytest", *map(ast.unparse, kept)]))


def _names(choose: secrets.SystemRandom, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[f"test_{'_'.join(choose.sample(_WORDS, choose.choice((2, 3))))}"] = None
    return list(found)
