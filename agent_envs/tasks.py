"""Tasks: an instruction and its hidden truth, frozen, in a stable order, under one content digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Generic, Literal, TypeVar, overload

import msgspec

Split = Literal["train", "validation", "test"]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent is asked and what only the grader knows; each family of environments adds its own truth.

    Args:
        id: Name that is unique in its task set, for example ``atlas-00012``.
        instruction: What the agent reads.
        split: Which part of the set it belongs to.
        difficulty: Number of facts, calls or edits that the shortest solution needs.
    """

    id: str
    instruction: str
    split: Split = "train"
    difficulty: int = 1


T = TypeVar("T", bound=Task)


class TaskSet(Sequence[T], Generic[T]):
    """An ordered collection of tasks of one type, with a digest of all that they hold.

    Args:
        name: What the set is called, for messages.
        tasks: The tasks, in their order.

    Raises:
        ValueError: No task at all, or two of one id.
    """

    def __init__(self, name: str, tasks: Iterable[T]) -> None:
        self.name = name
        self._tasks = tuple(tasks)
        self._by_id = {task.id: task for task in self._tasks}
        if not self._tasks:
            raise ValueError(f"the task set {name!r} is empty")
        if len(self._by_id) != len(self._tasks):
            raise ValueError(f"the task set {name!r} holds {len(self._tasks) - len(self._by_id)} repeated ids")
        self.digest = hashlib.blake2b(self._lines(), digest_size=16).hexdigest()

    def __len__(self) -> int:
        return len(self._tasks)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._tasks[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._tasks)

    def __repr__(self) -> str:
        return f"TaskSet({self.name!r}, {len(self)} tasks, {self.digest})"

    def named(self, task_id: str) -> T:
        """The task of this id.

        Raises:
            KeyError: No such task; the message names one that exists.
        """
        try:
            return self._by_id[task_id]
        except KeyError:
            raise KeyError(
                f"no task {task_id!r} among the {len(self)} of {self.name!r}; they are named like {self[0].id!r}"
            ) from None

    def split(self, name: Split) -> TaskSet[T]:
        """The tasks of one split, in their order.

        Raises:
            ValueError: The split is empty; the message names those that are not.
        """
        chosen = [task for task in self if task.split == name]
        if not chosen:
            there = sorted({task.split for task in self})
            raise ValueError(f"{self.name!r} has no task of split {name!r}, but of {', '.join(there)}")
        return TaskSet(f"{self.name}/{name}", chosen)

    def save(self, path: Path) -> None:
        """Write the tasks as JSON lines."""
        path.write_bytes(self._lines())

    @classmethod
    def load(cls, name: str, path: Path, task_type: type[T]) -> TaskSet[T]:
        """Read what `save` wrote.

        Raises:
            ValueError: A line that is not a task of this type, named by its number.
        """
        decoder = msgspec.json.Decoder(task_type)
        tasks: list[T] = []
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                tasks.append(decoder.decode(line))
            except msgspec.MsgspecError as error:
                raise ValueError(f"{path}:{number}: not a {task_type.__name__}: {error}") from error
        return cls(name, tasks)

    def _lines(self) -> bytes:
        encode = msgspec.json.Encoder(order="deterministic").encode
        return b"".join(encode(task) + b"\n" for task in self._tasks)
