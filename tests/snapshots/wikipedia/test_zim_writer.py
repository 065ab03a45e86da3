"""The writer of archives: the same bytes in every process, and an archive that libzim itself finds whole."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import libzim.reader
import pytest

from agent_envs.snapshots.wikipedia.zim_writer import Article, write_zim

METADATA = {"Name": "tiny", "Title": "Tiny", "Language": "eng", "Date": "2026-01-31"}
WRITE_SOME = """
import sys
from pathlib import Path
from agent_envs.snapshots.wikipedia.zim_writer import Article, write_zim
articles = (Article(f"A_{n}", f"A {n}", f"<p>Article {n} on rivers and lakes.</p>".encode()) for n in range(200))
metadata = {"Name": "tiny", "Title": "Tiny", "Language": "eng", "Date": "2026-01-31"}
write_zim(Path(sys.argv[1]), articles, metadata, main_path="A_0", redirects=[("B", "B", "A_1")])
"""


def few(last: str = "water") -> Iterator[Article]:
    yield Article("Danube", "Danube", b"<h1>Danube</h1><p>A river of many countries.</p>")
    yield Article("Lake", "Lake", f"<h1>Lake</h1><p>Still {last}.</p>".encode())


def test_three_processes_with_different_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for seed in ("0", "1", "77"):
        target = tmp_path / f"{seed}.zim"
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", WRITE_SOME, target], env=environment, capture_output=True)
        assert (done.returncode, done.stdout) == (0, b""), done.stderr
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_written_archive_is_whole_and_has_both_indexes(tmp_path: Path) -> None:
    target = tmp_path / "few.zim"
    write_zim(target, few(), METADATA, main_path="Danube", redirects=[("Donau", "Donau", "Danube")])
    archive = libzim.reader.Archive(target)
    assert archive.check()
    assert archive.has_fulltext_index
    assert archive.has_title_index
    assert archive.main_entry.get_redirect_entry().path == "Danube"
    assert archive.get_entry_by_path("Donau").get_redirect_entry().path == "Danube"
    assert bytes(archive.get_metadata("Date")) == b"2026-01-31"


def test_other_content_has_another_uuid(tmp_path: Path) -> None:
    uuids: list[object] = []
    for last in ("water", "water", "ice"):
        target = tmp_path / f"{len(uuids)}.zim"
        write_zim(target, few(last), METADATA, main_path="Danube")
        uuids.append(libzim.reader.Archive(target).uuid)
    assert uuids[0] == uuids[1] != uuids[2]


def test_nothing_of_libzim_reaches_the_standard_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_zim(tmp_path / "few.zim", few(), METADATA, main_path="Danube")
    assert capfd.readouterr().out == ""


def test_metadata_without_a_date_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'Date'"):
        write_zim(tmp_path / "few.zim", few(), {"Name": "tiny"}, main_path="Danube")
    assert not list(tmp_path.iterdir())
