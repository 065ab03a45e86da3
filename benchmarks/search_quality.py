"""Search quality: how often an article that is known is among the first five results, asked for in three ways.

    python benchmarks/search_quality.py ARCHIVE.zim... [--queries 500] [--index tantivy --index zim]

``title`` asks for the article's title, ``sentence`` for one of its sentences that no other article has (behind the lead
where there are any), and ``question`` for its title and five words from the middle of its lead in a question's form.
Articles are taken at equal steps; archives with fewer than enough give several sentences and questions each. Articles
that share a title are all right for it.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from agent_envs.envs.encyclopedia import Page
from agent_envs.snapshots.wikipedia.archive import Archive
from agent_envs.snapshots.wikipedia.encyclopedia import Wikipedia
from agent_envs.snapshots.wikipedia.page import parse_page

FIRST = 5
FORMS = (
    "What is known about {title}?",
    "Who or what is {title}, of which one reads: {words}?",
    "which article is about {words} and {title}",
    "Where can I find more on {title}: {words}?",
)


def sentences(page: Page) -> list[str]:
    """Sentences of 40 to 300 characters, those behind the lead first where there are any."""
    found = []
    for section in page.sections[1:] + page.sections[:1]:
        if section.heading != "Infobox":
            for line in section.text.split("\n"):
                found += [text for text in re.split(r"(?<=[.!?])\s+", line) if 40 <= len(text) <= 300]
    return found


def queries(archive: Archive, wanted: int) -> Iterator[tuple[str, str, str]]:
    """Kind, text and the path that is sought."""
    articles = (archive.html(path) for path in archive.article_paths())
    pages = [parse_page(article.html, article.path, article.title) for article in articles]
    holders = Counter(sentence for page in pages for sentence in set(sentences(page)))
    chosen = pages[:: max(1, len(pages) // wanted)]
    rounds = -(-wanted // len(chosen))
    for page in chosen:
        yield "title", page.title, page.path
        own = [sentence for sentence in sentences(page) if holders[sentence] == 1]
        for turn in range(min(rounds, len(own))):
            yield "sentence", own[(2 * turn + 1) * len(own) // (2 * rounds)], page.path
        lead = re.findall(r"\w+", page.sections[0].text if page.sections else "")
        for turn in range(rounds):
            start = max(0, len(lead) // 2 - 5 * turn)
            form = FORMS[turn % len(FORMS)] if rounds > 1 else FORMS[len(page.path) % len(FORMS)]
            yield "question", form.format(title=page.title, words=" ".join(lead[start : start + 5])), page.path


def measure(path: Path, index: str, wanted: int) -> dict[str, object]:
    """Recall by kind of query, with the number of queries, and the times of a search in microseconds."""
    archive = Archive(path)
    with Progress(transient=True, console=Console(stderr=True)) as bar:
        task = bar.add_task(f"index of {path.name}")
        started = time.perf_counter()
        book = Wikipedia(
            archive, "zim" if index == "zim" else "tantivy", lambda done, of: bar.update(task, completed=done, total=of)
        )
        open_s = time.perf_counter() - started
    asked: dict[str, int] = {}
    right: dict[str, int] = {}
    times_us = []
    for kind, text, sought in queries(archive, wanted):
        started = time.perf_counter()
        hits = book.search(text, FIRST)
        times_us.append((time.perf_counter() - started) * 1e6)
        asked[kind] = asked.get(kind, 0) + 1
        same = any(hit.path == sought or (kind == "title" and hit.title == text) for hit in hits)
        right[kind] = right.get(kind, 0) + same
    times_us.sort()
    return {
        "archive": path.name,
        "index": index,
        "queries": asked,
        "recall_at_5": {kind: round(right[kind] / asked[kind], 4) for kind in asked},
        "p50_us": round(times_us[len(times_us) // 2], 1),
        "p99_us": round(times_us[int(len(times_us) * 0.99)], 1),
        "open_s": round(open_s, 2),
    }


def main(
    archives: list[Path],
    index: Annotated[list[str], typer.Option(help="kinds of index: tantivy, zim")] = ["tantivy", "zim"],  # noqa: B006
    queries: Annotated[int, typer.Option(help="queries of each kind, at least, where there are so many")] = 500,
) -> None:
    """Print one table and one JSON line."""
    table = Table("archive", "index", "title", "sentence", "question", "p50 µs", "p99 µs", "open s")
    results = []
    for path in archives:
        for kind in index:
            result = measure(path, kind, queries)
            results.append(result)
            recall, asked = result["recall_at_5"], result["queries"]
            assert isinstance(recall, dict) and isinstance(asked, dict)
            cells = [f"{recall[name]:.3f} of {asked[name]}" for name in ("title", "sentence", "question")]
            table.add_row(path.name, kind, *cells, *(str(result[name]) for name in ("p50_us", "p99_us", "open_s")))
    Console(width=140).print(table)
    print(json.dumps({"benchmark": "search_quality", "results": results}))


if __name__ == "__main__":
    typer.run(main)
