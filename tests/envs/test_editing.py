from __future__ import annotations

import pytest

from agent_envs.envs.editing import edit, edits_between
from agent_envs.envs.workbench import Workbench
from agent_envs.messages import ToolCall

from .edits import done, put, refused


def test_a_file_is_viewed_with_the_numbers_of_its_lines(bench: Workbench) -> None:
    put(bench, b"one\n\n three")
    assert done(bench, "view", "file") == "     1\tone\n     2\t\n     3\t three"
    assert done(bench, "view", "file", first_line=2, last_line=2) == "     2\t"
    assert done(bench, "view", "file", first_line=3, last_line=9) == "     3\t three"
    assert "file has 3 lines: lines 4 to the last" in refused(bench, "view", "file", first_line=4)
    assert "lines 3 to 2 are none" in refused(bench, "view", "file", first_line=3, last_line=2)
    assert "do not fit" in refused(bench, "view", "file", first_line=0)


def test_an_empty_file_is_viewed_as_such(bench: Workbench) -> None:
    assert done(bench, "view", "ledger/__init__.py") == "[the file is empty]"


def test_a_folder_is_viewed_as_the_names_in_it_without_what_is_gits(bench: Workbench) -> None:
    bench.sandbox.run("mkdir -p .github/ci a/b/c a/__pycache__ empty; touch .gitignore a/b/c/d a/__pycache__/x.pyc")
    names = ".github/ .github/ci/ .gitignore a/ a/b/ empty/ ledger/ ledger/__init__.py ledger/book.py ledger/money.py"
    assert done(bench, "view", ".").split() == [
        *names.split(),
        *"readme.md tests/ tests/__init__.py tests/test_book.py tests/test_money.py".split(),
    ]
    assert done(bench, "view", "a/b") == "c/\nc/d"
    assert done(bench, "view", "empty") == "[the folder is empty]"


def test_of_many_names_the_first_are_shown_and_the_others_counted(bench: Workbench) -> None:
    bench.sandbox.run("mkdir many; cd many; for n in {10001..13000}; do > a-long-name-for-a-file-$n; done")
    shown = done(bench, "view", "many").splitlines()
    assert (shown[0], shown[199], shown[200:]) == (
        "a-long-name-for-a-file-10001",
        "a-long-name-for-a-file-10200",
        ["[2800 more]"],
    )


def test_a_folder_that_cannot_be_read_is_refused(bench: Workbench) -> None:
    bench.sandbox.run("mkdir closed locked; chmod 000 closed; chmod 400 locked")
    assert refused(bench, "view", "closed") == "closed: Permission denied"
    assert refused(bench, "view", "locked") == "locked cannot be read"


def test_binary_files_are_named_and_other_bytes_shown_escaped(bench: Workbench) -> None:
    put(bench, b"a\0b")
    assert done(bench, "view", "file") == "file is a binary file of 3 bytes."
    put(bench, b"caf\xe9\n")
    assert done(bench, "view", "file") == "     1\tcaf\\xe9"
    assert "no UTF-8 text" in refused(bench, "replace", "file", old="caf", text="tea")
    assert "no UTF-8 text" in refused(bench, "insert", "file", text="tea")


def test_long_files_and_lines_are_cut_with_a_note(bench: Workbench) -> None:
    put(bench, b"line\n" * 10_000)
    shown = done(bench, "view", "file")
    assert len(shown) < 17_000
    note = shown.splitlines()[-1]
    number = int(note.split()[3])
    assert note == f"[cut before line {number} of 10000: give first_line to see what follows]"
    assert done(bench, "view", "file", first_line=number).startswith(f"{number:6}\tline\n")
    put(bench, b"x" * 1_000_000)
    assert done(bench, "view", "file") == f"     1\t{'x' * 2000}[… 998,000 characters cut]"
    assert len(done(bench, "insert", "file", text="y")) < 3000


def test_a_huge_file_is_refused(bench: Workbench) -> None:
    bench.sandbox.run("truncate -s 20M file")
    assert "file: it has 20,971,520 bytes, and 16,777,216 are allowed" in refused(bench, "view", "file")
    assert "are allowed" in refused(bench, "create", "file", text="x")


def test_what_is_replaced_must_occur_once(bench: Workbench) -> None:
    put(bench, b"a = 1\nb = 2\na = 1\naaa\n")
    assert "occurs 0 times in the file" in refused(bench, "replace", "file", old="c", text="d")
    assert "occurs 2 times" in refused(bench, "replace", "file", old="a = 1", text="d")
    assert "begins on the lines 1, 3;" in refused(bench, "replace", "file", old="a = 1", text="d")
    assert "begins on the lines 4, 4;" in refused(bench, "replace", "file", old="aa", text="d")  # they overlap
    assert "old is empty" in refused(bench, "replace", "file", text="d")
    assert "are the same" in refused(bench, "replace", "file", old="b", text="b")
    assert "there is no nothing; create" in refused(bench, "replace", "nothing", old="b", text="c")
    shown = done(bench, "replace", "file", old="b = 2\na = 1", text="b = 3")
    assert shown == "file is changed:\n     1\ta = 1\n     2\tb = 3\n     3\taaa"
    assert bench.sandbox.read("file") == b"a = 1\nb = 3\naaa\n"


@pytest.mark.parametrize(
    ("before", "line", "text", "after"),
    [
        (b"a\nb\n", 0, "new", b"new\na\nb\n"),
        (b"a\nb\n", 1, "new\n", b"a\nnew\nb\n"),
        (b"a\nb\n", 2, "new\nmore\n", b"a\nb\nnew\nmore\n"),
        (b"a", 1, "new\n", b"a\nnew"),
        (b"", 0, "new\n", b"new\n"),
        (b"a\n", 1, "", b"a\n\n"),
        (b"a\r\nb\r\n", 1, "new\n", b"a\r\nnew\r\nb\r\n"),
        (b"a\r\nb\r\n", 2, "new\r\n", b"a\r\nb\r\nnew\r\n"),
        (b"a\r\nb", 2, "new", b"a\r\nb\r\nnew"),
        (b"a\r\nb\n", 1, "new", b"a\r\nnew\nb\n"),
    ],
)
def test_text_is_inserted_behind_a_line(bench: Workbench, before: bytes, line: int, text: str, after: bytes) -> None:
    put(bench, before)
    done(bench, "insert", "file", line=line, text=text)
    assert bench.sandbox.read("file") == after


def test_lines_that_are_not_there_take_no_insertion(bench: Workbench) -> None:
    put(bench, b"a\nb\n")
    assert "file has 2 lines; line 3 is none" in refused(bench, "insert", "file", line=3, text="x")
    assert "do not fit" in refused(bench, "insert", "file", line=-1, text="x")
    assert "there is no nothing" in refused(bench, "insert", "nothing", text="x")


def test_a_file_whose_lines_end_with_carriage_returns_keeps_them(bench: Workbench) -> None:
    put(bench, b"a\r\nb\r\nc\r\n")
    assert done(bench, "view", "file") == "     1\ta\n     2\tb\n     3\tc"
    done(bench, "replace", "file", old="a\nb", text="x\ny\nz")
    assert bench.sandbox.read("file") == b"x\r\ny\r\nz\r\nc\r\n"


def test_a_file_whose_lines_end_in_two_ways_is_taken_to_the_letter(bench: Workbench) -> None:
    put(bench, b"a\nb\nc\r\n")
    done(bench, "replace", "file", old="a\nb", text="x\ny")
    done(bench, "replace", "file", old="c\r\n", text="z\n")
    assert bench.sandbox.read("file") == b"x\ny\nz\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nx\nc\n"),
        (b"a\r\nb\r\nc\r\n", b"a\r\nx\r\nc\r\n"),
        (b"a\r\nb\r\n", b"a\nb\r\n"),
        (b"a\na\na\n", b"a\nx\na\n"),
        (b"a", b"b\n"),
        (b"", b"x = 1\n"),
        (b"Title\n=======\nold\n", b"Title\n=======\nnew\n"),
        (b"caf\xe9\n", b"coffee\n"),
        (None, b"x\n"),
        (b"x\n", None),
    ],
)
def test_edits_between_two_contents_lead_from_one_to_the_other(
    bench: Workbench, before: bytes | None, after: bytes | None
) -> None:
    if before is not None:
        put(bench, before, "a file.py")
    for call in edits_between("a file.py", before, after):
        if call.name == "bash":
            bench.sandbox.run("rm -- 'a file.py'")
            assert call == ToolCall.of("bash", command="rm -- 'a file.py'")
        else:
            edit(bench, call.arguments)
    assert bench.read("a file.py") == after
