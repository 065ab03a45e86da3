from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.snapshots.repositories.instances import Instance, read_instances, write_instances

ROW: dict[str, Any] = {
    "instance_id": "a__b-1",
    "repo": "a/b",
    "base_commit": "0" * 40,
    "problem_statement": "It fails.\u2028Really.",
    "patch": "--- a\n+++ b\n",
    "test_patch": "--- t\n+++ t\n",
    "FAIL_TO_PASS": ["tests/test_a.py::test_a[x y]"],
    "PASS_TO_PASS": '["tests/test_a.py::test_b"]',
    "version": "1.0",
    "hints_text": 7,
    "created_at": None,
}
INSTANCE = Instance(
    instance_id="a__b-1",
    repo="a/b",
    base_commit="0" * 40,
    problem_statement="It fails.\u2028Really.",
    patch="--- a\n+++ b\n",
    test_patch="--- t\n+++ t\n",
    fail_to_pass=("tests/test_a.py::test_a[x y]",),
    pass_to_pass=("tests/test_a.py::test_b",),
    version="1.0",
)
SMITH = {
    name: ROW[name] for name in ("instance_id", "repo", "problem_statement", "patch", "FAIL_TO_PASS", "PASS_TO_PASS")
}
SMITH["image_name"] = "image"


def as_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (path / "some.jsonl").write_text(text, encoding="utf-8")
    return path / "some.jsonl"


def as_array(path: Path, rows: list[dict[str, Any]]) -> Path:
    (path / "some.json").write_text(json.dumps(rows), encoding="utf-8-sig")
    return path / "some.json"


def as_object(path: Path, rows: list[dict[str, Any]]) -> Path:
    named = {row["instance_id"]: {name: row[name] for name in row if name != "instance_id"} for row in rows}
    (path / "some.json").write_text(json.dumps(named))
    return path / "some.json"


def as_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    source = as_array(path, rows).rename(path / "source.json")
    source.write_text(source.read_text(encoding="utf-8-sig"))
    target = path / "split=a" / "some[1]*.parquet"
    target.parent.mkdir()
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t AS FROM read_json(?)", [str(source)])
        database.execute("COPY (SELECT *, now() AS at FROM t) TO '" + str(path / "plain.parquet") + "'")
    return (path / "plain.parquet").rename(target)


@pytest.mark.parametrize("form", [as_lines, as_array, as_object, as_parquet])
def test_instances_are_read_in_their_order(tmp_path: Path, form: Callable[[Path, list[dict[str, Any]]], Path]) -> None:
    first, second = read_instances(form(tmp_path, [ROW, {**ROW, "instance_id": "a__b-0"}]))
    assert first == INSTANCE
    assert second.instance_id == "a__b-0"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch": None}, "patch is missing"),
        ({"patch": ""}, "patch is empty"),
        ({"base_commit": 7}, "base_commit is int 7, and no text"),
        ({"version": 1.0}, "version is float 1.0, and no text"),
        ({"test_patch": None}, "test_patch is missing"),
        ({"FAIL_TO_PASS": None}, "FAIL_TO_PASS is missing"),
        ({"FAIL_TO_PASS": "tests/a.py"}, "FAIL_TO_PASS: no JSON"),
        ({"FAIL_TO_PASS": '{"a": 1}'}, "FAIL_TO_PASS is dict {'a': 1}, and no list"),
        ({"PASS_TO_PASS": ["a", 3]}, "PASS_TO_PASS holds int 3"),
        ({"problem_statement": "\ud800"}, "problem_statement holds half of a surrogate pair at character 0"),
        ({"instance_id": "first"}, "instance_id 'first' was at line 1 already"),
        ({"image_name": "x", "test_patch": ""}, "read it with patch_is='bug'"),
    ],
)
def test_a_wrong_field_is_named_with_its_file_and_line(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ({**ROW, "instance_id": "first"}, {**ROW, **changes})))
    with pytest.raises(ValueError) as caught:
        list(read_instances(path))
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", b'{"a": 1', "line 1: no JSON"),
        ("a.jsonl", b"\n\xff\n", "line 2: no JSON"),
        ("a.jsonl", b"[]", "line 1: list [], and no object"),
        ("a.jsonl", b"[" * 200_000, "line 1: no JSON"),
        ("a.jsonl", b'{"repo": "a/b", "repo": "a/c"}', "'repo' comes twice"),
        ("a.json", b"", "no JSON"),
        ("a.json", b"7", "int 7, and neither an array"),
        ("a.json", b'{"x": {"instance_id": "y"}}', "entry 'x': instance_id is 'y'"),
        ("a.json", b'{"x": {}, "x": {}}', "'x' comes twice"),
        ("a.json", b"[{}]", "entry 1: instance_id is missing"),
        ("a.parquet", b"no parquet", "cannot be read as Parquet"),
        ("a.csv", b"", "no .json, .jsonl or .parquet file"),
    ],
)
def test_a_file_that_holds_no_instances_is_named(tmp_path: Path, name: str, text: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(ValueError) as caught:
        list(read_instances(tmp_path / name))
    assert str(caught.value).startswith(str(tmp_path / name))
    assert message in str(caught.value)


def test_a_row_of_parquet_is_named_by_its_number(tmp_path: Path) -> None:
    path = as_parquet(tmp_path, [ROW, {**ROW, "instance_id": "other", "repo": None}])
    with pytest.raises(ValueError, match="row 2: repo is missing"):
        list(read_instances(path))


@pytest.mark.parametrize("name", ["none.jsonl", "none.json", "none.parquet"])
def test_a_file_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_instances(tmp_path / name))


def test_patches_that_make_bugs_are_read_only_when_asked_for(tmp_path: Path) -> None:
    path = as_lines(tmp_path, [SMITH])
    with pytest.raises(ValueError, match="patch makes the bug; read it with patch_is='bug'"):
        list(read_instances(path))
    (read,) = read_instances(path, patch_is="bug")
    assert (read.patch, read.base_commit, read.test_patch) == (ROW["patch"], "", "")
    with pytest.raises(ValueError, match="patch is the solution; read it with patch_is='gold'"):
        list(read_instances(as_lines(tmp_path, [ROW]), patch_is="bug"))


def test_written_tests_are_text_in_json_as_in_published_files(tmp_path: Path) -> None:
    write_instances(tmp_path / "out.jsonl", [INSTANCE])
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert row["FAIL_TO_PASS"] == '["tests/test_a.py::test_a[x y]"]'
    assert {name: row[name] for name in ("repo", "patch", "version")} == {
        "repo": "a/b",
        "patch": ROW["patch"],
        "version": "1.0",
    }


def test_what_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'a__b-1' comes twice"):
        write_instances(tmp_path / "out.jsonl", [INSTANCE, INSTANCE])
    with pytest.raises(ValueError, match=r"written as \.jsonl"):
        write_instances(tmp_path / "out.json", [INSTANCE])
    assert not list(tmp_path.iterdir())


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
INSTANCES = st.builds(
    Instance,
    **dict.fromkeys(
        ("instance_id", "repo", "base_commit", "problem_statement", "patch", "test_patch", "version"), TEXT
    ),
    **dict.fromkeys(("fail_to_pass", "pass_to_pass"), st.lists(TEXT).map(tuple)),
)


@given(some=st.lists(INSTANCES, unique_by=lambda instance: instance.instance_id, max_size=3))
def test_what_is_written_is_read_the_same(tmp_path_factory: pytest.TempPathFactory, some: list[Instance]) -> None:
    path = tmp_path_factory.mktemp("round") / "trip.jsonl"
    write_instances(path, some)
    assert list(read_instances(path)) == some
