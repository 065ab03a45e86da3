from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_envs.snapshots.cache import CacheFull, build_once, cache_dir, cache_path, inventory


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(folder))
    yield folder
    subprocess.run(["umount", folder], check=True)


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def write_file(path: Path) -> None:
    path.write_text("whole")


def test_a_thing_is_built_once_and_named_by_its_content(own_cache: Path) -> None:
    built: list[Path] = []

    def build(path: Path) -> None:
        built.append(path)
        path.mkdir()
        (path / "part").write_text("whole")

    target = cache_path("things", "atlas", "0123456789abcdef0123")
    assert cache_dir() == own_cache and target == own_cache / "things" / "atlas-0123456789ab"
    assert build_once(target, build) == build_once(target, build) == target
    assert len(built) == 1 and built[0] != target
    assert (target / "part").read_text() == "whole" and visible(target.parent) == [target.name]


def test_a_build_that_fails_leaves_nothing_and_the_error_goes_through(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        build_once(tmp_path / "thing", fail)
    assert visible(tmp_path) == []
    build_once(tmp_path / "thing", write_file)
    assert visible(tmp_path) == ["thing"]


KILLED = """
import os, signal, sys
from pathlib import Path
from agent_envs.snapshots.cache import build_once

def build(path):
    path.mkdir()
    (path / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

build_once(Path(sys.argv[1]), build)
"""


def test_a_killed_build_is_never_taken_for_whole_and_the_next_one_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "index" / "thing-0123456789ab"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(target)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not target.exists() and inventory() == []
    assert len(visible(target.parent)) == 1  # what was half made, under another name
    build_once(target, write_file)
    assert target.read_text() == "whole" and visible(target.parent) == [target.name]


RACE = """
import os, sys
from pathlib import Path
from agent_envs.snapshots.cache import build_once

def build(path):
    with open(sys.argv[2], "a") as log:
        log.write("built\\n")
    sys.stdin.readline()  # until the other one waits, too
    path.write_text("whole")

print("started", flush=True)
print(build_once(Path(sys.argv[1]), build).read_text())
"""


def test_of_two_processes_one_builds_and_both_use_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACE, str(tmp_path / "thing"), str(tmp_path / "log")]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout is not None and process.stdout.readline() == "started\n"
    outputs = []
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        outputs.append(process.communicate()[0])
        assert process.returncode == 0
    assert outputs == ["whole\n", "whole\n"]
    assert (tmp_path / "log").read_text() == "built\n"


def test_a_full_disk_is_told_in_words_and_nothing_stays(tmp_path: Path) -> None:
    def write_to_full_device(path: Path) -> None:
        path.write_text("half")
        with Path("/dev/full").open("w") as full:
            full.write("x")

    with pytest.raises(CacheFull, match="AGENT_ENVS_CACHE") as caught:
        build_once(tmp_path / "things" / "thing", write_to_full_device)
    assert caught.value.errno == errno.ENOSPC and str(tmp_path / "things") in str(caught.value)
    assert visible(tmp_path / "things") == []


@pytest.mark.parametrize("target", ["/proc/thing", "/proc/things/thing"])
def test_a_folder_in_which_nobody_can_write_is_named_at_once(target: str) -> None:
    with pytest.raises(OSError, match=f"nothing can be written there .*'{Path(target).parent}'"):
        build_once(Path(target), write_file)


def test_a_disk_that_fills_under_an_index_is_told_in_words(small_disk: Path, tmp_path: Path, real_data: Path) -> None:
    from agent_envs.snapshots.wikipedia.archive import Archive
    from agent_envs.snapshots.wikipedia.index import open_index  # `Wikipedia` shares an index that is open elsewhere

    archive = Archive(real_data / "wikipedia_en_ray_charles_maxi_2019-08.zim")
    (small_disk / "ballast").write_bytes(os.urandom((2 << 20) - 200_000))
    with pytest.raises(CacheFull, match="AGENT_ENVS_CACHE"):
        open_index(archive)
    assert visible(small_disk) == ["ballast", "wikipedia-index"] and visible(small_disk / "wikipedia-index") == []
    (small_disk / "ballast").unlink()
    assert open_index(archive).search("Georgia", 1)


def test_the_inventory_lists_what_is_whole_with_its_size() -> None:
    build_once(cache_path("atlas", "atlas", "a" * 32, ".zim"), write_file)
    build_once(cache_path("wikipedia-index", "wikipedia-en", "b" * 32), write_file)
    (cache_dir() / "atlas" / "stray.txt").write_text("no digest")
    items = inventory()
    assert [(item.kind, item.name, item.digest, item.size_bytes) for item in items] == [
        ("atlas", "atlas", "a" * 12, 5),
        ("wikipedia-index", "wikipedia-en", "b" * 12, 5),
    ]
    assert items[0].path.read_text() == "whole"
