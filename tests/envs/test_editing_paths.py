"""Where edits lead, and back."""

from __future__ import annotations

import pytest

from agent_envs.envs.workbench import MOST_UNDONE, Workbench

from .edits import done, put, refused


def test_only_what_is_not_there_is_created(bench: Workbench) -> None:
    assert done(bench, "create", "new/folder/file.py", text="x = 1\n") == "new/folder/file.py is written."
    assert bench.sandbox.read("new/folder/file.py") == b"x = 1\n"
    assert "is there already" in refused(bench, "create", "new/folder/file.py", text="")
    assert "Is a directory" in refused(bench, "create", "new", text="")
    assert "a file is on its way" in refused(bench, "create", "readme.md/file", text="")


def test_edits_are_undone_one_by_one_in_each_file(bench: Workbench) -> None:
    put(bench, b"0\n")
    done(bench, "insert", "file", line=1, text="1")
    done(bench, "insert", "readme.md", line=0, text="top")
    done(bench, "insert", "file", line=2, text="2")
    for content in (b"0\n1\n", b"0\n"):
        assert done(bench, "undo", "file") == "file is as it was before the last edit."
        assert bench.sandbox.read("file") == content
    assert "no edit of file is left" in refused(bench, "undo", "file")
    done(bench, "undo", "readme.md")
    assert bench.sandbox.read("readme.md") == b"A ledger.\n"


def test_a_created_file_is_gone_when_that_is_undone(bench: Workbench) -> None:
    bench.sandbox.run("ln -s ledger/target link")
    before = bench.digest()
    for path in ("one", "-rf", "a b/c'd/e", "link", "ledger/x/y"):
        done(bench, "create", path, text="x")
        done(bench, "undo", path)
        assert bench.digest() == before


def test_an_undo_that_would_lose_other_changes_is_refused(bench: Workbench) -> None:
    done(bench, "create", "file", text="1\n")
    done(bench, "insert", "file", line=1, text="2")
    bench.sandbox.run("echo 3 >> file; ln -s file link")
    assert "was changed since its last edit by other means" in refused(bench, "undo", "file")
    done(bench, "insert", "link", line=0, text="0")
    assert "other means" in refused(bench, "undo", "file")
    done(bench, "undo", "link")
    assert bench.sandbox.read("file") == b"1\n2\n3\n"
    bench.sandbox.run("rm file")
    assert "other means" in refused(bench, "undo", "file")


def test_the_last_edits_can_be_undone_and_no_more(bench: Workbench) -> None:
    put(bench, b"")
    for number in range(MOST_UNDONE + 2):
        done(bench, "insert", "file", line=number, text=str(number))
    for _ in range(MOST_UNDONE):
        done(bench, "undo", "file")
    assert bench.sandbox.read("file") == b"0\n1\n"
    assert "no edit of file is left" in refused(bench, "undo", "file")


ODD = [
    "/etc/passwd",
    "../file",
    "ledger/../../file",
    "out",
    "out/",
    "up/file",
    "loop",
    "pipe",
    "a\0b",
    "x" * 300,
    ".",
    "/",
]


@pytest.mark.parametrize("path", [*ODD, "readme.md/file", "up", "gone/x"])
@pytest.mark.parametrize("command", ["create", "replace", "insert", "undo"])
def test_paths_that_lead_elsewhere_change_nothing(bench: Workbench, command: str, path: str) -> None:
    bench.sandbox.run("ln -s /etc/passwd out; ln -s .. up; ln -s loop loop; mkfifo pipe; ln -s /tmp/gone gone")
    assert refused(bench, command, path, old="root", text="x")


@pytest.mark.parametrize("path", ["./readme.md", "ledger/../readme.md", "in", "folder/readme.md"])
def test_paths_that_stay_inside_are_followed(bench: Workbench, path: str) -> None:
    bench.sandbox.run("ln -s readme.md in; ln -s . folder")
    done(bench, "insert", path, line=1, text="More.")
    assert bench.sandbox.read("readme.md") == b"A ledger.\nMore.\n"
    done(bench, "undo", path)
    assert bench.sandbox.read("readme.md") == b"A ledger.\n"


@pytest.mark.parametrize("path", ["-n", "$(id)", "a b", "new\nline", "ünï/‮", "*", "'\"", "~", "a\\b", "#!"])
def test_odd_names_are_names(bench: Workbench, path: str) -> None:
    before = bench.sandbox.digest()
    done(bench, "create", path, text="x\n")
    assert done(bench, "view", path) == "     1\tx"
    assert bench.sandbox.read(path) == b"x\n"
    done(bench, "undo", path)
    assert bench.sandbox.digest() == before


def test_where_the_disk_is_full_files_stay_as_they_are(bench: Workbench) -> None:
    bench.sandbox.run("echo >> readme.md; for n in 1 2 3; do head -c 250M /dev/zero > big$n; done")
    assert "No space left" in refused(bench, "create", "new/file", text="x" * 100_000)
    assert "No space left" in refused(bench, "insert", "readme.md", text="x" * 100_000)
    assert "No space left" in refused(bench, "insert", "ledger/book.py", text="x" * 100_000)
