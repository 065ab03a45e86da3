"""A full-text index beside an archive: a field with the title three times and the text, built once into the cache."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

import tantivy

from agent_envs.envs.encyclopedia import Hit, Page
from agent_envs.snapshots.cache import build_once, cache_path, reading

from .archive import Archive
from .page import PAGE_VERSION, parse_page
from .snippet import best_snippet, choosing_words, snippet_pieces

Progress = Callable[[int, int], None]

INDEX_VERSION = 1  # raise it when the same page is indexed or searched in another way
MAX_TERMS = 64
MAX_NAME_WORDS = 8
NAME_WEIGHT = 1.0
_QUERY_CHARS = 20_000
_HEAP_BYTES = 128 << 20
_BATCH_CHARS = 32 << 20
_ANALYZER = "words"


class SearchIndex:
    """An index that was built, open for searching; one object serves many threads.

    A page matches by any word of the query and is ranked by BM25; a page whose whole title stands in the query gets
    the weight of those words on top, else the long article on a country is buried under short ones that name it. There
    is no stemming, so that every language is treated alike, and no query syntax: words are looked up as they are.

    Args:
        folder: What `build_index` made.
    """

    def __init__(self, folder: Path) -> None:
        index = tantivy.Index.open(str(folder))
        self._schema = index.schema
        self._searcher = index.searcher()
        self._pages = self._searcher.num_docs
        self._analyzer = _analyzer()

    def search(self, query: str, k: int) -> list[Hit]:
        """At most `k` pages, the best first and those of equal score by path; never raises.

        Of a query with more than 64 different words the 64 rarest count.
        """
        words = self._analyzer.analyze(query[:_QUERY_CHARS].encode("utf-8", "ignore").decode())
        weights = self._weights(words)
        if not weights or k < 1:
            return []
        term, should = tantivy.Query.term_query, tantivy.Occur.Should
        clauses = [(should, term(self._schema, "text", word, "freq")) for word in weights]
        queries = [tantivy.Query.boolean_query(clauses)]
        if names := self._names(words[:MAX_TERMS]):
            # A query of its own, over the few pages of these names: within the first one it would cost all its speed.
            bonus = {name: NAME_WEIGHT * sum(weights.get(word, 0.0) for word in name.split()) for name in names}
            named = [
                (should, tantivy.Query.const_score_query(term(self._schema, "name", name, "basic"), bonus[name]))
                for name in names
            ]
            queries.append(
                tantivy.Query.boolean_query([(tantivy.Occur.Must, tantivy.Query.boolean_query(named)), *clauses])
            )
        scores: dict[tuple[int, int], tuple[float, tantivy.DocAddress]] = {}
        for each in queries:
            for score, at in self._searcher.search(each, k, count=False).hits:
                scores[at.segment_ord, at.doc] = score, at  # the second, which counts the name too, is the higher one
        best = sorted(scores.items(), key=lambda item: (-item[1][0], item[0]))[:k]
        shown = sorted((-score, self._shown(at)) for _, (score, at) in best)
        choosing = choosing_words(weights)
        return [Hit(title, path, best_snippet(pieces, choosing)) for _, (path, title, *pieces) in shown]

    def _weights(self, words: list[str]) -> dict[str, float]:
        """The words that some page has, with their inverse document frequency."""
        frequencies = {word: self._searcher.doc_freq("text", word) for word in dict.fromkeys(words)}
        known = [word for word, frequency in frequencies.items() if frequency]
        if len(known) > MAX_TERMS:
            known = sorted(known, key=frequencies.__getitem__)[:MAX_TERMS]
        return {word: math.log1p(self._pages / frequencies[word]) for word in known}

    def _names(self, words: list[str]) -> list[str]:
        """The titles that stand in a query."""
        ends = range(1, MAX_NAME_WORDS + 1)
        phrases = (" ".join(words[start : start + length]) for start in range(len(words)) for length in ends)
        return [phrase for phrase in dict.fromkeys(phrases) if self._searcher.doc_freq("name", phrase)]

    def _shown(self, at: tantivy.DocAddress) -> list[str]:
        """Path, title and snippet pieces of a page."""
        stored: bytes = self._searcher.doc(at)["shown"][0]
        return stored.decode().split("\n")


def open_index(archive: Archive, progress: Progress | None = None) -> SearchIndex:
    """The index of an archive, built into the cache if it is not there.

    Args:
        archive: What to search.
        progress: Called while building with the number of articles done and their expected number.

    Raises:
        ArchiveError: An article cannot be read.
        CacheFull: The disk is full.
        CacheDamaged: The index in the cache cannot be read.
    """
    target = cache_path("wikipedia-index", archive.name, index_digest(archive))
    build_once(target, lambda folder: build_index(archive, folder, progress))
    with reading(target):
        return SearchIndex(target)


def index_digest(archive: Archive) -> str:
    """Digest of all that decides what a search in the index finds, in hexadecimal."""
    facts = f"{archive.content_digest} page {PAGE_VERSION} index {INDEX_VERSION} tantivy {version('tantivy')}"
    return hashlib.blake2b(facts.encode(), digest_size=16).hexdigest()


def build_index(archive: Archive, folder: Path, progress: Progress | None = None) -> None:
    """Index every article of an archive into a new folder, in a memory of a few hundred megabytes whatever its size.

    One thread adds the articles in the order of their paths, and merging ends before more are added: the segments, and
    with them the order of equal scores, are the same each time.
    """
    folder.mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_text_field("name", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("shown", stored=True)
    index = tantivy.Index(builder.build(), path=str(folder))
    analyzer = _analyzer()
    index.register_tokenizer(_ANALYZER, analyzer)
    total = archive.article_count
    done = 0
    for batch in _batches(archive):
        writer = index.writer(_HEAP_BYTES, num_threads=1)
        for page in batch:
            writer.add_document(_document(page, analyzer))
            done += 1
            if progress is not None:
                progress(done, max(total, done))
        writer.commit()
        writer.wait_merging_threads()
    if progress is not None:
        progress(done, done)


def _batches(archive: Archive) -> Iterable[Iterable[Page]]:
    """The parsed articles, in runs that fit into the writer's memory; each run is to be read before the next."""
    articles = map(archive.html, archive.article_paths())
    pages = (parse_page(article.html, article.path, article.title) for article in articles)
    ended = False

    def run() -> Iterable[Page]:
        nonlocal ended
        chars = 0
        for page in pages:
            yield page
            chars += sum(len(section.text) for section in page.sections)
            if chars >= _BATCH_CHARS:
                return
        ended = True

    while not ended:
        yield run()


def _document(page: Page, analyzer: tantivy.TextAnalyzer) -> tantivy.Document:
    document = tantivy.Document()
    for title in dict.fromkeys((page.title, re.sub(r"\s*\([^()]*\)$", "", page.title))):  # "Ray" finds "Ray (film)"
        document.add_text("name", " ".join(analyzer.analyze(title)))
    sections = (line for section in page.sections for line in section)
    document.add_text("text", "\n".join((page.title, page.title, page.title, *sections)))
    document.add_bytes("shown", "\n".join((page.path, page.title, *snippet_pieces(page))).encode())
    return document


def _analyzer() -> tantivy.TextAnalyzer:
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for each in (tantivy.Filter.remove_long(64), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
        words = words.filter(each)
    return words.build()
