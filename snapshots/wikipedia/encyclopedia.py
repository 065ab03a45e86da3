"""An offline Wikipedia: a ZIM archive that can be searched and read, shared by all episodes of a process."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from weakref import WeakValueDictionary

from agent_envs.envs.encyclopedia import Hit, Page
from agent_envs.outcome import Fault

from .archive import Archive, ArchiveError
from .index import Progress, index_digest, open_index
from .page import parse_page
from .zim_search import ZimSearch

IndexKind = Literal["tantivy", "zim"]

CACHED_CHARS = 4_000_000


class Wikipedia:
    """An `Encyclopedia` over a ZIM file. Objects for one file share one open world in each process.

    It may be pickled, and used from many threads and in forked processes: each process opens the file anew.

    Args:
        archive: The archive, or the path of its ``.zim`` file.
        index: ``tantivy`` searches an index of ours, which is built into the cache at first use; ``zim`` searches the
            indexes in the archive, at once, but less well on questions.
        progress: Called while an index is built with the number of articles done and their expected number.

    Raises:
        ArchiveError: The archive is missing or damaged.
        CacheFull: The index does not fit on the disk.
        ValueError: No such kind of index.
    """

    def __init__(
        self,
        archive: Archive | str | os.PathLike[str],
        index: IndexKind = "tantivy",
        progress: Progress | None = None,
    ) -> None:
        if index not in ("tantivy", "zim"):
            raise ValueError(f"index={index!r}: give 'tantivy' or 'zim'")
        self.archive = archive if isinstance(archive, Archive) else Archive(archive)
        self.index = index
        self._world = _open_world(self.archive, index, progress)
        self.archive = self._world.archive

    def __reduce__(self) -> tuple[type[Wikipedia], tuple[Archive, IndexKind]]:
        return Wikipedia, (self.archive, self.index)

    def __repr__(self) -> str:
        return f"Wikipedia({str(self.archive.path)!r}, index={self.index!r})"

    @property
    def digest(self) -> str:
        """Digest of the content, of the way pages are read and of the way they are searched."""
        return self._world.digest

    def search(self, query: str, k: int) -> list[Hit]:
        """At most `k` hits, best first; any text is a query, nothing found is empty.

        Raises:
            Fault: The archive turns out to be damaged.
        """
        with _damage_is_a_fault():
            return self._world.searcher.search(query, k)

    def read(self, path: str) -> Page:
        """The page at a path, a title or a relative link.

        Raises:
            PageNotFound: There is none.
            Fault: The archive turns out to be damaged there.
        """
        with _damage_is_a_fault():
            return self._world.read(path)


class _World:
    """What the objects for one archive share: the file, the searcher, and the pages that were read last."""

    def __init__(self, archive: Archive, index: IndexKind, progress: Progress | None) -> None:
        self.archive = archive
        zim = ZimSearch(archive) if index == "zim" else None
        self.searcher = zim or open_index(archive, progress)
        self.digest = zim.digest if zim is not None else index_digest(archive)
        self._pages: OrderedDict[str, tuple[Page, int]] = OrderedDict()
        self._chars = 0
        self._lock = threading.Lock()

    def read(self, path: str) -> Page:
        with self._lock:
            if path in self._pages:
                self._pages.move_to_end(path)
                return self._pages[path][0]
        article = self.archive.html(path)
        page = parse_page(
            article.html, article.path, article.title, lambda href: self.archive.resolve(href, article.path)
        )
        chars = sum(len(section.text) for section in page.sections)
        with self._lock:
            if page.path not in self._pages:
                self._pages[page.path] = page, chars
                self._chars += chars
            while self._chars > CACHED_CHARS and len(self._pages) > 1:
                self._chars -= self._pages.popitem(last=False)[1][1]
        return page


@contextmanager
def _damage_is_a_fault() -> Iterator[None]:
    """Damage that is found in the middle of an episode is no mistake of the agent."""
    try:
        yield
    except ArchiveError as error:
        raise Fault(str(error), origin="infra") from error


_worlds: WeakValueDictionary[tuple[str, str, str], _World] = WeakValueDictionary()
_worlds_lock = threading.Lock()


def _open_world(archive: Archive, index: IndexKind, progress: Progress | None) -> _World:
    key = str(archive.path), archive.content_digest, index
    with _worlds_lock:
        world = _worlds.get(key)
        if world is None:
            world = _worlds[key] = _World(archive, index, progress)
        return world
