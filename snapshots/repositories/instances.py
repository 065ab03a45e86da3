"""Files in the format of SWE-bench: read as instances, and written from them."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

_TEXTS = ("instance_id", "repo", "base_commit", "problem_statement", "patch", "test_patch", "version")
_TESTS = ("FAIL_TO_PASS", "PASS_TO_PASS")
_FILLED = ("instance_id", "repo", "base_commit", "patch")  # an empty one of these says nothing
_NOT_OF_BUGS = ("base_commit", "test_patch")  # files whose patches are bugs need not have them
_MARK_OF_BUGS = "image_name"
_FETCHED_ROWS = 64

_Row = tuple[str, object]  # where it stands, and what it holds


class Instance(msgspec.Struct, frozen=True):
    """One instance, in the terms of SWE-bench.

    Args:
        instance_id: Its name, of which there is one in a file.
        repo: Name of the repository, as ``owner/name``.
        base_commit: The commit that the patches are on; empty where a bug is on the repository as it is kept.
        problem_statement: Text of the issue.
        patch: Unified diff: the solution, or the bug if it was read as one.
        test_patch: Unified diff of the hidden tests; empty where the repository has them.
        fail_to_pass: Tests that fail before the solution and must pass after it.
        pass_to_pass: Tests that pass before and must pass after it.
        version: Of the project.
    """

    instance_id: str
    repo: str
    base_commit: str
    problem_statement: str
    patch: str
    test_patch: str
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    version: str = ""


def read_instances(path: Path, *, patch_is: Literal["gold", "bug"] = "gold") -> Iterator[Instance]:
    """The instances of a file, in its order; fields that an `Instance` does not have are passed over.

    Args:
        path: A ``.jsonl`` or ``.parquet`` file, or a ``.json`` file with an array, or an object by instance ids.
        patch_is: What ``patch`` does: it solves the issue, as in SWE-bench, or makes the bug, as in SWE-smith.

    Raises:
        ValueError: The file or a field is not what it must be, an id comes twice, or the patches are of the other kind;
            the message names the file, the line, row or entry, and the field.
        ImportError: The file is Parquet, and duckdb is missing.
        OSError: The file cannot be read.
    """
    read = {".jsonl": _lines, ".json": _entries, ".parquet": _rows}.get(path.suffix)
    if read is None:
        raise ValueError(f"{path} is no .json, .jsonl or .parquet file, which are the ones that are read")
    first: dict[str, str] = {}
    for where, row in read(path):
        try:
            instance = _instance(row, patch_is)
            if instance.instance_id in first:
                raise ValueError(f"instance_id {instance.instance_id!r} was at {first[instance.instance_id]} already")
        except ValueError as error:
            raise ValueError(f"{path}, {where}: {error}") from error
        first[instance.instance_id] = where
        yield instance


def write_instances(path: Path, instances: Iterable[Instance]) -> None:
    """Write a ``.jsonl`` file as SWE-bench publishes them, with the lists of tests as text in JSON.

    Raises:
        ValueError: The file has another suffix, or an id comes twice.
        OSError: It cannot be written.
    """
    if path.suffix != ".jsonl":
        raise ValueError(f"instances are written as .jsonl, and {path} has another suffix")
    lines: dict[str, str] = {}
    for instance in instances:
        if instance.instance_id in lines:
            raise ValueError(f"instance_id {instance.instance_id!r} comes twice")
        row = {name: getattr(instance, name) for name in _TEXTS}
        row |= {name: json.dumps(getattr(instance, name.lower())) for name in _TESTS}
        lines[instance.instance_id] = json.dumps(row) + "\n"
    path.write_text("".join(lines.values()), encoding="utf-8")


def _lines(path: Path) -> Iterator[_Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"line {number}", _parsed(line, f"{path}, line {number}")


def _entries(path: Path) -> Iterator[_Row]:
    whole = _parsed(path.read_bytes(), str(path))
    if isinstance(whole, list):
        yield from ((f"entry {number}", row) for number, row in enumerate(whole, start=1))
    elif isinstance(whole, dict):
        for id, row in whole.items():
            where = f"entry {id!r}"
            if isinstance(row, dict) and row.setdefault("instance_id", id) != id:
                raise ValueError(
                    f"{path}, {where}: instance_id is {row['instance_id']!r}, and not the name of its entry"
                )
            yield where, row
    else:
        raise ValueError(f"{path}: {_kind(whole)}, and neither an array of instances nor an object by their ids")


def _rows(path: Path) -> Iterator[_Row]:
    try:
        import duckdb
    except ImportError as error:
        raise ImportError(f"{path} is Parquet, which needs duckdb: pip install duckdb") from error
    source = "read_parquet(?, hive_partitioning = false)"
    wanted = (*_TEXTS, *_TESTS, _MARK_OF_BUGS)  # no other column is decoded
    with path.open("rb"):  # duckdb takes names for patterns, and addresses for files
        pattern = glob.escape(str(path.absolute()))
    try:
        with duckdb.connect() as database:
            there = {name for name, *_ in database.execute(f"DESCRIBE FROM {source}", [pattern]).fetchall()}
            names = [name for name in wanted if name in there]
            found = database.execute(f"SELECT {', '.join(names) or 'NULL'} FROM {source}", [pattern])
            number = 0
            while some := found.fetchmany(_FETCHED_ROWS):
                for values in some:
                    number += 1
                    row = zip(names, values, strict=False)
                    yield f"row {number}", {name: value for name, value in row if value is not None}
    except duckdb.Error as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from error


def _parsed(text: bytes, where: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: no JSON: {error}") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} comes twice in one object")
    return found


def _instance(row: object, patch_is: Literal["gold", "bug"]) -> Instance:
    if not isinstance(row, dict):
        raise ValueError(f"{_kind(row)}, and no object with the fields of an instance")
    has_tests = bool(row.get("test_patch"))
    if patch_is == "gold" and _MARK_OF_BUGS in row and not has_tests:
        raise ValueError(
            f"{_MARK_OF_BUGS} without test_patch is SWE-smith's format, in which patch makes the bug; "
            "read it with patch_is='bug'"
        )
    if patch_is == "bug" and has_tests:
        raise ValueError(
            "test_patch is of SWE-bench's format, in which patch is the solution; read it with patch_is='gold'"
        )
    optional = ("version", *(_NOT_OF_BUGS if patch_is == "bug" else ()))
    texts = {name: _text(row, name, name in optional) for name in _TEXTS}
    fail_to_pass, pass_to_pass = (_tests(row, name) for name in _TESTS)
    return Instance(**texts, fail_to_pass=fail_to_pass, pass_to_pass=pass_to_pass)


def _text(row: dict[str, object], name: str, optional: bool) -> str:
    value = row.get(name)
    if value is None:
        if optional:
            return ""
        raise ValueError(f"{name} is missing")
    if not isinstance(value, str):
        raise ValueError(f"{name} is {_kind(value)}, and no text")
    if not value and name in _FILLED and not optional:
        raise ValueError(f"{name} is empty")
    return _utf8(value, name)


def _tests(row: dict[str, object], name: str) -> tuple[str, ...]:
    """A list of tests, which in some files is the text of that list in JSON."""
    value = row.get(name)
    if value is None:
        raise ValueError(f"{name} is missing")
    if isinstance(value, str):
        value = _parsed(value.encode("utf-8", "surrogatepass"), name)
    if not isinstance(value, list):
        raise ValueError(f"{name} is {_kind(value)}, and no list of names of tests")
    if odd := [test for test in value if not isinstance(test, str)]:
        raise ValueError(f"{name} holds {_kind(odd[0])}, and not only names of tests")
    return tuple(_utf8(test, name) for test in value)


def _utf8(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} holds half of a surrogate pair at character {error.start}") from error
    return text


def _kind(value: object) -> str:
    shown = repr(value)
    return f"{type(value).__name__} {shown if len(shown) <= 40 else shown[:40] + '…'}"
