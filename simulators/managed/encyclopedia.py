"""Encyclopedias that are looked after, and encyclopedias that fail on purpose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeGuard

from agent_envs.envs.encyclopedia import Encyclopedia, Hit, Page, Section

from .faulty import Faulty
from .managed import Managed


class ManagedEncyclopedia(Managed[Encyclopedia]):
    """An encyclopedia for `WikiSearch` whose failures the agent does not see; its parameters are those of `Managed`.

    Raises:
        ValueError: The fallback has another digest, or a number makes no sense.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fallback is not None and self.fallback.digest != self.backend.digest:
            raise ValueError(
                f"the fallback is another encyclopedia ({self.fallback.digest!r}, not {self.backend.digest!r}) and "
                "would answer otherwise; give a copy, or give it as the substitute"
            )

    @property
    def digest(self) -> str:
        """That of the encyclopedia, for the answers are the same; with a substitute they may not be: then of both."""
        own = self.backend.digest
        return own if self.substitute is None else f"{own} or {self.substitute.digest}"

    def search(self, query: str, k: int) -> Sequence[Hit]:
        """At most `k` hits, best first.

        Raises:
            Fault: Nobody answers.
        """
        return self.call(are_hits, "search", query, k)

    def read(self, path: str) -> Page:
        """The page at a path, a title or a relative link.

        Raises:
            PageNotFound: There is none, or it cannot be read as text.
            Fault: Nobody answers.
        """
        return self.call(is_page, "read", path)


class FaultyEncyclopedia(Faulty[Encyclopedia]):
    """An encyclopedia that fails on purpose; its digest does not."""

    @property
    def digest(self) -> str:
        """That of the backend."""
        return self.backend.digest

    def search(self, query: str, k: int) -> Sequence[Hit]:
        """The hits, or what comes instead."""
        answer: Sequence[Hit] = self.call("search", query, k)
        return answer

    def read(self, path: str) -> Page:
        """The page, or what comes instead."""
        answer: Page = self.call("read", path)
        return answer


def are_hits(answer: object) -> TypeGuard[Sequence[Hit]]:
    """Whether something is what a search answers, down to the texts in it."""
    return isinstance(answer, list | tuple) and all(isinstance(hit, Hit) and _texts(hit) for hit in answer)


def is_page(answer: object) -> TypeGuard[Page]:
    """Whether something is a page, down to the texts of its sections."""
    return (
        isinstance(answer, Page)
        and _texts((answer.title, answer.path))
        and all(isinstance(section, Section) and _texts(section) for section in answer.sections)
    )


def _texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)
