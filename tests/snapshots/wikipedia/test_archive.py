from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent_envs.envs.encyclopedia import PageNotFound
from agent_envs.snapshots.wikipedia.archive import Archive, ArchiveError
from agent_envs.snapshots.wikipedia.encyclopedia import Wikipedia

MakeZim = Callable[..., Path]


@pytest.fixture
def archive(rivers: Path) -> Archive:
    return Archive(rivers)


def test_articles_come_in_the_order_of_their_paths(archive: Archive) -> None:
    assert list(archive.article_paths()) == ["AC/DC", "Danube", "Europe", "Vltava_(river)"]


def test_pages_that_are_no_front_articles_are_left_out(make_zim: MakeZim) -> None:
    path = make_zim({"A": ("A", "<p>a</p>")}, other_pages={"List": ("List", "<p>list</p>")})
    assert list(Archive(path).article_paths()) == ["A"]


def test_redirects_name_the_article_at_the_end(archive: Archive) -> None:
    assert list(archive.redirects()) == [("Donau", "Danube"), ("Duna", "Danube")]


@pytest.mark.parametrize(
    "spelling",
    ["Danube", "Donau", "Duna", "danube", "./Danube", "../A/Danube", "/Danube#Course", "%44anube", " Danube "],
)
def test_one_article_is_reached_by_many_spellings(archive: Archive, spelling: str) -> None:
    assert archive.html(spelling)[:2] == ("Danube", "Danube")


@pytest.mark.parametrize("spelling", ["Vltava_(river)", "Vltava (river)", "Vltava%20%28river%29", "AC/DC", "AC%2FDC"])
def test_titles_and_percent_signs_are_understood(archive: Archive, spelling: str) -> None:
    assert archive.html(spelling).title in ("Vltava (river)", "AC/DC")


@pytest.mark.parametrize("path", ["", "\0", "\ud800", "%", "%zz", "..", "#", "A/", "Rhine", "Ring_A", "x" * 10_000])
def test_unknown_paths_are_not_found_and_the_message_is_short(archive: Archive, path: str) -> None:
    with pytest.raises(PageNotFound, match="no page") as caught:
        archive.html(path)
    assert len(str(caught.value)) < 300


def test_more_than_eight_redirects_are_not_followed(make_zim: MakeZim) -> None:
    chain = {f"R{hop}": f"R{hop - 1}" if hop > 1 else "End" for hop in range(1, 10)}
    archive = Archive(make_zim({"End": ("End", "<p>end</p>")}, redirects=chain))
    assert archive.html("R8").path == "End"
    with pytest.raises(PageNotFound):
        archive.html("R9")


def test_redirects_in_a_circle_are_not_found(real_data: Path) -> None:
    with pytest.raises(PageNotFound):
        Archive(real_data / "libkiwix_poor.zim").html("redirect_loop.html")


@pytest.mark.parametrize(
    ("href", "base", "target"),
    [
        ("Danube", "Europe", "Danube"),
        ("./Donau#Course", "Europe", "Danube"),
        ("../Europe", "AC/DC", "Europe"),
        ("../A/Danube", "Europe", "Danube"),
        ("Vltava_%28river%29", "Europe", "Vltava_(river)"),
        ("#Rivers", "Europe", None),
        ("https://example.org/Danube", "Europe", None),
        ("//example.org/Danube", "Europe", None),
        ("mailto:Danube", "Europe", None),
        ("Missing", "Europe", None),
        ("", "Europe", None),
    ],
)
def test_links_are_resolved_against_the_page_that_carries_them(
    archive: Archive, href: str, base: str, target: str | None
) -> None:
    assert archive.resolve(href, base) == target


def test_the_old_namespace_scheme_reads_like_the_new(real_data: Path) -> None:
    archive = Archive(real_data / "wikipedia_en_100_mini_2022-10.zim")
    paths = list(archive.article_paths())
    assert len(paths) == 100 and paths == sorted(paths)
    assert "A/index" not in paths  # the main page only lists the others
    assert len(list(archive.redirects())) == 3885
    assert {archive.html(each).path for each in ("A/Bob_Dylan", "Bob_Dylan", "Bob Dylan", "../A/Bob_Dylan")} == {
        "A/Bob_Dylan"
    }


def test_awkward_characters_in_paths_are_read(real_data: Path) -> None:
    archive = Archive(real_data / "android_characters_encoding.zim")
    assert list(archive.article_paths()) == ["characters éncoding.html"]
    assert archive.html("characters%20%C3%A9ncoding.html").path == "characters éncoding.html"


def test_every_damaged_archive_is_refused_or_read_as_far_as_it_goes(real_data: Path) -> None:
    refused = 0
    files = sorted((real_data / "invalid").glob("*.zim"))
    assert len(files) == 12
    for file in files:
        try:
            archive = Archive(file)
            assert list(archive.article_paths()) == ["main.html"]
            assert b"Test ZIM file" in archive.html("main.html").html
        except ArchiveError as error:
            assert str(file) in str(error) and "damaged" in str(error)
            refused += 1
    assert refused == 11


def test_what_is_no_archive_is_refused_in_words(tmp_path: Path, rivers: Path) -> None:
    text = tmp_path / "notes.zim"
    text.write_text("not an archive")
    cut = tmp_path / "cut.zim"
    cut.write_bytes(rivers.read_bytes()[:-1000])
    for path, words in (
        (tmp_path / "none.zim", "no archive at"),
        (tmp_path, "is a directory"),
        (text, "is not a ZIM file"),
        (cut, "truncated or damaged"),
    ):
        with pytest.raises(ArchiveError, match=words):
            Archive(path)
        with pytest.raises(ArchiveError, match=words):
            Wikipedia(path)


def test_the_digest_is_of_the_content_and_not_of_the_place(tmp_path: Path, rivers: Path, make_zim: MakeZim) -> None:
    elsewhere = tmp_path / "other name.zim"
    elsewhere.write_bytes(rivers.read_bytes())
    other = make_zim({"A": ("A", "<p>a</p>")}, name="a.zim")
    digests = [Archive(path).content_digest for path in (rivers, elsewhere, other)]
    assert digests[0] == digests[1] != digests[2]
    assert Archive(elsewhere).name == "tiny-test"


@pytest.mark.parametrize("index", ["tantivy", "zim"])
def test_one_world_serves_threads_forks_and_copies(rivers: Path, index: str) -> None:
    book = Wikipedia(rivers, "zim" if index == "zim" else "tantivy")
    expected = book.search("river in Europe", 3), book.read("Donau")
    copy = pickle.loads(pickle.dumps(book))
    assert (copy.search("river in Europe", 3), copy.read("Donau"), copy.digest) == (*expected, book.digest)
    with ThreadPoolExecutor(4) as pool:
        for hits in pool.map(lambda _: book.search("river in Europe", 3), range(40)):
            assert hits == expected[0]
    child = os.fork()
    if child == 0:
        same = (book.search("river in Europe", 3), book.read("Donau")) == expected
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_the_digest_tells_the_kinds_of_search_apart(rivers: Path) -> None:
    assert Wikipedia(rivers, "tantivy").digest != Wikipedia(rivers, "zim").digest
    with pytest.raises(ValueError, match="'tantivy' or 'zim'"):
        Wikipedia(rivers, "bm25")  # type: ignore[arg-type]


def test_pages_are_read_with_links_to_their_final_targets(rivers: Path) -> None:
    page = Wikipedia(rivers).read("Danube")
    assert [link.path for link in page.links] == ["Europe"]
    assert page.sections[0].text == "The Danube is a river of Europe. It is 2,850 km long."
