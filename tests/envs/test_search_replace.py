from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_envs.envs.search_replace import Block, EditError, applied, blocks_between, blocks_in, rendered

SHOP = {"shop.py": b"def price(x):\n    return x\n\n\ndef sum(a, b):\n    return a\n"}
MEND = Block("shop.py", "def sum(a, b):\n    return a\n", "def sum(a, b):\n    return a + b\n")
MENDED = {"shop.py": SHOP["shop.py"].replace(b"return a", b"return a + b")}
BLOCK = (
    "<<<<<<< SEARCH\ndef sum(a, b):\n    return a\n=======\ndef sum(a, b):\n    return a + b\n>>>>>>> REPLACE\n"
)  # fmt: skip


def edited(text: str) -> dict[str, bytes]:
    return applied(blocks_in(text), SHOP.get)


@pytest.mark.parametrize(
    "text",
    [
        f"### shop.py\n{BLOCK}",
        f"### shop.py\n{BLOCK}".removesuffix("\n"),
        f"It must add.\n\n```python\n### shop.py\n{BLOCK}```\nDone.\n",
        f"### `shop.py`\n```diff\n{BLOCK}```\n",
        f"### Why\n=======\n### shop.py\n\n{BLOCK}### And so\nit is mended.",
        f"### shop.py\n{BLOCK}".replace("SEARCH\n", "SEARCH  \n"),
    ],
)
def test_a_block_is_read_whatever_stands_around_it(text: str) -> None:
    assert blocks_in(text) == (MEND,)
    assert edited(text) == MENDED


def test_a_path_holds_for_the_blocks_after_it() -> None:
    other = "<<<<<<< SEARCH\n    return x\n=======\n    return 2 * x\n>>>>>>> REPLACE\n"
    made = applied(
        blocks_in(f"### shop.py\n{BLOCK}{other}### new.py\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE"), SHOP.get
    )
    assert made == {"shop.py": MENDED["shop.py"].replace(b"return x", b"return 2 * x"), "new.py": b"x = 1\n"}
    assert list(made) == ["shop.py", "new.py"]


def test_a_text_without_blocks_has_none() -> None:
    assert blocks_in("### Title\n=======\nI would add b.\n") == ()


def test_edits_are_done_one_after_another() -> None:
    again = Block("shop.py", "    return a + b\n", "    return b + a\n")
    assert applied([MEND, again], SHOP.get) == {"shop.py": MENDED["shop.py"].replace(b"a + b", b"b + a")}


def test_lines_need_no_newline_at_their_end() -> None:
    assert applied([Block("shop.py", "    return a", "    return a + b")], SHOP.get) == MENDED


def test_only_whole_lines_are_found() -> None:
    assert applied([Block("x", "a = 1\n", "a = 2\n")], {"x": b"aa = 1\na = 10\na = 1"}.get) == {
        "x": b"aa = 1\na = 10\na = 2"
    }


def test_lines_may_be_taken_out() -> None:
    for search, rest in (("a\n", b"b\nc\n"), ("c\n", b"a\nb\n"), ("a\nb\nc\n", b"")):
        assert applied([Block("x", search, "")], {"x": b"a\nb\nc\n"}.get) == {"x": rest}


def test_a_file_keeps_its_line_ends() -> None:
    crlf = {path: content.replace(b"\n", b"\r\n") for path, content in SHOP.items()}
    mended = {path: content.replace(b"\n", b"\r\n") for path, content in MENDED.items()}
    assert applied([MEND], crlf.get) == mended
    assert blocks_between(crlf, mended) == blocks_between(SHOP, MENDED)
    copied = Block("shop.py", *(text.replace("\n", "\r\n") for text in (MEND.search, MEND.replace)))
    assert applied([copied], crlf.get) == mended


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BLOCK, "block 1 has no path: write a line '### path/to/file.py'"),
        (f"### shop.py\n{BLOCK}<<<<<<< SEARCH\nx\n", r"block 2 \(shop.py\) is not finished: .* '======='"),
        (f"### shop.py\n{BLOCK}".replace(">>>>>>> REPLACE", ""), "ends before its line '>>>>>>> REPLACE'"),
        (f"### shop.py\n{BLOCK}".replace("=======\n", ""), "'>>>>>>> REPLACE' came where '======='"),
        (f"### shop.py\n{BLOCK}".replace(">>>>>>> REPLACE\n", BLOCK), "'<<<<<<< SEARCH' came where '>>>>>>> REPLACE'"),
        (f"### shop.py\n{BLOCK}".replace("SEARCH", "HEAD"), "'<<<<<<< HEAD' stands where a block begins"),
        (f"### shop.py\n{BLOCK}>>>>>>> REPLACE\n", "block 2: '>>>>>>> REPLACE' stands where"),
        (
            f"### ship.py\n{BLOCK}",
            r"block 1 \(ship.py\): there is no such file: correct the path, or leave SEARCH empty",
        ),
        (f"### ../shop.py\n{BLOCK}", "no path inside the repository"),
        (f"### /shop.py\n{BLOCK}", "no path inside the repository"),
        ("### shop.py\n<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE", "SEARCH is empty, but the file exists"),
        (f"### shop.py\n{BLOCK}{BLOCK}", "block 2 .*SEARCH is not found"),
        ("### latin.py\n<<<<<<< SEARCH\nx\n=======\n>>>>>>> REPLACE", "no UTF-8"),
    ],
)
def test_what_is_wrong_with_a_block_is_told(text: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        applied(blocks_in(text), {**SHOP, "latin.py": b"\xe9"}.get)


def test_a_text_that_is_found_twice_is_told_with_its_lines() -> None:
    with pytest.raises(EditError, match=r"found 2 times \(at lines 1, 3\): add lines"):
        applied([Block("x", "a\n", "b\n")], {"x": b"a\nb\na\n"}.get)
    with pytest.raises(EditError, match=r"found 6 times \(at lines 1, 2, 3, 4, 5, …\)"):
        applied([Block("x", "a\n", "b\n")], {"x": b"a\n" * 6}.get)


def test_the_nearest_lines_are_shown_for_a_text_that_is_not_found() -> None:
    with pytest.raises(EditError, match=r"nearest there:\n    5 def sum\(a, b\):\n    6     return a$"):
        applied([Block("shop.py", "def sum(a, b):\n  return a\n", "")], SHOP.get)
    with pytest.raises(EditError, match=r"nearest there:\n    1 def price\(x\):$"):
        applied([Block("shop.py", "def prices(x):\n", "")], SHOP.get)
    with pytest.raises(EditError, match="nor any line like its own"):
        applied([Block("shop.py", "%%%\n", "")], SHOP.get)


line = st.sampled_from(["a", "b", "", "    a", "c\r", "=======", "### a", "```", "\x0c", "ä\u2028"])
text = st.lists(line, max_size=12).map("\n".join)
content = (text | text.map(lambda text: text.replace("\r", "").replace("\n", "\r\n")) | st.text(max_size=5)).map(
    str.encode
)


@st.composite
def changed(draw: st.DrawFn) -> tuple[bytes | None, bytes]:
    """A file before and after some of its lines were changed; or two that have nothing to do with one another."""
    before, other = draw(content), draw(content)
    if draw(st.booleans()):
        return draw(st.sampled_from([None, before])), other
    lines = before.split(b"\n")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 2))] = [word.encode() for word in draw(st.lists(line, max_size=2))]
    return before, b"\n".join(lines)


@given(changed())
@example((b"a\r\nb", b"a\r\nb\nc"))
@example((b"a\r\nb\r\n", b"a\nb\n"))
@example((b"x\r\na", b"a\r\ny"))
@example((b"a\n" * 40, b"a\n" * 20 + b"b\n" + b"a\n" * 20))
def test_blocks_lead_from_one_state_to_the_other(states: tuple[bytes | None, bytes]) -> None:
    before, after = states
    try:
        blocks = blocks_between({"x": before}, {"x": after})
    except ValueError:
        assert any(mark.rstrip() == b"=======" for mark in (before or b"").split(b"\n"))
        return
    assert applied(blocks, {"x": before}.get) == ({} if before == after else {"x": after})
    assert blocks_in(rendered(blocks)) == blocks


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=9), st.data())
def test_blocks_are_as_small_as_they_can_be(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    after = [*lines[:at], "c", *lines[at + 1 :]]
    (block,) = blocks_between({"x": "\n".join(lines).encode()}, {"x": "\n".join(after).encode()})
    windows = [tuple(lines[start:end]) for end in range(len(lines) + 1) for start in range(end)]
    unique = [
        end - start
        for end in range(at + 1, len(lines) + 1)
        for start in range(at + 1)
        if windows.count(tuple(lines[start:end])) == 1
    ]
    assert block.search.count("\n") == min(unique)


def test_a_new_file_and_an_emptied_one_are_spelled() -> None:
    before = {"old.py": b"x = 1\n", "same.py": b""}
    after = {"old.py": b"", "new.py": b"y = 1\n", "empty.py": b"", "same.py": b""}
    blocks = blocks_between(before, after)
    assert blocks == (Block("empty.py", "", ""), Block("new.py", "", "y = 1\n"), Block("old.py", "x = 1\n", ""))
    assert applied(blocks, before.get) == {"old.py": b"", "new.py": b"y = 1\n", "empty.py": b""}


def test_a_block_is_widened_away_from_its_own_marks() -> None:
    before = "a\nx\n=======\na\nx\nend\n"
    (block,) = blocks_between({"x.rst": before.encode()}, {"x.rst": before.replace("x\nend", "y\nend").encode()})
    assert block == Block("x.rst", "x\nend\n", "y\nend\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"x": b"a\n"}, {"x": None}),
        ({"x": b"=======\n"}, {"x": b"a\n"}),
        ({"x": b"x\n=======\nx\n"}, {"x": b"y\n=======\nx\n"}),
        ({}, {"x": b"<<<<<<< SEARCH\n"}),
        ({"x": b"a\n"}, {"x": b"a\n>>>>>>> REPLACE\n"}),
        ({"x": b"\xff"}, {"x": b"a"}),
        ({}, {"x\ny": b"a"}),
        ({}, {"../x": b"a"}),
    ],
)
def test_what_blocks_cannot_say_is_refused(before: dict[str, bytes | None], after: dict[str, bytes | None]) -> None:
    with pytest.raises(ValueError, match=r"removed|blocks|UTF-8|utf-8|marks"):
        blocks_between(before, after)
