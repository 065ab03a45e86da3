"""The world of `agent_envs/WikiSearch-v0`: an archive, its search, and questions over it, built at first use."""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from agent_envs.envs.search_task import SearchTask
from agent_envs.envs.wiki_search import notes
from agent_envs.snapshots.cache import build_once, cache_path, reading
from agent_envs.snapshots.progress import progress_bar
from agent_envs.tasks import Split, TaskSet

from .archive import Archive
from .atlas.build import ATLAS_UUID, GRAPH_DIGEST, build_atlas
from .encyclopedia import IndexKind, Wikipedia
from .graph_from_zim import build_graph
from .graph_store import GraphStore
from .questions.make import make_tasks

GRAPH_VERSION = 1
"""Raise it when the same archive gives another graph."""
TASKS_VERSION = 1
"""Raise it when the same graph gives other questions, or a visit shows other passages."""
TASKS = 3000
ATLAS = "atlas"
SPLITS = ("all", *get_args(Split))
_building = threading.RLock()


def open_world(
    *, archive: str | Path = ATLAS, tasks: str | Path | TaskSet[SearchTask] = "train", index: IndexKind = "tantivy"
) -> dict[str, Any]:
    """The encyclopedia and the tasks that `WikiSearch` takes.

    Args:
        archive: Path of a ZIM file, or ``atlas`` for the embedded encyclopedia.
        tasks: Which split of the questions generated from the archive (``train``, ``validation``, ``test``, ``all``), a
            file that `TaskSet.save` wrote, or a task set.
        index: ``tantivy`` searches an index that is built once per archive; ``zim`` the archive's own, at once.

    Raises:
        ArchiveError: The archive is missing or damaged.
        CacheFull: What is built does not fit on the disk.
        CacheDamaged: What was built cannot be read.
        ValueError: An unknown index, neither a split nor a file of tasks, or an archive that gives no question.
    """
    with _building:
        if not isinstance(archive, str | Path):
            raise ValueError(f"archive={archive!r}: give the path of a ZIM file, or 'atlas'")
        path, graph = _atlas() if str(archive) == ATLAS else (Path(archive).absolute(), None)
        book = _book(path, index, path.stat().st_mtime_ns if path.exists() else 0)
        return {"book": book, "tasks": tasks if isinstance(tasks, TaskSet) else _tasks(book, graph, str(tasks))}


def _atlas() -> tuple[Path, Path]:
    """The atlas and its graph."""
    folder = cache_path("wikipedia-atlas", ATLAS, _digest(ATLAS_UUID + GRAPH_DIGEST))
    with progress_bar("writing the atlas") as progress:
        build_once(folder, lambda path: build_atlas(path, progress))
    with reading(folder):
        Archive(folder / "atlas.zim")
        GraphStore(folder / "graph.duckdb")
    return folder / "atlas.zim", folder / "graph.duckdb"


@lru_cache(maxsize=8)
def _book(path: Path, index: IndexKind, modified_ns: int) -> Wikipedia:
    """The encyclopedia, kept open: `modified_ns` tells a file that was replaced from the one that was opened."""
    with progress_bar(f"indexing {path.name}") as progress:
        return Wikipedia(path, index, progress)


def _tasks(book: Wikipedia, graph: Path | None, tasks: str) -> TaskSet[SearchTask]:
    if tasks in SPLITS:
        return _split(book, graph, tasks)
    if not Path(tasks).is_file():
        raise ValueError(f"tasks={tasks!r} is no file and none of {', '.join(SPLITS)}")
    return TaskSet.load(Path(tasks).stem, Path(tasks), SearchTask)


@lru_cache(maxsize=32)
def _split(book: Wikipedia, graph: Path | None, split: str) -> TaskSet[SearchTask]:
    """The questions of an archive, made once; the graph is made from the archive where it brings none."""
    if split != "all":
        return _split(book, graph, "all").split(cast(Split, split))
    name = ATLAS if graph else book.archive.name
    made_from = f"{book.digest} {TASKS_VERSION} {GRAPH_DIGEST if graph else GRAPH_VERSION}"
    target = cache_path("wikipedia-tasks", name, _digest(made_from), ".jsonl")

    def build(path: Path) -> None:
        store = GraphStore(graph or _graph(book, name))
        with progress_bar(f"making questions on {name}") as progress:
            make_tasks(store, book, notes, name=name, count=TASKS, progress=progress).save(path)

    build_once(target, build)
    with reading(target):
        return TaskSet.load(name, target, SearchTask)


def _graph(book: Wikipedia, name: str) -> Path:
    digest = _digest(f"{book.archive.content_digest} {GRAPH_VERSION}")
    with progress_bar(f"reading the facts of {name}") as progress:

        def build(path: Path) -> None:
            build_graph(book.archive, path, progress)

        return build_once(cache_path("wikipedia-graph", name, digest, ".duckdb"), build)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
