"""Tasks made on a tiny repository, and on strange ones; see `test_unfit.py` for those that give none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

import msgspec
import pytest

from agent_envs.envs.issue_task import IssueTask
from agent_envs.snapshots.repositories.bugs.baseline import Baseline, baseline
from agent_envs.snapshots.repositories.bugs.candidates import candidates, code_files
from agent_envs.snapshots.repositories.bugs.making import Maker
from agent_envs.snapshots.repositories.bugs.mutants import mutants
from agent_envs.snapshots.repositories.building import Source, build_set
from agent_envs.snapshots.repositories.fresh import Ground
from agent_envs.snapshots.repositories.repository_set import RepositorySet
from agent_envs.snapshots.repositories.submission import Submission
from agent_envs.snapshots.repositories.task_python import task_python
from agent_envs.snapshots.repositories.tiny import generate
from agent_envs.snapshots.repositories.trees import Tree

Files = dict[str, bytes]


def tree_of(folder: Path, files: Files) -> Tree:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return Tree(folder)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return tree_of(tmp_path_factory.mktemp("made") / "tiny-0", generate(0))


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground(task_python())


@pytest.fixture(scope="module")
def base(ground: Ground, tiny: Tree) -> Baseline:
    return baseline(ground, tiny)


@pytest.fixture(scope="module")
def made(tiny: Tree, tmp_path_factory: pytest.TempPathFactory) -> RepositorySet:
    """Ten tasks: seven bugs, two pairs of them, and a feature."""
    target = tmp_path_factory.mktemp("made") / "set"
    return RepositorySet(build_set(target, "made", [Source("tiny-0", tiny, "train")], count=10))


def resolved(made: RepositorySet, task: IssueTask, files: dict[str, bytes | None]) -> bool:
    return made.grade_work(task, Submission(files, {})).resolved


def test_every_reliable_test_passes_and_knows_its_lines(base: Baseline, tiny: Tree) -> None:
    assert base.files == tuple(path for path in tiny.files if path.startswith("tests/"))
    assert len(base.passed) > 100 and base.seconds > 0
    assert set(base.covering) == set(code_files(tiny))
    path, source = next((path, text) for path, text in code_files(tiny).items() if "def " in text)
    function = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    covering = base.tests_of(path, function.body[-1].lineno, function.end_lineno or 0)
    assert 0 < len(covering) < len(base.passed)
    assert base.tests_of(path, 1, 1) == tuple(base.passed)
    assert base.tests_of("nothing.py", 1, 100) == ()


def test_the_tasks_are_of_every_kind_and_are_numbered(made: RepositorySet) -> None:
    kinds = [(task.kind, len(task.operators)) for task in made.tasks]
    assert kinds == [("made", 1)] * 7 + [("made", 2)] * 2 + [("removed", 1)]
    assert [task.id for task in made.tasks] == [f"tiny-0-{number:05}" for number in range(10)]
    assert {(task.repository, task.split) for task in made.tasks} == {("tiny-0", "train")}


def test_no_bug_is_there_twice(made: RepositorySet) -> None:
    assert len({task.setup for task in made.tasks}) == len({task.patch for task in made.tasks}) == len(made.tasks)
    assert len({operator for task in made.tasks for operator in task.operators}) >= 6


def test_the_solution_resolves_and_neither_nothing_nor_another_does(made: RepositorySet) -> None:
    tasks = list(made.tasks)
    for number, task in enumerate(tasks):
        assert resolved(made, task, dict(made.base(task).gold)), task.id
        assert not resolved(made, task, {}), task.id
        other = dict(made.base(tasks[number - 1]).gold)
        if not set(other) >= set(made.base(task).gold):  # the solution of one bug is the whole file as it was
            assert not resolved(made, task, other), f"{tasks[number - 1].id} resolves {task.id}"


def parts(before: bytes, after: bytes) -> Iterator[bytes]:
    """Texts with the first of all changes alone, and with the last."""
    old, new = before.splitlines(True), after.splitlines(True)
    changes = [one for one in SequenceMatcher(None, old, new).get_opcodes() if one[0] != "equal"]
    for _, i1, i2, j1, j2 in (changes[0], changes[-1]):
        yield b"".join((*old[:i1], *new[j1:j2], *old[i2:]))


def test_half_of_a_pair_does_not_resolve(made: RepositorySet) -> None:
    for task in (task for task in made.tasks if len(task.operators) == 2):
        held = {path: (before or b"", after or b"") for path, (before, after) in made.solution(task).items()}
        if len(held) > 1:
            halves: list[dict[str, bytes | None]] = [{path: after} for path, (_, after) in held.items()]
        else:
            halves = [{path: part} for path, (before, after) in held.items() for part in parts(before, after)]
        assert len(halves) == 2
        assert [resolved(made, task, half) for half in halves] == [False, False], task.id


def texts_of(source: bytes) -> dict[str, bytes]:
    """The text of each test at the top of a file, by its name."""
    lines = source.splitlines(keepends=True)
    found = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return {node.name: b"".join(lines[node.lineno - 1 : node.end_lineno]) for node in found}


def test_hidden_tests_are_nowhere_in_the_tree(made: RepositorySet) -> None:
    for task in (task for task in made.tasks if task.kind == "made"):
        base = made.base(task)
        held = [path.read_bytes() for path in base.tree.path.rglob("*") if path.is_file()]  # git's objects among them
        for test in task.fail_to_pass:
            path, _, name = test.partition("[")[0].partition("::")
            assert name not in texts_of(base.tree.read(path) or b"")
            text = texts_of(base.hidden.files[path] or b"")[name]
            assert text and not any(text in content for content in held)


def test_tests_of_a_removed_feature_stay_where_they_are(made: RepositorySet, tiny: Tree) -> None:
    (task,) = (task for task in made.tasks if task.kind == "removed")
    tree = made.base(task).tree
    assert task.test_patch == "" and not made.hidden_tests(task)
    assert all(tree.read(path) == tiny.read(path) for path in tiny.files if path.startswith("tests/"))
    (changed,) = made.solution(task)
    assert b"raise NotImplementedError" in (tree.read(changed) or b"")


def test_the_tree_of_a_task_does_not_tell_what_was_changed(made: RepositorySet) -> None:
    for task in made.tasks:
        tree = made.base(task).tree.path
        assert len({path.lstat().st_mtime_ns for path in (tree, *tree.rglob("*"))}) == 1


def test_an_issue_names_neither_code_nor_tests_of_the_task(made: RepositorySet) -> None:
    for task in (task for task in made.tasks if task.kind == "made"):
        for path in (*made.solution(task), *made.hidden_tests(task)):
            assert path not in task.instruction and path.rpartition("/")[2] not in task.instruction
        assert "/tree" not in task.instruction and "::" not in task.instruction


def test_the_seed_chooses_the_order_of_the_same_changes(tiny: Tree) -> None:
    first, again, other = (list(candidates(tiny, mutants, seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other and sorted(first) == sorted(other)
    in_turn = [one.operator for one in first[: len({one.operator for one in first})]]
    assert len(set(in_turn)) == len(in_turn)


SMALL = {
    "small.py": b"def double(x):\n    return x * 2\n\n\ndef less(x, y):\n    return x < y\n",
    "test_small.py": (
        b"from small import double, less\n\n\ndef test_double():\n    assert double(3) == 6\n\n\n"
        b"def test_less():\n    assert less(1, 2) and not less(2, 2)\n\n\ndef test_nothing():\n    pass\n"
    ),
}


def test_bugs_that_fail_the_same_tests_count_once_whatever_the_number_of_workers(
    ground: Ground, tmp_path: Path
) -> None:
    tree = tree_of(tmp_path / "small", SMALL)
    base = baseline(ground, tree)
    makers = [Maker(ground, "small", tree, base, 0, workers) for workers in (1, 2)]
    one, two = (maker.tasks(10, "train") for maker in makers)
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
    assert makers[0].came_of == makers[1].came_of
    singles = [task.fail_to_pass for task in one if task.kind == "made" and len(task.operators) == 1]
    assert sorted(singles) == [("test_small.py::test_double",), ("test_small.py::test_less",)]
    assert makers[0].came_of.valid.total() > 2


def test_strange_files_are_left_as_they_are_and_bugs_are_made_in_the_others(tmp_path: Path) -> None:
    """Line ends of another system, a byte order mark, another encoding, and files that are no Python."""
    files = {path: content.replace(b"\n", b"\r\n") for path, content in SMALL.items()} | {
        "test_marked.py": b"\xef\xbb\xbffrom small import double\r\n"
        b"\r\ndef test_more():\r\n    assert double(4) == 8\r\n",
        "latin.py": b"# -*- coding: latin-1 -*-\nNAME = '\xe4'\n",
        "template.py": b"def {{ name }}(:\n",
        "test_broken.py": b"def test_a(:\n",
    }
    tree = tree_of(tmp_path / "strange", files)
    made = RepositorySet(build_set(tmp_path / "set", "strange", [Source("strange", tree, "train")], count=2))
    assert len(made.tasks) >= 1
    for task in made.tasks:
        gold = dict(made.base(task).gold)
        assert gold == {"small.py": files["small.py"]}
        assert resolved(made, task, gold) and not resolved(made, task, {})
        (before, _), *_ = made.solution(task).values()
        assert (before or b"").count(b"\r\n") == (before or b"").count(b"\n") > 0
