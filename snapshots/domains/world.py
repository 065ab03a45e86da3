"""The world of `ToolDomain`: a domain at one size and seed, its proved tasks, and the user who comes with them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast, get_args

from agent_envs.envs.domain_grade import ColumnPolicy
from agent_envs.envs.domain_task import DomainTask
from agent_envs.envs.tool_domain import User
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.cache import build_once, cache_path, reading
from agent_envs.snapshots.progress import progress_bar
from agent_envs.tasks import Split, TaskSet
from agent_envs.tools import Toolbox

from .compose import composed
from .domain import Domain, load_domain
from .draft import Draft
from .episode import EpisodeDatabase
from .proof import Proof, prove

TASKS_VERSION = 3
"""Raise it when the same domain gives other tasks, or they are proved in another way."""
TASKS_A_SHAPE = 40
SPLITS = ("all", *get_args(Split))


class DomainWorld:
    """The domain of an environment.

    Args:
        domain: The domain.
        rows: Rows of all tables together, about; None is the domain's own number.
        seed: Names the snapshot.
    """

    def __init__(self, domain: Domain, rows: int | None = None, seed: int = 0) -> None:
        self.domain = domain
        self.columns: Mapping[str, ColumnPolicy] = domain.columns
        self.policy: str = domain.policy
        self.tools: Toolbox[Any] = domain.tools
        self.user_tools: Toolbox[Any] = domain.user_tools
        rows = domain.rows if rows is None else rows
        self._image, self._warehouse = domain.image(rows, seed), domain.warehouse(rows, seed)
        self._content = domain.snapshot(rows, seed).manifest.content_digest if self._warehouse else ""

    @cached_property
    def digest(self) -> str:
        """Digest of the snapshot, the domain's code, the tools as the model sees them, the policy and the time."""
        tools = (*self.tools.schemas, *self.user_tools.schemas)
        code = _code_digest(self.domain.folder)
        columns, now = sorted(self.columns.items()), self.domain.clock.isoformat()
        facts = (self._image.digest, self._content, code, tools, self.policy, columns, now)
        return hashlib.blake2b(repr(facts).encode(), digest_size=16).hexdigest()

    def database(self) -> EpisodeDatabase:
        """The database of a new episode."""
        return EpisodeDatabase(self._image, self.domain.clock, warehouse=self._warehouse)


def open_world(
    *,
    domain: str | Path | Domain = "shop",
    tasks: str | Path | TaskSet[DomainTask] = "train",
    user: User | None = None,
    rows: int | None = None,
    world_seed: int = 0,
) -> dict[str, Any]:
    """The domain, the tasks and the user that `ToolDomain` takes.

    Args:
        domain: Name of an embedded domain, or the folder of any other, or a domain that was loaded.
        tasks: Which split of the domain's own tasks (``train``, ``validation``, ``test``, ``all``), a file that
            `TaskSet.save` wrote, or a task set.
        user: Who plays the customers; None is the agenda-based user.
        rows: Rows of all tables together, about; None is the domain's own number.
        world_seed: Names the snapshot; another seed, other rows and tasks.

    Raises:
        DomainError: The domain's folder cannot be used; names file and line.
        ValueError: Neither a split nor a file of tasks, or a domain without tasks.
    """
    world = _world(domain if isinstance(domain, Domain) else load_domain(domain), rows, world_seed)
    player = user or AgendaUser()
    if isinstance(tasks, TaskSet):
        return {"domain": world, "tasks": tasks, "user": player}
    if str(tasks) in SPLITS:
        return {"domain": world, "tasks": _split(world, str(tasks)), "user": player}
    if not Path(tasks).is_file():
        raise ValueError(f"tasks={str(tasks)!r} is no file and none of {', '.join(SPLITS)}")
    return {"domain": world, "tasks": TaskSet.load(Path(tasks).stem, Path(tasks), DomainTask), "user": player}


def open_dialogues(
    *,
    domain: str | Path | Domain = "shop",
    tasks: str | Path | TaskSet[DomainTask] = "train",
    user: User | None = None,
    rows: int | None = None,
    world_seed: int = 0,
) -> dict[str, Any]:
    """The domain, the dialogues and the user that `FunctionCall` takes; otherwise as `open_world`."""
    opened = open_world(domain=domain, tasks=tasks, user=user, rows=rows, world_seed=world_seed)
    return {"domain": opened["domain"], "dialogues": opened["tasks"], "user": opened["user"]}


def proofs(
    domain: str | Path | Domain, *, rows: int | None = None, world_seed: int = 0
) -> Iterator[tuple[DomainTask, Proof]]:
    """Every task that a domain could give, each with its proof; those whose proof holds are given.

    Args:
        domain: As in `open_world`.
        rows: As in `open_world`.
        world_seed: As in `open_world`.

    Raises:
        DomainError: As `open_world`.
    """
    return _proved(_world(domain if isinstance(domain, Domain) else load_domain(domain), rows, world_seed))


@lru_cache(maxsize=16)
def _world(domain: Domain, rows: int | None, seed: int) -> DomainWorld:
    return DomainWorld(domain, rows, seed)


@lru_cache(maxsize=64)
def _split(world: DomainWorld, split: str) -> TaskSet[DomainTask]:
    """The tasks of a domain, made and proved once."""
    if split != "all":
        return _split(world, "all").split(cast(Split, split))
    name = world.domain.name
    digest = hashlib.blake2b(f"{world.digest} {TASKS_VERSION}".encode()).hexdigest()
    target = cache_path("domain-tasks", name, digest, ".jsonl")

    def build(path: Path) -> None:
        with progress_bar(f"proving tasks of {name}") as progress:
            kept = []
            for done, (task, proof) in enumerate(_proved(world), 1):
                progress(done, done)
                if proof.holds:
                    kept.append(task)
        TaskSet(name, kept).save(path)

    build_once(target, build)
    with reading(target):
        return TaskSet.load(name, target, DomainTask)


def _proved(world: DomainWorld) -> Iterator[tuple[DomainTask, Proof]]:
    return ((task, prove(world, AgendaUser(), task)) for task in _tasks(world))


def _code_digest(folder: Path) -> str:
    """Digest of the domain's code, on which the tasks and their proofs depend."""
    code = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.glob("*.py")):
        code.update(path.name.encode() + path.read_bytes())
    return code.hexdigest()


def _tasks(world: DomainWorld) -> Iterator[DomainTask]:
    """The tasks of a domain, so many of each shape, in an order that any prefix samples fairly."""
    database, domain = world.database(), world.domain
    drafts = [
        (subject.name, draft)
        for subject in domain.subjects(database)
        for draft in composed(database, domain.tools, domain.user_tools, subject)
    ]
    database.close()

    def place(entry: tuple[str, Draft]) -> bytes:
        return hashlib.blake2b(f"{entry[0]} {entry[1].shape}".encode(), digest_size=8).digest()

    counts: Counter[str] = Counter()
    for subject, draft in sorted(drafts, key=place):
        counts[draft.shape] += 1
        if counts[draft.shape] <= TASKS_A_SHAPE:
            yield draft.task(f"{domain.name}-{sum(counts.values()):05d}", subject, domain.tools, domain.user_tools)
