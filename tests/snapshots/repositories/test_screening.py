"""Changes tried in forks: which seem to be bugs, and which never do."""

from __future__ import annotations

import pytest

from agent_envs.snapshots.repositories.bugs.baseline import baseline
from agent_envs.snapshots.repositories.bugs.candidates import Change, code_files
from agent_envs.snapshots.repositories.bugs.screening import CHUNK, Bug, Screen
from agent_envs.snapshots.repositories.fresh import Ground
from agent_envs.snapshots.repositories.task_python import task_python
from agent_envs.snapshots.repositories.trees import Tree

CODE = "def half(x):\n    return x // 2\n\n\ndef whole(x):\n    return x\n"
TESTS = """from small import half, whole


def test_half():
    assert half(4) == 2


def test_whole():
    assert whole(4) == 4


def test_words():
    assert whole("a") == "a"
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    folder = tmp_path_factory.mktemp("screened")
    (folder / "small.py").write_text(CODE)
    (folder / "test_small.py").write_text(TESTS)
    return Tree(folder)


def half_is(text: str) -> Bug:
    return Bug((Change("small.py", "other", "half", 2, 2, f"    {text}\n"),), ())


def test_what_hangs_is_no_bug_and_what_is_tried_after_it_is_found(tree: Tree) -> None:
    ground = Ground(task_python())
    base = baseline(ground, tree)
    endless, wrong, same = half_is("while x: pass"), half_is("return x // 2 + (x > 2)"), half_is("return x >> 1")
    tried = [endless, wrong, same, *[wrong] * CHUNK]
    found = [Screen(ground, tree, base, workers).bugs(tried, code_files(tree)) for workers in (1, 3)]
    assert found[0] == found[1]
    failing = frozenset(("test_small.py::test_half",))
    assert [bug and bug.tests for bug in found[0]] == [None, failing, None, *[failing] * CHUNK]
