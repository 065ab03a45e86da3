"""A ZIM archive: its articles and redirects by path, of the old and the new namespace scheme alike."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import libzim.reader

from agent_envs.envs.encyclopedia import PageNotFound

MAX_HOPS = 8
_LISTING = "listing/titleOrdered/v1"  # entry numbers of the front articles, 4 bytes each, in the new scheme
_EXTERNAL = re.compile(r"//|[a-zA-Z][a-zA-Z0-9+.-]*://|(?:mailto|tel|geo|data|javascript):")


class ArchiveError(ValueError):
    """The archive is missing, is no ZIM file, or is damaged."""


class Html(NamedTuple):
    """An article as the archive holds it: its path after all redirects, its title, its HTML."""

    path: str
    title: str
    html: bytes


class Archive:
    """An open ZIM file. One object serves many threads; copies for other processes reopen the file.

    Opening checks the header and the tables, not every byte: a full checksum reads the whole file, which may have
    a hundred gigabytes. A damaged article is found when it is read.

    Args:
        path: The ``.zim`` file.

    Raises:
        ArchiveError: Missing, a directory, not a ZIM file, truncated or damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).absolute()
        self._lock = threading.Lock()
        self._open()

    def __reduce__(self) -> tuple[type[Archive], tuple[Path]]:
        return Archive, (self.path,)

    def __repr__(self) -> str:
        return f"Archive({str(self.path)!r})"

    @property
    def zim(self) -> libzim.reader.Archive:
        """The archive of libzim, reopened in a forked process, which must not share a file position with its parent."""
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._open()
        return self._zim

    @property
    def content_digest(self) -> str:
        """Digest of the content, in hexadecimal.

        A ZIM file ends in the MD5 of all its other bytes, so that sum stands for the content and nothing needs to be
        read; the size and the file's own UUID guard against a sum that its maker got wrong.
        """
        facts = f"{self.zim.uuid} {self.zim.checksum} {self.zim.filesize}"
        return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()

    @property
    def name(self) -> str:
        """What the archive calls itself, fit for a file name; it moves with the content, unlike the file's name."""
        for key in ("Name", "Title"):
            if key in self.zim.metadata_keys:
                with self.reading(f"the metadata {key}"):
                    text = bytes(self.zim.get_metadata(key)).decode("utf-8", "replace")
                if name := re.sub(r"[^A-Za-z0-9_]+", "-", text).strip("-")[:60]:
                    return name
        return "archive"

    @property
    def main_path(self) -> str | None:
        """Path of a main page that only lists the others, as Kiwix archives have: ``index`` or ``Main_Page``."""
        with self.reading("the main page"):
            if not self.zim.has_main_entry:
                return None
            entry = self._follow(self.zim.main_entry)
        if entry is None or entry.path.removeprefix("A/") not in ("index", "Main_Page"):
            return None
        return str(entry.path)

    def article_paths(self) -> Iterator[str]:
        """Paths of the articles, in the order of paths: pages that stand on their own, no redirects, no main page.

        Raises:
            ArchiveError: The archive is damaged.
        """
        main = self.main_path
        for number in self._numbers():
            with self.reading(f"entry {number}"):
                entry = self.zim._get_entry_by_id(number)
                if entry.is_redirect or entry.path == main or not self._is_article(entry):
                    continue
            yield entry.path

    def redirects(self) -> Iterator[tuple[str, str]]:
        """Each redirect that ends at an article, with the article's path, in the order of paths.

        Raises:
            ArchiveError: The archive is damaged.
        """
        for number in range(self.zim.entry_count if self.zim.has_new_namespace_scheme else self.zim.all_entry_count):
            with self.reading(f"entry {number}"):
                entry = self.zim._get_entry_by_id(number)
                target = self._follow(entry) if entry.is_redirect else None
            if target is not None:
                yield entry.path, target.path

    @property
    def article_count(self) -> int:
        """About how many articles there are, known without reading them: what the archive says, else its entries."""
        return int(self.zim.article_count or self.zim.entry_count)

    def html(self, path: str) -> Html:
        """The article at a path, a title or a relative link, after at most 8 redirects.

        Raises:
            PageNotFound: No such article, or redirects that do not end.
            ArchiveError: The archive is damaged there.
        """
        for spelling in _spellings(path):
            with self.reading(f"the article {path!r}"):
                if (entry := self._find(spelling)) is not None:
                    return Html(entry.path, entry.title, bytes(entry.get_item().content))
        raise PageNotFound(f"no page {path[:200]!r}; pages are named by the paths that a search returns")

    def title(self, path: str) -> str:
        """The title of the entry at an exact path, empty where there is none: indexes outlive what they name."""
        with self.reading(f"the title of {path!r}"), suppress(KeyError):
            return str(self.zim.get_entry_by_path(path).title)
        return ""

    def resolve(self, href: str, base: str = "") -> str | None:
        """The path of the article that a link leads to, after redirects, or None where it leads elsewhere.

        Args:
            href: The link as the HTML has it.
            base: Path of the article that carries the link.
        """
        if not href or href[0] == "#" or _EXTERNAL.match(href):
            return None
        target = href.partition("#")[0]
        folder = posixpath.dirname(base)
        for spelling in dict.fromkeys((unquote(target), unquote(target.partition("?")[0]), target)):
            joined = posixpath.normpath(posixpath.join("/", folder, spelling)).lstrip("/")
            # Old pages in a new archive still say ../A/Title or /wiki/Title; "A/" is the namespace of old articles.
            for path in dict.fromkeys((joined, re.sub(r"^(?:A|wiki)/", "", joined))):
                with self.reading(f"the link {href!r}"):
                    entry = self._find(path)
                if entry is not None:
                    return str(entry.path)
        return None

    def _open(self) -> None:
        if not self.path.exists():
            raise ArchiveError(f"no archive at {self.path}; give the path of a ZIM file")
        if self.path.is_dir():
            raise ArchiveError(f"{self.path} is a directory; give the path of the ZIM file in it")
        with self.path.open("rb") as file:
            start = file.read(4)
        if start != b"ZIM\x04":
            raise ArchiveError(f"{self.path} is not a ZIM file: it starts with {start!r}, not with b'ZIM\\x04'")
        try:
            self._zim = libzim.reader.Archive(self.path)
            checksummed = self._zim.has_checksum and bool(self._zim.checksum)
        except (RuntimeError, UnicodeDecodeError) as error:  # libzim's message may quote the damage
            raise ArchiveError(f"{self.path} is truncated or damaged ({error}); download or build it again") from error
        if not checksummed:
            raise ArchiveError(f"{self.path} has no checksum, by which its content is known; build it again")
        self._pid = os.getpid()

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Turn the errors of libzim within into an `ArchiveError` that names what could not be read."""
        try:
            yield
        except (RuntimeError, UnicodeDecodeError) as error:
            raise ArchiveError(
                f"{self.path} is damaged: {what} cannot be read ({error}); download or build the archive again"
            ) from error

    def _numbers(self) -> range | array[int]:
        """Numbers of the entries among which the articles are, ascending, which is the order of paths."""
        zim = self.zim
        if not zim.has_new_namespace_scheme:
            return range(zim.all_entry_count)
        # The articles' own numbers come first; behind them are a few entries of metadata, the listing among the last.
        for number in range(zim.all_entry_count - 1, zim.entry_count - 1, -1):
            try:
                entry = zim._get_entry_by_id(number)
                front = bytes(entry.get_item().content) if entry.path == _LISTING else b""
            except (
                RuntimeError,
                UnicodeDecodeError,
            ):  # a damaged entry among the metadata says nothing about the articles
                continue
            if front:
                return array("I", sorted(array("I", front)))
        return range(zim.entry_count)

    def _is_article(self, entry: libzim.reader.Entry) -> bool:
        if not self.zim.has_new_namespace_scheme and not entry.path.startswith("A/"):
            return False
        return bool(entry.get_item().mimetype.startswith("text/html"))

    def _find(self, path: str) -> libzim.reader.Entry | None:
        """The article at an exact path, or of an exact title, after redirects."""
        for look_up in (self.zim.get_entry_by_path, self.zim.get_entry_by_title) if path else ():
            with suppress(KeyError):
                if (entry := self._follow(look_up(path))) is not None:
                    return entry
        return None

    def _follow(self, entry: libzim.reader.Entry) -> libzim.reader.Entry | None:
        """The article at the end of the redirects, or None: too many of them, or no article."""
        for _ in range(MAX_HOPS + 1):
            if not entry.is_redirect:
                return entry if self._is_article(entry) else None
            entry = entry.get_redirect_entry()
        return None


def _spellings(path: str) -> Iterator[str]:
    """The ways in which a path may be meant, most literal first."""
    path = path.encode("utf-8", "ignore").decode().replace("\0", "")
    bare = re.sub(r"^(?:\.{0,2}/)+", "", path.strip())
    cut = bare.partition("#")[0]
    literal = dict.fromkeys((path, bare, unquote(bare), cut, unquote(cut)))
    spaced = dict.fromkeys(text for each in literal for text in (each, each.replace(" ", "_"), each.replace("_", " ")))
    for each in spaced:
        yield from dict.fromkeys((each, each.removeprefix("A/"), each[:1].upper() + each[1:]))
