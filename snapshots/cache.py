"""Where built things live: one folder of the user, each thing built once, named by its content, and never half-made."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import platformdirs
from filelock import FileLock

_NAMED = re.compile(r"(?P<name>.+)-(?P<digest>[0-9a-f]{12})(?:\..*)?")
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FULL_BYTES = 1 << 20  # libzim and tantivy do not always say why a write failed: less free space than this says it


class CacheFull(OSError):
    """The disk of the cache is full; nothing was left behind."""


class CacheDamaged(ValueError):
    """A built thing cannot be read."""


class CachedItem(NamedTuple):
    """One built thing.

    Args:
        kind: Folder it is in, such as ``index``.
        name: What it was built from.
        digest: First 12 hexadecimal digits of the digest of what it was built from.
        size_bytes: Size of all its files.
        path: Its file or folder.
    """

    kind: str
    name: str
    digest: str
    size_bytes: int
    path: Path


def cache_dir() -> Path:
    """The folder of built things: ``$AGENT_ENVS_CACHE``, else the user's cache folder for ``agent-envs``."""
    return Path(os.environ.get("AGENT_ENVS_CACHE") or platformdirs.user_cache_dir("agent-envs"))


def cache_path(kind: str, name: str, digest: str, suffix: str = "") -> Path:
    """Where a thing belongs: ``<cache>/<kind>/<name>-<digest, 12 digits><suffix>``."""
    return cache_dir() / kind / f"{name}-{digest[:12]}{suffix}"


def build_once(target: Path, build: Callable[[Path], None]) -> Path:
    """Build a file or folder unless it is there; of several processes one builds and the others wait for it.

    `build` writes to a path beside the target, which is renamed when it is whole: a build that is killed leaves
    nothing that is ever taken for the target, and the next build clears it away.

    Args:
        target: The file or folder to make.
        build: Makes it at the path that it is given, where nothing exists yet.

    Returns:
        `target`, whole.

    Raises:
        CacheFull: The disk is full; the message names the folder and the way to another one.
    """
    if target.exists():
        return target
    partial = target.with_name(f".{target.name}.partial")
    try:
        _make_folder(target.parent)
        with FileLock(target.with_name(f".{target.name}.lock")):
            if target.exists():
                return target
            _remove(partial)  # only the holder of the lock builds here, so what lies here is of a dead build
            try:
                build(partial)
                _sync(partial)
                partial.rename(target)
                _sync_one(target.parent)
            except BaseException as error:
                full = _is_full(error, target.parent)
                _remove(partial)
                if full:
                    raise OSError(errno.ENOSPC, "no space left") from error
                raise
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise CacheFull(
            errno.ENOSPC,
            f"the disk of {target.parent} is full, so {target.name} was not built and nothing was left there; "
            "free some space, or set AGENT_ENVS_CACHE to a folder on another disk",
        ) from error
    return target


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say of whatever fails within that a built thing is damaged, and how to mend it.

    Raises:
        CacheDamaged: Something failed.
    """
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        raise CacheDamaged(f"{path} is damaged ({error}); delete it, and it is built again") from error


def inventory() -> list[CachedItem]:
    """All that is cached, by kind and name; builds under way are not in it."""
    items = []
    for path in sorted(cache_dir().glob("*/[!.]*")):
        if named := _NAMED.fullmatch(path.name):
            size = sum(file.stat().st_size for file in _files(path))
            items.append(CachedItem(path.parent.name, named["name"], named["digest"], size, path))
    return items


def _make_folder(folder: Path) -> None:
    """Some folders let nobody write, whatever their modes say, and a lock there would be waited for without end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        if error.errno in _FULL:
            raise
        raise OSError(error.errno, f"nothing can be written there ({error.strerror})", str(folder)) from error


def _is_full(error: BaseException, folder: Path) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return isinstance(error, Exception) and shutil.disk_usage(folder).free < _FULL_BYTES


def _files(path: Path) -> list[Path]:
    return [file for file in sorted(path.rglob("*")) if file.is_file()] if path.is_dir() else [path]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    for file in _files(path):
        _sync_one(file)
    if path.is_dir():
        _sync_one(path)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
