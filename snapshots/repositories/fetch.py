"""Source distributions from a package index: downloaded, checked and unpacked, without running any of their code."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tarfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

import msgspec

INDEX = "https://pypi.org/simple"
LIMIT_BYTES = 200_000_000
LIMIT_FILES = 20_000
TIMEOUT_S = 60.0
MTIME_S = 315_532_800  # of all that is unpacked: 1980, the earliest that every kind of archive can hold

_JSON = "application/vnd.pypi.simple.v1+json"
_ENDINGS = (".tar.gz", ".zip")
_SCHEMES = ("https", "http", "file")


class FetchError(OSError):
    """A source distribution cannot be had, or is not what it should be."""


class _File(msgspec.Struct):
    filename: str
    url: str
    hashes: dict[str, str] = {}


class _Page(msgspec.Struct):
    files: list[_File]


class _Entry(NamedTuple):
    """What an archive holds under one name; `mode` has the type in it, where it is known."""

    name: str
    size_bytes: int
    mode: int
    read: Callable[[], bytes]


def fetch_sdist(name: str, version: str, sha256: str, target: Path) -> Path:
    """Download the source distribution of a release.

    The index is ``$PIP_INDEX_URL``, else the public one. It is asked for its answer in JSON, as PEP 691 says; an index
    in a folder (``file:``) holds it as ``<project>/index.v1_json``, which is where bandersnatch mirrors have it.

    Args:
        name: What the index calls the project.
        version: The release.
        sha256: What the digest of the file must be, in hexadecimal.
        target: Folder in which the file is laid; it is made where it is not there.

    Returns:
        The file.

    Raises:
        FetchError: The index does not answer, has no such project or file, or the file's digest is another.
    """
    index = os.environ.get("PIP_INDEX_URL") or INDEX
    scheme = urlsplit(index).scheme
    if scheme not in _SCHEMES or "@" in urlsplit(index).netloc:
        raise FetchError(f"PIP_INDEX_URL must begin with one of {', '.join(_SCHEMES)}, and hold no user or password")
    page = f"{index.rstrip('/')}/{_normalised(name)}/" + ("index.v1_json" if scheme == "file" else "")
    try:
        files = msgspec.json.decode(_get(page, f"project {name!r}"), type=_Page).files
    except msgspec.DecodeError as error:
        raise FetchError(f"{page} answered with something else than {_JSON}: {error}") from error
    archives = [file for file in files if file.filename.endswith(_ENDINGS)]
    fitting = [file for file in archives if _stem(file.filename) == _normalised(f"{name}-{version}")]
    if not fitting:
        have = ", ".join(sorted(file.filename for file in archives)) or "none"
        raise FetchError(f"{page} has no source distribution of {name} {version}; those that it has: {have}")
    file = max(fitting, key=lambda file: file.hashes.get("sha256") == sha256)  # some releases have a .zip too
    url = urljoin(page, file.url)
    if urlsplit(url).scheme not in _SCHEMES or (urlsplit(url).scheme == "file") != (scheme == "file"):
        raise FetchError(f"{page} leads to {url}, which is no place for an index to lead to")
    content = _get(url, f"file {file.filename!r}")
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise FetchError(
            f"{url} is not the file that was pinned: its sha256 is {found} and must be {sha256}; nothing was kept."
            " Ask another index (PIP_INDEX_URL)"
        )
    target.mkdir(parents=True, exist_ok=True)
    path = target / file.filename
    path.write_bytes(content)
    return path


def unpack(archive: Path, target: Path) -> None:
    """Unpack a source distribution, so that equal archives make equal trees.

    The folder at its top is left away, and so is what packing added (``PKG-INFO``, ``*.egg-info``). Only contents and
    whether a file is executable are taken over: modes are 644 or 755, and all times are `MTIME_S`.

    Args:
        archive: A ``.zip`` or ``.tar.gz``.
        target: The folder to make; it may be there, and empty.

    Raises:
        FetchError: It is no such archive; it holds links, devices, paths that leave the folder, more than one folder
            at its top, more than `LIMIT_FILES` files or `LIMIT_BYTES`. Nothing was unpacked.
    """
    try:
        with _opened(archive) as entries:
            found = _checked(archive, entries)
            target.mkdir(parents=True, exist_ok=True)
            for path, entry in sorted(found.items()):
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(entry.read())
                file.chmod(0o755 if entry.mode & 0o111 else 0o644)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FetchError(f"{archive.name} cannot be unpacked: {error}") from error
    for made in (target, *target.rglob("*")):
        if made.is_dir():
            made.chmod(0o755)
        os.utime(made, (MTIME_S, MTIME_S))


def _get(url: str, what: str) -> bytes:
    """What stands at a URL."""
    request = urllib.request.Request(url, headers={"Accept": f"{_JSON}, */*;q=0.1"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            content: bytes = answer.read(LIMIT_BYTES + 1)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        gone = isinstance(error, HTTPError) and error.code in (404, 410)
        if gone or (isinstance(error, URLError) and isinstance(error.reason, FileNotFoundError)):
            raise FetchError(f"there is no {what} at {url}") from error
        raise FetchError(
            f"the {what} cannot be had from {url}: {error}. See to the network, or name another index by PIP_INDEX_URL"
        ) from error
    if len(content) > LIMIT_BYTES:
        raise FetchError(f"the {what} at {url} is larger than {LIMIT_BYTES} bytes")
    return content


def _normalised(name: str) -> str:
    """The one spelling of a project's name. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _stem(filename: str) -> str:
    """Normalised name and version of a source distribution."""
    ending = next(ending for ending in _ENDINGS if filename.endswith(ending))
    return _normalised(filename.removesuffix(ending))


@contextmanager
def _opened(archive: Path) -> Iterator[list[_Entry]]:
    """All files of an archive, readable while it is open."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            yield [
                _Entry(info.filename, info.file_size, info.external_attr >> 16, partial(opened.read, info))
                for info in opened.infolist()
                if not info.is_dir()
            ]
        return
    with tarfile.open(archive) as tar:
        yield [_of_tar(tar, member) for member in tar if not member.isdir()]


def _of_tar(tar: tarfile.TarFile, member: tarfile.TarInfo) -> _Entry:
    kind = stat.S_IFREG if member.isreg() else stat.S_IFLNK if member.issym() or member.islnk() else stat.S_IFCHR

    def read() -> bytes:
        content = tar.extractfile(member)
        assert content is not None, "only regular files are read"
        return content.read()

    return _Entry(member.name, member.size, kind | stat.S_IMODE(member.mode), read)


def _checked(archive: Path, entries: list[_Entry]) -> dict[str, _Entry]:
    """The files to unpack by their path below the top folder; of several by one name the last one."""
    size_bytes = sum(entry.size_bytes for entry in entries)
    if len(entries) > LIMIT_FILES or size_bytes > LIMIT_BYTES:
        raise FetchError(
            f"{archive.name} holds {len(entries)} files of {size_bytes} bytes: at most {LIMIT_FILES} files of"
            f" {LIMIT_BYTES} bytes are unpacked"
        )
    found, tops = {}, set()
    for entry in entries:
        path = PurePosixPath(entry.name)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.name:
            raise FetchError(f"{archive.name} holds {entry.name!r}, which leaves the folder that it is unpacked to")
        if stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG):
            raise FetchError(
                f"{archive.name} holds {entry.name!r}, which is a link or a device: only files are unpacked"
            )
        top, *below = path.parts
        tops.add(top)
        if below and not any(part == "PKG-INFO" or part.endswith(".egg-info") for part in below):
            found["/".join(below)] = entry
    if len(tops) != 1 or not found:
        raise FetchError(f"{archive.name} must hold one folder at its top, and files in it; it holds: {sorted(tops)}")
    return found
