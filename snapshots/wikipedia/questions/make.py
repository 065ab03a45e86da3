"""Tasks from a graph: shapes drawn in turn, worded, proved, and kept where they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from agent_envs.envs.encyclopedia import Encyclopedia, Page
from agent_envs.envs.search_task import SearchTask
from agent_envs.snapshots.wikipedia.graph_store import GraphStore
from agent_envs.tasks import TaskSet

from .dice import Dice
from .index import Graph
from .names import Reading
from .proof import Prover
from .shapes import SHAPES, Sampler, Shape
from .splits import answer_of, split_of
from .wording import question, reads_well

TRIES = 2_000  # throws in a row without a new question, after which a shape is taken to be used up


def make_tasks(
    store: GraphStore,
    book: Encyclopedia,
    shows: Callable[[Page, str], str],
    *,
    name: str,
    count: int,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> TaskSet[SearchTask]:
    """Questions with exactly one answer in the whole graph, each solved once with the encyclopedia's own tools.

    The first tasks are the same however many are asked for, and hold all shapes, so that a prefix is a fair sample.

    Args:
        store: The graph.
        book: The encyclopedia that the graph describes.
        shows: What a visit of a page with a goal shows.
        name: Name of the set and first part of the ids.
        count: At most so many tasks; a small graph gives fewer.
        seed: Another seed, other questions.
        progress: Called with the number of tasks made and `count`.

    Raises:
        ValueError: The count is below 1, or the graph gives no task at all.
    """
    if count < 1:
        raise ValueError(f"count={count} is below 1; ask for at least one task")
    maker = TaskMaker(store, book, shows, name=name, seed=seed)
    tasks: list[SearchTask] = []
    while len(tasks) < count and (task := maker.next()) is not None:
        tasks.append(task)
        if progress is not None:
            progress(len(tasks), count)
    if not tasks:
        raise ValueError(
            f"{store.path} gives no question with exactly one answer ({dict(maker.drops)}); its graph is too small"
        )
    return TaskSet(name, tasks)


class TaskMaker:
    """Makes tasks one after the other, and counts why throws gave none.

    Args:
        store, book, shows, name, seed: As for `make_tasks`.
    """

    def __init__(
        self, store: GraphStore, book: Encyclopedia, shows: Callable[[Page, str], str], *, name: str, seed: int
    ) -> None:
        self._graph = Graph(store)
        self._sampler = Sampler(self._graph)
        self._prover = Prover(self._graph, book, shows)
        self._name, self._seed = name, seed
        self._open = list(SHAPES)
        self._made = 0
        self._taken: set[object] = set()
        self.drops: Counter[str] = Counter()

    def next(self) -> SearchTask | None:
        """The next task, or None when the graph is used up."""
        dice = Dice(self._seed, self._made)
        while self._open:
            shape_name = self._open[dice.below(len(self._open))]
            for _ in range(TRIES):
                if (task := self._try(shape_name, dice)) is not None:
                    self._made += 1
                    return task
            self._open.remove(shape_name)
        return None

    def _try(self, shape_name: str, dice: Dice) -> SearchTask | None:
        graph = self._graph
        shape = self._sampler.draw(shape_name, dice)
        if not isinstance(shape, Shape):
            self.drops[shape] += 1
            return None
        text = question(graph, shape, dice)
        task = None
        if shape in self._taken or text in self._taken:
            self.drops["repeated"] += 1
        elif not reads_well(graph, shape):
            self.drops["hard to read"] += 1
        elif self._leaks(shape, text):
            self.drops["leak"] += 1
        elif (proof := self._prover.prove(shape, text)) is None:
            self.drops["not surfaced"] += 1
        else:
            evidence, steps = proof
            task = SearchTask(
                id=f"{self._name}-{self._made:05d}",
                instruction=text,
                split=split_of(graph, shape.answer),
                difficulty=len(shape.moves),
                answer=answer_of(graph, shape.answer, shape.moves[-1].fact),
                kind=shape.name,
                evidence=evidence,
                steps=steps,
            )
            self._sampler.keep(shape)
        self._taken.update((shape, text))
        return task

    def _leaks(self, shape: Shape, text: str) -> bool:
        """Whether the question names its answer, or a node between the start and the answer."""
        graph, reading = self._graph, Reading(text)
        hidden = {graph.ends(move)[1] for move in shape.moves}
        return any(reading.mentions(name) for node in hidden for name in graph.names(node))
