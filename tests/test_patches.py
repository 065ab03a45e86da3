from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_envs.patches import PatchError, applied, made, touched

POEM = {"poem.txt": b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n"}
HUNK = "@@ -3,3 +3,3 @@\n three\n-four\n+FOUR\n five\n"
EDIT = f"--- a/poem.txt\n+++ b/poem.txt\n{HUNK}"
EDITED = {"poem.txt": b"one\ntwo\nthree\nFOUR\nfive\nsix\nseven\n"}

words = st.sampled_from(["a", "b", "", "\\", "-", "+", "@@", "\r", "\x0c", "\x85", "\u2028", "ä", "木"])
text = st.lists(words.map(lambda word: f"{word}\n") | st.text(max_size=3)).map(
    lambda parts: "".join(parts).replace("\0", "").encode()
)
path = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3).map("/".join).filter(
    lambda path: "\0" not in path and not {"", ".", "..", ".git"} & set(path.split("/"))
)  # fmt: skip
contents = st.dictionaries(path, text, max_size=4)


@given(st.data())
def test_what_is_made_leads_from_one_state_to_the_other(data: st.DataObject) -> None:
    before = data.draw(contents)
    changed = st.dictionaries(st.sampled_from(sorted(before)), st.none() | text) if before else st.just({})
    after: dict[str, bytes | None] = {**data.draw(contents), **data.draw(changed)}
    real = {path: content for path, content in after.items() if before.get(path) != content}
    patch = made(before, after)
    assert applied(patch, before.get) == real
    assert touched(patch) == tuple(sorted(real))


def test_a_patch_is_spelled_as_git_spells_it() -> None:
    before = {"b.py": b"x = 1\n", "gone": b"1\n2", "same": b"same\n", "empty": b""}
    patch = made(
        before, {"späce d": "é".encode(), "b.py": b"x = 1\ny = 2\n", "gone": None, "same": b"same\n", "new": b""}
    )
    assert patch == (
        "diff --git a/b.py b/b.py\n--- a/b.py\n+++ b/b.py\n@@ -1 +1,2 @@\n x = 1\n+y = 2\n"
        "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1,2 +0,0 @@\n"
        "-1\n-2\n\\ No newline at end of file\n"
        "diff --git a/new b/new\nnew file mode 100644\n"
        'diff --git "a/sp\\303\\244ce d" "b/sp\\303\\244ce d"\nnew file mode 100644\n'
        '--- /dev/null\n+++ "b/sp\\303\\244ce d"\t\n@@ -0,0 +1 @@\n+é\n\\ No newline at end of file\n'
    )


def test_far_changes_get_hunks_of_their_own() -> None:
    lines = [f"{number}\n".encode() for number in range(30)]
    patch = made({"x": b"".join(lines)}, {"x": b"".join([b"new\n", *lines[:20], *lines[21:]])})
    assert [line for line in patch.splitlines() if line.startswith("@@")] == ["@@ -1,3 +1,4 @@", "@@ -18,7 +19,6 @@"]


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [("x", b"a\0b", "zero byte"), ("x", b"\xff\n", "no UTF-8"), ("../x", b"", "no path"), ("/x", b"", "no path")],
)
def test_what_no_patch_can_hold_is_refused(path: str, content: bytes, why: str) -> None:
    with pytest.raises(PatchError, match=why):
        made({}, {path: content})
    with pytest.raises(PatchError, match=why):
        made({path: content}, {path: None})


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        (EDIT, EDITED),
        (f"diff --git a/poem.txt b/poem.txt\nindex 1a2b3c4..5d6e7f8 100644\n{EDIT}", EDITED),
        (EDIT.replace("poem.txt\n", "poem.txt\t2024-01-01 00:00:00.000 +0000\n"), EDITED),
        (f"From 1a2b3c4\nSubject: [PATCH] Four\n---\n poem.txt | 2 +-\n\n{EDIT}-- \n2.39.5\n\n", EDITED),
        (EDIT.removesuffix("\n"), EDITED),
        (EDIT.replace(" @@\n", " @@ def verse():\n"), EDITED),
        (EDIT.replace("-3,3", "-1,3").replace("-1,3", "-9,3"), EDITED),
        (f"diff --git a/poem.txt b/poem.txt\nold mode 100644\nnew mode 100755\n{EDIT}", EDITED),
        ("diff --git a/poem.txt b/poem.txt\nold mode 100644\nnew mode 100755\n", {}),
        ("diff --git a/e m b/e m\nnew file mode 100644\nindex 0000000..e69de29\n", {"e m": b""}),
        ("diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n", {"n": b"x\n"}),
        ("--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n", {"n": b"x"}),
        ("--- a/n\t1970-01-01\n+++ b/n\t2024-01-01\n@@ -0,0 +1 @@\n+x\n", {"n": b"x\n"}),
        ('--- /dev/null\n+++ "b/\\303\\244\\t\\"\\\\"\n@@ -0,0 +1 @@\n+x\n', {'ä\t"\\': b"x\n"}),
        ("--- /dev/null\n+++ b/two words\t\n@@ -0,0 +1 @@\n+x\n", {"two words": b"x\n"}),
        (
            "diff --git a/poem.txt b/ode.txt\nsimilarity index 100%\nrename from poem.txt\nrename to ode.txt\n",
            {"poem.txt": None, "ode.txt": POEM["poem.txt"]},
        ),
        (
            "diff --git a/poem.txt b/new/ode\nsimilarity index 90%\nrename from poem.txt\nrename to new/ode\n"
            f"index 1a2b3c4..5d6e7f8 100644\n--- a/poem.txt\n+++ b/new/ode\n{HUNK}",
            {"poem.txt": None, "new/ode": EDITED["poem.txt"]},
        ),
        (
            f"diff --git a/poem.txt b/poem.txt\n{EDIT}"
            "diff --git a/poem.txt b/ode\nsimilarity index 100%\ncopy from poem.txt\ncopy to ode\n",
            {**EDITED, "ode": POEM["poem.txt"]},
        ),
    ],
)
def test_every_way_to_say_a_change_is_read(patch: str, after: dict[str, bytes | None]) -> None:
    assert applied(patch, POEM.get) == after
    assert set(after) <= set(touched(patch))


def test_files_may_change_places() -> None:
    swap = (
        "diff --git a/x b/y\nrename from x\nrename to y\n"
        "diff --git a/y b/x\nrename from y\nrename to x\n"
    )  # fmt: skip
    assert applied(swap, {"x": b"1\n", "y": b"2\n"}.get) == {"x": b"2\n", "y": b"1\n"}
    assert touched(swap) == ("x", "y")


def test_a_file_may_be_changed_twice() -> None:
    again = EDIT.replace("FOUR", "4").replace("-four", "-FOUR")
    assert applied(EDIT + again, POEM.get) == {"poem.txt": POEM["poem.txt"].replace(b"four", b"4")}


def test_a_hunk_finds_its_only_place_and_none_of_two() -> None:
    moved = {"poem.txt": b"zero\n" * 9 + POEM["poem.txt"]}
    assert applied(EDIT, moved.get) == {"poem.txt": b"zero\n" * 9 + EDITED["poem.txt"]}
    with pytest.raises(PatchError, match="at line 3, but at 12, 19; it needs one place"):
        applied(EDIT, {"poem.txt": b"zero\n" * 9 + POEM["poem.txt"] * 2}.get)


def test_a_stated_place_wins_over_other_places() -> None:
    assert applied(EDIT, {"poem.txt": POEM["poem.txt"] * 2}.get) == {"poem.txt": EDITED["poem.txt"] + POEM["poem.txt"]}


def test_a_hunk_that_does_not_fit_says_where() -> None:
    with pytest.raises(PatchError, match=r"line 3 .*'poem.txt': it expects 'four\\n' at line 4, which is 'vier"):
        applied(EDIT, {"poem.txt": POEM["poem.txt"].replace(b"four", b"vier")}.get)
    with pytest.raises(PatchError, match=r"expects 'three\\n' at line 3, the file has 1 lines"):
        applied(EDIT, {"poem.txt": b"one\n"}.get)


NEW = "diff --git a/n b/n\nnew file mode 100644\n"


@pytest.mark.parametrize(
    ("patch", "why"),
    [
        (f"{NEW}index 0000000..1a2b3c4\nGIT binary patch\nliteral 3\nKcmZQz\n", "line 4 .* binary"),
        ("diff --git a/p b/p\nindex 1..2\nBinary files a/p and b/p differ\n", "binary"),
        (f"{NEW.replace('100644', '120000')}--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+/etc\n", "symbolic link"),
        ("diff --git a/poem.txt b/poem.txt\nindex 1a2b3c4..5d6e7f8 160000\n", "submodule"),
        ("--- a/s\n+++ b/s\n@@ -1 +1 @@\n-Subproject commit 1a2b3c4\n+Subproject commit 5d6e7f8\n", "submodule"),
        ("--- /dev/null\n+++ b/../n\n@@ -0,0 +1 @@\n+x\n", "line 2 .*'b/../n', which is none of a file in the tree"),
        ("--- /dev/null\n+++ ../n\n@@ -0,0 +1 @@\n+x\n", "none of a file"),
        ("--- /dev/null\n+++ /etc/n\n@@ -0,0 +1 @@\n+x\n", "none of a file"),
        ("--- /dev/null\n+++ b//etc/n\n@@ -0,0 +1 @@\n+x\n", "none of a file"),
        ("--- /dev/null\n+++ b/.git/hooks/n\n@@ -0,0 +1 @@\n+x\n", "none of a file"),
        ('--- /dev/null\n+++ "b/\\056\\056/n"\n@@ -0,0 +1 @@\n+x\n', "none of a file"),
        ("diff --git a/poem.txt b/n\nrename from poem.txt\nrename to /n\n", "none of a file"),
        ("--- /dev/null\n+++ n\n@@ -0,0 +1 @@\n+x\n", "folder that is left out"),
        ('--- /dev/null\n+++ "b/\\9"\n@@ -0,0 +1 @@\n+x\n', "spelled wrongly"),
        (EDIT.replace("poem", "ode"), "changes 'ode.txt', and there is no such file"),
        ("--- /dev/null\n+++ b/poem.txt\n@@ -0,0 +1 @@\n+x\n", "makes 'poem.txt' anew, and there is"),
        ("diff --git a/poem.txt b/poem.txt\ndeleted file mode 100644\n", "does not remove all"),
        (EDIT.replace("@@ -3,3 +3,3", "@@ -3,4 +3,4"), "says 4 old and 4 new lines, and holds 3 and 3"),
        (EDIT.replace("@@ -3,3 +3,3", "@@ -3,2 +3,2"), "one line more than the hunk says: ' five"),
        (EDIT.replace("@@ -3,3 +3,3", "@@ -3,1 +3,3"), "says 1 old and 3 new"),
        (EDIT.replace("@@ -3,3 +3,3 @@", "@@ verse @@"), "line 3 .*'@@ verse @@.n', where a hunk begins"),
        (EDIT.replace("+FOUR\n", "+FOUR\n\\ No newline at end of file\n"), "in its middle that has no newline"),
        (f"--- a/poem.txt\n+++ b/poem.txt\nprose\n{HUNK}", "where a hunk begins"),
        (HUNK, "no file is named before it"),
        (EDIT.replace("+++ b/poem.txt", "+++ b/ode"), "two names"),
        (f"diff --git a/ode b/ode\n{EDIT}", "other headers say"),
        (f"diff --git a/poem.txt b/poem.txt\nnew file mode 100644\n{EDIT}", "other headers say"),
        ("diff --git a/poem.txt b/n\nrename from poem.txt\n", "it needs both paths"),
        ("diff --git a/x b/y\nold mode 100644\nnew mode 100755\n", "do not name"),
        ("--- /dev/null\n+++ /dev/null\n@@ -0,0 +1 @@\n+x\n", "do not name"),
        (f"{EDIT}diff --git a/poem.txt b/n\nrename from poem.txt\nrename to n\n", "both changes and renames"),
        ("@@ -0,0 +1 @@\n\ud800", "no text"),
        (EDIT.replace(" five\n", "").replace("-3,3 +3,3", "-3,2 +3,2"), "no context after its last change"),
        (EDIT.replace("-3,3 +3,3", "-1,3 +1,3"), "expects 'three"),
    ],
)
def test_what_is_no_clear_change_of_text_is_refused(patch: str, why: str) -> None:
    with pytest.raises(PatchError, match=why):
        applied(patch, POEM.get)


def test_all_applies_or_nothing() -> None:
    with pytest.raises(PatchError, match="ode"):
        applied(EDIT + EDIT.replace("poem", "ode"), POEM.get)


def test_prose_alone_is_no_patch_and_no_text_at_all_changes_nothing() -> None:
    for read in (lambda text: applied(text, POEM.get), touched):
        with pytest.raises(PatchError, match="changes no file, and begins with 'I would mend it so"):
            read("\nI would mend it so:\n--- \n\nno more.\n")
    assert applied("\n", POEM.get) == {}
    assert touched("") == ()


def test_ends_of_lines_of_another_system_are_told_and_files_may_have_them() -> None:
    for patch in (EDIT, f"diff --git a/poem.txt b/poem.txt\n{EDIT}"):
        with pytest.raises(PatchError, match="line 1 of the patch: it ends in CR LF"):
            applied(patch.replace("\n", "\r\n"), POEM.get)
    poem = {path: content.replace(b"\n", b"\r\n") for path, content in POEM.items()}
    after = {path: content.replace(b"four", b"4") for path, content in poem.items()}
    assert applied(made(poem, after), poem.get) == after
