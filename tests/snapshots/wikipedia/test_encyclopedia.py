from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from agent_envs.envs.encyclopedia import Page, PageNotFound
from agent_envs.outcome import Fault
from agent_envs.snapshots.wikipedia.archive import ArchiveError
from agent_envs.snapshots.wikipedia.encyclopedia import Wikipedia

RAY = "wikipedia_en_ray_charles_maxi_2019-08.zim"


def test_a_page_is_parsed_once_and_shared(real_data: Path) -> None:
    one, other = Wikipedia(real_data / RAY), Wikipedia(real_data / RAY)
    page = one.read("A/Ray_Charles")
    assert one.read(page.path) is other.read(page.path)
    assert pickle.loads(pickle.dumps(one)).read(page.path) == page


def test_the_two_ways_of_searching_have_two_digests(real_data: Path) -> None:
    assert Wikipedia(real_data / RAY).digest != Wikipedia(real_data / RAY, "zim").digest


def test_an_unknown_index_is_refused(real_data: Path) -> None:
    with pytest.raises(ValueError, match="index='bing': give 'tantivy' or 'zim'"):
        Wikipedia(real_data / RAY, "bing")  # type: ignore[arg-type]


def test_an_unknown_page_is_the_agents_mistake(real_data: Path) -> None:
    with pytest.raises(PageNotFound, match="no page 'Nowhere'"):
        Wikipedia(real_data / RAY).read("Nowhere")


def test_damage_to_the_tables_is_refused_at_once(real_data: Path, tmp_path: Path) -> None:
    content = bytearray((real_data / RAY).read_bytes())
    content[3_000:23_000] = bytes(20_000)
    (tmp_path / "damaged.zim").write_bytes(content)
    with pytest.raises(ArchiveError, match="damaged"):
        Wikipedia(tmp_path / "damaged.zim", "zim")


def test_damage_found_while_reading_is_a_fault_and_never_wrong_text(real_data: Path, tmp_path: Path) -> None:
    whole = Wikipedia(real_data / RAY, "zim")
    paths = list(whole.archive.article_paths())
    expected = {path: whole.read(path) for path in paths}
    content = bytearray((real_data / RAY).read_bytes())
    articles = len(content) // 10  # the pictures and the index stand behind them
    content[articles : articles + 20_000] = bytes(20_000)
    (tmp_path / "damaged.zim").write_bytes(content)
    damaged = Wikipedia(tmp_path / "damaged.zim", "zim")

    def read(path: str) -> Page | None:
        try:
            return damaged.read(path)
        except Fault as fault:
            assert fault.origin == "infra"
            return None

    pages = {path: read(path) for path in paths}
    assert any(page is None for page in pages.values())
    assert all(page is None or page == expected[path] for path, page in pages.items())
