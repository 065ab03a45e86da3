from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_envs.envs.encyclopedia import Page, Section
from agent_envs.snapshots.wikipedia.archive import Archive, ArchiveError
from agent_envs.snapshots.wikipedia.encyclopedia import IndexKind, Wikipedia
from agent_envs.snapshots.wikipedia.index import open_index
from agent_envs.snapshots.wikipedia.snippet import SNIPPET_CHARS, best_snippet, snippet_pieces

MakeZim = Callable[..., Path]

BAD_QUERIES = [
    "",
    " ",
    "the of and",
    "word " * 2000,
    " ".join(f"w{number}" for number in range(2000)),
    "x" * 10_000,
    "\x00\x01\x02\x1b[31m",
    '"unbalanced',
    "'",
    "AND",
    "OR NOT AND",
    "-Danube",
    "+Danube",
    "title:Danube",
    "text:[* TO *]",
    "Danube^9",
    "(((",
    "/.*/",
    "*",
    "\ud800 Danube",
    "\\",
]


@pytest.mark.parametrize("index", ["tantivy", "zim"])
@pytest.mark.parametrize("query", BAD_QUERIES)
def test_no_query_raises_and_the_same_query_finds_the_same(rivers: Path, index: IndexKind, query: str) -> None:
    book = Wikipedia(rivers, index)
    hits = book.search(query, 3)
    assert len(hits) <= 3 and hits == book.search(query, 3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(query=st.text(max_size=200), k=st.integers(-1, 6))
@pytest.mark.parametrize("index", ["tantivy", "zim"])
def test_any_text_is_a_query(rivers: Path, index: IndexKind, query: str, k: int) -> None:
    book = Wikipedia(rivers, index)
    hits = book.search(query, k)
    assert len(hits) <= max(k, 0) and len({hit.path for hit in hits}) == len(hits)
    assert hits == book.search(query, k)
    for hit in hits:
        assert book.read(hit.path).title == hit.title
        assert "\n" not in hit.snippet and len(hit.snippet) <= SNIPPET_CHARS


@pytest.mark.parametrize("operator", ["AND", "NOT", "-", "title:", '"'])
def test_operators_are_only_words(rivers: Path, operator: str) -> None:
    hits = Wikipedia(rivers).search(f"{operator} Danube {operator} Bohemia", 9)
    assert {"Danube", "Vltava_(river)"} <= {hit.path for hit in hits}


def test_a_question_finds_its_article_and_shows_why(rivers: Path) -> None:
    hit = Wikipedia(rivers).search("How many km long is the Danube?", 1)[0]
    assert (hit.title, hit.path) == ("Danube", "Danube")
    assert "2,850 km" in hit.snippet


def test_equal_scores_are_in_the_order_of_paths(make_zim: MakeZim) -> None:
    articles = {f"Town_{letter}": (f"Town {letter}", "<p>A town on the river.</p>") for letter in "qaxbkz"}
    book = Wikipedia(make_zim(articles))
    for k in (2, 4, 6):
        assert [hit.path for hit in book.search("river town", k)] == sorted(articles)[:k]


def test_a_long_article_is_found_by_its_title_among_short_ones_that_name_it(make_zim: MakeZim) -> None:
    long = " ".join(f"word{number}" for number in range(3000))
    articles = {"Iraq_(country)": ("Iraq (country)", f"<p>{long}</p>")}
    articles |= {f"Iraq_Road_{n}": (f"Iraq Road {n}", "<p>Iraq, Iraq.</p>") for n in range(9)}
    book = Wikipedia(make_zim(articles))
    for query in ("Iraq", "Where is Iraq?", "iraq (country)"):
        assert book.search(query, 3)[0].path == "Iraq_(country)"


def test_of_a_long_query_the_rarest_words_count(make_zim: MakeZim) -> None:
    common = " ".join(f"common{number}" for number in range(80))
    articles = {f"Page_{n}": (f"Page {n}", f"<p>{common} {'needle' if n == 3 else ''}</p>") for n in range(5)}
    assert Wikipedia(make_zim(articles)).search(f"{common} needle", 1)[0].path == "Page_3"


def test_the_index_is_built_once_and_tells_its_progress(rivers: Path, own_cache: Path) -> None:
    calls: list[tuple[int, int]] = []
    archive = Archive(rivers)
    open_index(archive, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (4, 4) and [done for done, _ in calls] == sorted(done for done, _ in calls)
    built = sorted(own_cache.glob("wikipedia-index/tiny-test-*"))
    assert len(built) == 1
    calls.clear()
    open_index(archive, lambda done, total: calls.append((done, total)))
    assert calls == []


def test_an_archive_that_cannot_be_read_whole_leaves_no_index(real_data: Path, own_cache: Path) -> None:
    with pytest.raises(ArchiveError, match="damaged"):
        Wikipedia(real_data / "invalid" / "invalid.outofbounds_first_clusterptr.zim")
    assert list(own_cache.glob("*/[!.]*")) == []


def test_articles_of_a_real_archive_are_found_by_title(real_data: Path) -> None:
    archive = Archive(real_data / "wikipedia_en_100_mini_2022-10.zim")
    book = Wikipedia(archive)
    for path in archive.article_paths():
        title = archive.title(path)
        assert path in [hit.path for hit in book.search(title, 5)]


def test_a_snippet_is_the_piece_that_holds_most_of_the_query() -> None:
    page = Page("T", "T", (Section("", "First sentence is here. " * 12 + "The needle is here.\nNext."),))
    pieces = snippet_pieces(page)
    assert all(len(piece) <= SNIPPET_CHARS for piece in pieces)
    assert "needle" in best_snippet(pieces, [("needle", 1.0)])
    assert best_snippet(pieces, [("absent", 1.0)]) == pieces[0]
    assert best_snippet([], [("needle", 1.0)]) == ""
