"""Searching with the indexes that an archive brings along: for one so large that nobody waits for an index of ours."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Protocol

import libzim.search
import libzim.suggestion
import libzim.version

from agent_envs.envs.encyclopedia import Hit, PageNotFound

from .archive import Archive
from .page import PAGE_VERSION, parse_page
from .snippet import best_snippet, choosing_words, snippet_pieces

ZIM_SEARCH_VERSION = 1  # raise it when the same query finds other pages
WORDS = 14  # with as many pairs but one and the whole query in both indexes: 29 searches at most
TITLE_WEIGHT = 8.0
SCANNED_TITLES = 200_000
_DEPTH = 20  # results that each search adds to the union
_CANDIDATES = 50  # pages of the union whose titles are compared with the query
_HEAD_BYTES = 64 << 10  # enough of an article for its snippet
_QUERY_CHARS = 20_000
_WORD = re.compile(r"\w+(?:['’.&-]\w+)*")


class _Search(Protocol):
    """What libzim answers to a query, in its full-text index or among its titles."""

    def getEstimatedMatches(self) -> int: ...
    def getResults(self, start: int, count: int) -> Iterable[str]: ...


_Engine = Callable[[str], _Search]


class ZimSearch:
    """Search over an archive's own full-text index, its title index, or its bare titles, whichever it has.

    These indexes find only pages that hold every word, which questions do not survive. So the results of many searches
    are united: of the whole query, of its longest words and of neighbours among them, each weighted by its words'
    inverse document frequencies over the rank. Pages whose title is in the query then rise. An archive without a
    full-text index is searched by its title index and then by the words of its first 200,000 titles.

    Args:
        archive: What to search. One object serves many threads, and forked processes.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._local = threading.local()
        self._main_path = archive.main_path
        self._shown = lru_cache(maxsize=1024)(self._read_shown)

    @property
    def digest(self) -> str:
        """Digest of all that decides what a search finds, in hexadecimal."""
        facts = (
            f"{self._archive.content_digest} page {PAGE_VERSION} zim {ZIM_SEARCH_VERSION} "
            f"libzim {libzim.version.get_libzim_version()}"
        )
        return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()

    def search(self, query: str, k: int) -> list[Hit]:
        """At most `k` pages, the best first and those of equal weight by path.

        Raises:
            ArchiveError: The archive is damaged.
        """
        text = query[:_QUERY_CHARS].encode("utf-8", "ignore").decode().lower()
        words = list(dict.fromkeys(_WORD.findall(text)))
        hits: dict[str, Hit] = {}
        if words and k > 0:
            choosing = choosing_words({word: float(len(word)) for word in words})  # the longest, which are rare
            for path in self._paths(words):
                if (shown := self._shown(path)) is not None and shown[0] not in hits:
                    canonical, title, pieces = shown
                    hits[canonical] = Hit(title, canonical, best_snippet(pieces, choosing))
                if len(hits) == k:
                    break
        return list(hits.values())

    def _paths(self, words: list[str]) -> Iterator[str]:
        """Paths, best first; some may be redirects, lead to one page, or to none."""
        with self._archive.reading("the search index"):
            engines = self._engines()
            if engines:
                yield from self._ranked(engines, words)
        if not self._archive.zim.has_fulltext_index:
            yield from self._scanned(words)

    def _ranked(self, engines: list[_Engine], words: list[str]) -> list[str]:
        """The union of what the indexes find, pages whose title is in the query before others."""
        weights, idf = _united(engines, words, self._archive.article_count)
        best = sorted(weights, key=lambda path: (-weights[path], path))
        for path in best[:_CANDIDATES]:
            title = _WORD.findall(self._archive.title(path).lower())
            common = [idf.get(word, 0.5) for word in title if word in words]
            if common:
                weights[path] += TITLE_WEIGHT * sum(common) * len(common) / len(title)
        return sorted(best, key=lambda path: (-weights[path], path))

    def _engines(self) -> list[_Engine]:
        """The archive's searchers, of this thread and this process: libzim's are shared by neither."""
        if getattr(self._local, "pid", None) != os.getpid():
            zim = self._archive.zim
            engines: list[_Engine] = []
            if zim.has_fulltext_index:
                searcher = libzim.search.Searcher(zim)
                engines.append(lambda text: searcher.search(libzim.search.Query().set_query(text)))
            if zim.has_title_index:
                engines.append(libzim.suggestion.SuggestionSearcher(zim).suggest)
            self._local.engines, self._local.pid = engines, os.getpid()
        found: list[_Engine] = self._local.engines
        return found

    def _scanned(self, words: list[str]) -> list[str]:
        """Paths of the articles whose titles hold a word, those of most weight first."""
        holders = {word: [path for path, title in self._titles if word in title] for word in words[:WORDS]}
        weights: dict[str, float] = {}
        for holding in holders.values():
            for path in holding:
                weights[path] = weights.get(path, 0.0) + _idf(len(self._titles), len(holding))
        return sorted(weights, key=lambda path: (-weights[path], path))

    @cached_property
    def _titles(self) -> list[tuple[str, frozenset[str]]]:
        paths = itertools.islice(self._archive.article_paths(), SCANNED_TITLES)
        return [(path, frozenset(_WORD.findall(self._archive.title(path).lower()))) for path in paths]

    def _read_shown(self, path: str) -> tuple[str, str, list[str]] | None:
        """Path after redirects, title and snippet pieces of an article; None for what is no article."""
        try:
            article = self._archive.html(path)
        except PageNotFound:
            return None
        if article.path == self._main_path:
            return None
        page = parse_page(article.html[:_HEAD_BYTES], article.path, article.title)
        return article.path, article.title, snippet_pieces(page)


def _united(engines: list[_Engine], words: list[str], pages: int) -> tuple[dict[str, float], dict[str, float]]:
    """The weights of the paths that any search finds, and the inverse document frequencies of the words it knows."""
    engine = engines[0]
    longest = sorted(words, key=len, reverse=True)[:WORDS]
    singles = {word: engine(word) for word in words if word in longest}
    frequencies = {word: search.getEstimatedMatches() for word, search in singles.items()}
    idf = {word: _idf(pages, frequency) for word, frequency in frequencies.items() if frequency}
    searches = [(idf[word], singles[word]) for word in idf]
    searches += [(idf[one] + idf[two], engine(f"{one} {two}")) for one, two in itertools.pairwise(idf)]
    searches += [(2 * sum(idf.values()), each(" ".join(words))) for each in engines]
    weights: dict[str, float] = {}
    for weight, search in searches:
        for rank, path in enumerate(search.getResults(0, _DEPTH), 1):
            weights[path] = weights.get(path, 0.0) + weight / rank
    return weights, idf


def _idf(pages: int, frequency: int) -> float:
    return math.log1p(max(pages - frequency, 0) / (frequency + 0.5))
