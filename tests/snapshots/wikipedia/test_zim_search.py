from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent_envs.snapshots.wikipedia.archive import Archive
from agent_envs.snapshots.wikipedia.zim_search import ZimSearch

MakeZim = Callable[..., Path]


def test_a_question_that_no_page_answers_word_for_word_still_finds(rivers: Path) -> None:
    hits = ZimSearch(Archive(rivers)).search("Which continent do we call Europe, astronauts?", 3)
    assert hits[0].path == "Europe"
    assert hits[0].snippet.startswith("Europe is a continent.")


def test_nothing_is_built_and_nothing_cached(rivers: Path, own_cache: Path) -> None:
    ZimSearch(Archive(rivers)).search("Danube", 3)
    assert not own_cache.exists()


def test_a_redirect_finds_its_article_once(rivers: Path) -> None:
    hits = ZimSearch(Archive(rivers)).search("Donau", 5)
    assert [hit.path for hit in hits].count("Danube") == 1


def test_an_archive_without_an_index_is_searched_by_titles(make_zim: MakeZim) -> None:
    articles = {
        "Danube": ("Danube", "<p>x</p>"),
        "Danube_Delta": ("Danube Delta", "<p>y</p>"),
        "Z": ("Z", "<p>danube</p>"),
    }
    search = ZimSearch(Archive(make_zim(articles, indexed=False)))
    assert [hit.path for hit in search.search("the delta of the Danube", 5)] == ["Danube_Delta", "Danube"]
    assert search.search("nothing like it", 5) == []


def test_an_old_archive_with_a_stale_title_index_is_searched(real_data: Path) -> None:
    hits = ZimSearch(Archive(real_data / "libkiwix_poor.zim")).search("main page", 3)
    assert [hit.title for hit in hits] == ["Test ZIM file - Main page"] * 3


def test_redirects_of_a_real_archive_lead_to_their_articles(real_data: Path) -> None:
    search = ZimSearch(Archive(real_data / "wikipedia_en_100_mini_2022-10.zim"))
    assert search.search("Robert Zimmerman", 3)[0].path == "A/Bob_Dylan"
    assert "A/index" not in [hit.path for hit in search.search("main page", 50)]


def test_questions_find_the_articles_of_a_real_archive(real_data: Path) -> None:
    archive = Archive(real_data / "wikipedia_en_100_mini_2022-10.zim")
    search = ZimSearch(archive)
    titles = {path: archive.title(path) for path in archive.article_paths()}
    found = sum(
        path in [hit.path for hit in search.search(f"What is known about {title}?", 5)]
        for path, title in titles.items()
    )
    assert found >= 0.9 * len(titles)
