"""Tiny archives, written by libzim itself, and a cache of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import libzim.writer
import pytest

MakeZim = Callable[..., Path]


class _Item(libzim.writer.Item):  # type: ignore[misc]
    def __init__(self, path: str, title: str, html: str, front: bool = True) -> None:
        super().__init__()
        self._path, self._title, self._html, self._front = path, title, html, front

    def get_path(self) -> str:
        return self._path

    def get_title(self) -> str:
        return self._title

    def get_mimetype(self) -> str:
        return "text/html"

    def get_contentprovider(self) -> libzim.writer.StringProvider:
        return libzim.writer.StringProvider(self._html)

    def get_hints(self) -> dict[libzim.writer.Hint, int]:
        return {libzim.writer.Hint.FRONT_ARTICLE: self._front}


def write_zim(
    target: Path,
    articles: Mapping[str, tuple[str, str]],
    redirects: Mapping[str, str] | None = None,
    indexed: bool = True,
    other_pages: Mapping[str, tuple[str, str]] | None = None,
) -> Path:
    """Write an archive of articles, path -> (title, HTML), and redirects, path -> path."""
    with libzim.writer.Creator(target).config_indexing(indexed, "eng").config_nbworkers(1) as creator:
        creator.set_mainpath(next(iter(articles)))
        creator.add_metadata("Name", "tiny test")
        for path, (title, html) in articles.items():
            creator.add_item(_Item(path, title, html))
        for path, (title, html) in (other_pages or {}).items():
            creator.add_item(_Item(path, title, html, front=False))
        for path, target_path in (redirects or {}).items():
            creator.add_redirection(path, path.replace("_", " "), target_path, {libzim.writer.Hint.FRONT_ARTICLE: True})
    return target


@pytest.fixture
def make_zim(tmp_path: Path) -> MakeZim:
    """Writes a tiny archive into the test's folder."""

    def make(articles: Mapping[str, tuple[str, str]], name: str = "tiny.zim", **kwargs: object) -> Path:
        return write_zim(tmp_path / name, articles, **kwargs)  # type: ignore[arg-type]

    return make


RIVERS = {
    "Danube": (
        "Danube",
        '<h1>Danube</h1><p>The Danube is a river of <a href="Europe">Europe</a>. It is 2,850 km long.</p>',
    ),
    "Europe": ("Europe", "<p>Europe is a continent.</p><h2>Rivers</h2><p>The <a href='./Danube#x'>Danube</a>.</p>"),
    "AC/DC": ("AC/DC", '<p>AC/DC is a band. See <a href="../Europe">Europe</a> and <a href="Missing">nothing</a>.</p>'),
    "Vltava_(river)": ("Vltava (river)", "<p>The Vltava is a river of Bohemia.</p>"),
}
REDIRECTS = {"Donau": "Danube", "Duna": "Donau", "Ring_A": "Ring_B", "Ring_B": "Ring_A"}


@pytest.fixture
def rivers(make_zim: MakeZim) -> Path:
    """Four articles, with redirects to one of them and two that lead to each other."""
    return make_zim(RIVERS, redirects=REDIRECTS)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or fills the cache of the user."""
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
