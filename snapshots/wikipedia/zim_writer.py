"""Writes a ZIM archive whose bytes depend on nothing but its content."""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from libzim.writer import Creator, Hint, Item, StringProvider

_CLUSTER_BYTES = 256 * 1024  # small clusters: reading one article decompresses little
_UUID_BYTES = 16
_MD5_BYTES = 16
_CHECKSUM_PLACE = 72  # in the header: where the MD5 of all bytes before it stands
_COPY_BYTES = 1 << 20
_XAPIAN_MAGIC = b"\x0f\x0dXapian Glass"


class Article(NamedTuple):
    """One article: its path, its title, its HTML in UTF-8."""

    path: str
    title: str
    html: bytes


class _Item(Item):  # type: ignore[misc]  # libzim has no types
    """An article as libzim takes it."""

    def __init__(self, article: Article) -> None:
        super().__init__()
        self._article = article

    def get_path(self) -> str:
        return self._article.path

    def get_title(self) -> str:
        return self._article.title

    def get_mimetype(self) -> str:
        return "text/html"

    def get_contentprovider(self) -> StringProvider:
        return StringProvider(self._article.html)

    def get_hints(self) -> dict[Hint, int]:
        return {Hint.FRONT_ARTICLE: True, Hint.COMPRESS: True}


def write_zim(
    target: Path,
    articles: Iterable[Article],
    metadata: Mapping[str, str],
    main_path: str,
    redirects: Iterable[tuple[str, str, str]] = (),
) -> None:
    """Write an archive with a title index and an English full-text index.

    Articles are taken one by one and are not kept. The same input gives the same bytes: libzim works in one thread, and
    the random identifiers that it puts in are replaced by ones that are derived from the content.

    Args:
        target: The ``.zim`` file to write.
        articles: The articles.
        metadata: The archive's metadata; ``Date`` must be among them, or libzim would put today's.
        main_path: Path of the article that readers see first.
        redirects: Path, title and target path of other names of articles.

    Raises:
        ValueError: There is no ``Date``.
        RuntimeError: libzim cannot write the file; it says why.
    """
    if "Date" not in metadata:
        raise ValueError(f"the metadata must have a 'Date', such as '2026-01-31'; they have {sorted(metadata)}")
    content = hashlib.blake2b(digest_size=3 * _UUID_BYTES)
    creator = Creator(target)
    creator.config_indexing(True, "eng").config_nbworkers(1).config_clustersize(_CLUSTER_BYTES)
    creator.set_mainpath(main_path)
    with _finished_silently(creator):
        for article in articles:
            for part in (article.path.encode(), article.title.encode(), article.html):
                content.update(struct.pack("<Q", len(part)) + part)
            creator.add_item(_Item(article))
        for path, title, goal in redirects:
            content.update(repr((path, title, goal)).encode())
            creator.add_redirection(path, title, goal, {Hint.FRONT_ARTICLE: False})
        for name, value in metadata.items():
            content.update(repr((name, value)).encode())
            creator.add_metadata(name, value)
    _replace_identifiers(target, content.digest())


@contextmanager
def _finished_silently(creator: Creator) -> Iterator[None]:
    """The creator, started and finished; what libzim prints while it finishes does not reach the standard output."""
    creator.__enter__()
    yield
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        creator.__exit__(None, None, None)
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _replace_identifiers(path: Path, digest: bytes) -> None:
    """Put parts of a digest in the place of the UUIDs of the file and of its two indexes, and renew its checksum."""
    uuids = [digest[start : start + _UUID_BYTES] for start in range(0, len(digest), _UUID_BYTES)]
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        places, start = [8], data.find(_XAPIAN_MAGIC)
        while start >= 0:
            places.append(start + 16)
            start = data.find(_XAPIAN_MAGIC, start + 1)
        if len(places) != len(uuids):
            raise RuntimeError(
                f"{path} has {len(places) - 1} indexes, not 2; this version of libzim writes another form"
            )
        for place, uuid in zip(places, uuids, strict=True):
            data[place : place + _UUID_BYTES] = uuid
        (end,) = struct.unpack_from("<Q", data, _CHECKSUM_PLACE)
        checksum = hashlib.md5(usedforsecurity=False)
        for start in range(0, end, _COPY_BYTES):
            checksum.update(data[start : min(start + _COPY_BYTES, end)])
        data[end : end + _MD5_BYTES] = checksum.digest()
