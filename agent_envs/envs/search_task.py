"""A question over an encyclopedia, with its answer, its evidence and the steps that find it."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent_envs.answers import Answer
from agent_envs.tasks import Task


class Evidence(msgspec.Struct, frozen=True):
    """One fact that the answer rests on, and the path of the article that states it."""

    subject: str
    relation: str
    value: str
    source: str


class Step(msgspec.Struct, frozen=True):
    """One call of the solution: a search for `text`, or a visit of `path` with `text` as its goal."""

    tool: Literal["search", "visit"]
    text: str
    path: str = ""


class SearchTask(Task, frozen=True, kw_only=True):
    """A question with exactly one right answer in the whole graph.

    Args:
        answer: The hidden truth.
        kind: Shape of the question, such as ``chain-3`` or ``intersection-2``.
        evidence: The facts it rests on, in the order of the reasoning.
        steps: Searches and visits that surface every one of them.
    """

    answer: Answer
    kind: str
    evidence: tuple[Evidence, ...]
    steps: tuple[Step, ...]
