from __future__ import annotations

import gzip
import hashlib
import io
import json
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent_envs.snapshots.repositories import fetch
from agent_envs.snapshots.repositories.fetch import MTIME_S, FetchError, fetch_sdist, unpack
from agent_envs.snapshots.repositories.projects import PROJECTS

JSON = "application/vnd.pypi.simple.v1+json"
FILES = {"pebble-1.0/pebble.py": b"ONE = 1\n", "pebble-1.0/tests/test_pebble.py": b"def test_one(): ...\n"}


def tar_of(files: dict[str, bytes], *special: tarfile.TarInfo, mode: int = 0o600) -> bytes:
    """A compressed tar file of these files, and of members without content."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), mode, 1_700_000_000
            tar.addfile(member, io.BytesIO(content))
        for member in special:
            tar.addfile(member)
    return target.getvalue()


def zip_of(files: dict[str, bytes], mode: int = stat.S_IFREG | 0o600) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            opened.writestr(info, content)
    return target.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def special(name: str, kind: bytes, linkname: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, linkname
    return member


def save(folder: Path, content: bytes, name: str = "pebble-1.0.tar.gz") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Index:
    """A package index on this machine, which serves what it is given."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = index.answers.get(self.path)
                accepted = JSON in self.headers["Accept"] or not self.path.endswith("/")
                self.send_response(404 if content is None else 200 if accepted else 406)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple"

    def offer(self, *archives: tuple[str, bytes], url: str = "../../files/") -> None:
        files = [
            {"filename": name, "url": url + name, "hashes": {"sha256": sha256(content)}} for name, content in archives
        ]
        self.answers["/simple/pebble/"] = json.dumps({"meta": {"api-version": "1.1"}, "files": files}).encode()
        self.answers |= {f"/files/{name}": content for name, content in archives}


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    index = Index()
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    thread = threading.Thread(target=index.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield index
    index.server.shutdown()
    thread.join()
    index.server.server_close()


def test_a_source_distribution_is_found_among_the_files_of_its_project(index: Index, tmp_path: Path) -> None:
    wanted = tar_of(FILES)
    index.offer(("pebble-0.9.tar.gz", b"old"), ("pebble-1.0-py3-none-any.whl", b"wheel"), ("pebble-1.0.tar.gz", wanted))
    path = fetch_sdist("Pebble", "1.0", sha256(wanted), tmp_path / "new")
    assert path == tmp_path / "new" / "pebble-1.0.tar.gz"
    assert path.read_bytes() == wanted


def test_of_two_archives_of_a_release_the_pinned_one_is_taken(index: Index, tmp_path: Path) -> None:
    wanted = zip_of(FILES)
    index.offer(("pebble-1.0.tar.gz", tar_of(FILES)), ("pebble-1.0.zip", wanted))
    assert fetch_sdist("pebble", "1.0", sha256(wanted), tmp_path).name == "pebble-1.0.zip"


def test_an_index_in_a_folder_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tar_of(FILES)
    (tmp_path / "simple" / "pebble").mkdir(parents=True)
    page = {"files": [{"filename": "pebble-1.0.tar.gz", "url": "../../pebble-1.0.tar.gz"}]}
    (tmp_path / "simple" / "pebble" / "index.v1_json").write_text(json.dumps(page))
    save(tmp_path, wanted)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "simple").as_uri())
    assert fetch_sdist("pebble", "1.0", sha256(wanted), tmp_path / "new").read_bytes() == wanted
    with pytest.raises(FetchError, match="no project 'granite'"):
        fetch_sdist("granite", "1.0", "0" * 64, tmp_path)


def test_another_file_than_the_pinned_one_is_refused(index: Index, tmp_path: Path) -> None:
    index.offer(("pebble-1.0.tar.gz", tar_of(FILES)))
    with pytest.raises(FetchError, match=f"must be {'0' * 64}"):
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_missing_project_is_named(index: Index, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="no project 'granite'"):
        fetch_sdist("granite", "1.0", "0" * 64, tmp_path)


def test_a_missing_release_is_named_with_those_there_are(index: Index, tmp_path: Path) -> None:
    index.offer(("pebble-0.9.tar.gz", b""))
    with pytest.raises(FetchError, match=r"pebble 1\.0; those that it has: pebble-0\.9\.tar\.gz"):
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path)


def test_a_missing_file_is_named(index: Index, tmp_path: Path) -> None:
    index.offer(("pebble-1.0.tar.gz", b""), url="nowhere/")
    with pytest.raises(FetchError, match=r"no file 'pebble-1\.0\.tar\.gz'"):
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path)


def test_an_index_without_json_is_named(index: Index, tmp_path: Path) -> None:
    index.answers["/simple/pebble/"] = b"<html></html>"
    with pytest.raises(FetchError, match="something else than application/vnd"):
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path)


def test_an_index_cannot_lead_to_files_of_this_machine(index: Index, tmp_path: Path) -> None:
    index.offer(("pebble-1.0.tar.gz", b""), url=f"{tmp_path.as_uri()}/")
    with pytest.raises(FetchError, match="no place for an index to lead to"):
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/simple", "simple", "http://ann:secret@127.0.0.1/simple"])
def test_an_index_of_another_kind_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", url)
    with pytest.raises(FetchError, match="PIP_INDEX_URL must begin with") as raised:
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path)
    assert "secret" not in str(raised.value)


def test_without_a_network_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")  # nobody listens there
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(FetchError, match="See to the network"):
        fetch_sdist("pebble", "1.0", "0" * 64, tmp_path)


@pytest.mark.parametrize(("pack", "name"), [(tar_of, "pebble-1.0.tar.gz"), (zip_of, "pebble-1.0.zip")])
def test_what_packing_added_is_left_away(pack: Any, name: str, tmp_path: Path) -> None:
    added = {"pebble-1.0/PKG-INFO": b"Name: pebble", "pebble-1.0/src/pebble.egg-info/SOURCES.txt": b""}
    unpack(save(tmp_path, pack(FILES | added), name), tmp_path / "new")
    assert tree(tmp_path / "new") == {
        "pebble.py": FILES["pebble-1.0/pebble.py"],
        "tests/test_pebble.py": FILES["pebble-1.0/tests/test_pebble.py"],
    }


def test_only_contents_and_what_is_executable_are_taken_over(tmp_path: Path) -> None:
    script = tar_of({"pebble-1.0/bin/run": b"#!"}, mode=0o4711)
    unpack(save(tmp_path, script), tmp_path / "script")
    unpack(save(tmp_path, tar_of(FILES)), tmp_path / "new")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")}
    assert modes == {"pebble.py": 0o644, "tests": 0o755, "test_pebble.py": 0o644}
    assert stat.S_IMODE((tmp_path / "script" / "bin" / "run").stat().st_mode) == 0o755
    assert {path.stat().st_mtime for path in (tmp_path / "new", *(tmp_path / "new").rglob("*"))} == {MTIME_S}


@pytest.mark.parametrize("name", ["../evil.py", "pebble-1.0/../../evil.py", "/evil.py", "pebble-1.0\\..\\evil.py"])
@pytest.mark.parametrize(("pack", "archive"), [(tar_of, "pebble-1.0.tar.gz"), (zip_of, "pebble-1.0.zip")])
def test_a_path_that_leaves_the_folder_is_refused(pack: Any, archive: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="leaves the folder"):
        unpack(save(tmp_path, pack(FILES | {name: b""}), archive), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(kind: bytes, tmp_path: Path) -> None:
    content = tar_of(FILES, special("pebble-1.0/odd", kind, "pebble-1.0/pebble.py"))
    with pytest.raises(FetchError, match=r"'pebble-1\.0/odd', which is a link or a device"):
        unpack(save(tmp_path, content), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    content = zip_of({"pebble-1.0/odd": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777)
    with pytest.raises(FetchError, match="a link or a device"):
        unpack(save(tmp_path, content, "pebble-1.0.zip"), tmp_path / "new")


@pytest.mark.parametrize("files", [{"a/one.py": b"", "b/two.py": b""}, {"pebble-1.0": b"a file"}, {}])
def test_an_archive_of_another_shape_is_refused(files: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="must hold one folder at its top"):
        unpack(save(tmp_path, tar_of(files)), tmp_path / "new")


@pytest.mark.parametrize(("limit", "value"), [("LIMIT_FILES", 1), ("LIMIT_BYTES", 10)])
def test_too_large_a_thing_is_refused(limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, limit, value)
    with pytest.raises(FetchError, match="holds 2 files of 28 bytes: at most"):
        unpack(save(tmp_path, tar_of(FILES)), tmp_path / "new")


@pytest.mark.parametrize("name", ["pebble-1.0.tar.gz", "pebble-1.0.zip"])
@pytest.mark.parametrize(
    "content", [b"no archive", gzip.compress(b"no archive"), tar_of(FILES)[:100]], ids=["text", "packed text", "cut"]
)
def test_a_damaged_archive_is_named(name: str, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=f"{name} cannot be unpacked"):
        unpack(save(tmp_path, content, name), tmp_path / "new")


def test_every_project_is_pinned_and_under_a_permissive_licence() -> None:
    digests = [release.sha256 for project in PROJECTS for release in (project, project.previous) if release]
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digests)
    assert len(set(digests)) == len(digests)
    assert {project.licence for project in PROJECTS} <= {"MIT", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0"}
    assert [project.name for project in PROJECTS] == sorted({project.name for project in PROJECTS})
