"""What an encyclopedia is to the environment that searches it: hits, pages, and two methods."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import msgspec

from agent_envs.envs.passages import Passages


class Hit(NamedTuple):
    """One result of a search.

    Args:
        title: Title of the article.
        path: What `Encyclopedia.read` takes to open it.
        snippet: A few words of its text, one line.
    """

    title: str
    path: str
    snippet: str


class Section(NamedTuple):
    """A heading (empty for the lead) and the paragraphs under it, one a line."""

    heading: str
    text: str


class Link(NamedTuple):
    """A link to another article of the same archive: the words that carry it, and its path."""

    text: str
    path: str


class InfoboxRow(NamedTuple):
    """One row of an infobox: its label, its text (several values one a line), and the links in it."""

    label: str
    text: str
    links: tuple[Link, ...]


class Page(msgspec.Struct, frozen=True, dict=True):
    """An article as clean text.

    Args:
        title: Title of the article.
        path: Its path after all redirects.
        sections: The lead first, then each heading in its order; an infobox is the section ``Infobox``, a row a line.
        links: Links to other articles, in the order of the text, each target once.
        infobox: The rows of its infoboxes.
    """

    title: str
    path: str
    sections: tuple[Section, ...]
    links: tuple[Link, ...] = ()
    infobox: tuple[InfoboxRow, ...] = ()

    @cached_property
    def passages(self) -> Passages:
        """The page cut into passages; kept with the page, because it is read with many goals."""
        return Passages(self.sections)


class PageNotFound(KeyError):
    """The encyclopedia has no such page: the agent's mistake, told to it in words."""

    def __str__(self) -> str:
        return str(self.args[0])


class Encyclopedia(Protocol):
    """Articles that can be searched and read; the same query always gives the same hits in the same order."""

    @property
    def digest(self) -> str:
        """Digest of the content and of the way it is searched: equal digests, equal answers."""

    def search(self, query: str, k: int) -> Sequence[Hit]:
        """At most `k` hits, best first; any text is a query, nothing found is empty.

        Raises:
            Fault: The encyclopedia itself failed.
        """

    def read(self, path: str) -> Page:
        """The page at a path, a title or a relative link.

        Raises:
            PageNotFound: There is none, or it cannot be read as text.
            Fault: The encyclopedia itself failed.
        """
