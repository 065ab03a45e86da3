"""What the tests share: a tiny encyclopedia held in memory, an environment over it, and the folder of real files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent_envs.answers import Answer
from agent_envs.envs.encyclopedia import Hit, Page, PageNotFound, Section
from agent_envs.envs.search_task import SearchTask, Step
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.tasks import TaskSet

REAL_DATA = Path(__file__).parents[2] / "shared" / "data" / "zim"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real archives that nobody here wrote."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real archives are not there: {REAL_DATA}")
    return REAL_DATA


class TinyBook:
    """An encyclopedia of three pages: a real one, only small."""

    digest = "tiny"

    def __init__(self) -> None:
        texts = {
            "Danube": "The Danube is a river. It flows through Vienna and Budapest.\nIts length is 2,850 km.",
            "Vienna": "Vienna is the capital of Austria. It lies on the Danube.",
            "Austria": "Austria is a country in Europe. Its highest point is the Grossglockner, 3,798 m.",
        }
        self.pages = {title: Page(title, title, (Section("", text),)) for title, text in texts.items()}

    def search(self, query: str, k: int) -> Sequence[Hit]:
        words = query.casefold().split()
        scored = [
            (-sum(word in page.sections[0].text.casefold() for word in words), title)
            for title, page in self.pages.items()
        ]
        return [Hit(title, title, self.pages[title].sections[0].text[:60]) for score, title in sorted(scored) if score][
            :k
        ]

    def read(self, path: str) -> Page:
        if path not in self.pages:
            raise PageNotFound(f"there is no page {path[:100]!r}")
        return self.pages[path]


def tiny_tasks() -> TaskSet[SearchTask]:
    """Two questions over the tiny book."""
    steps = (Step("search", "Vienna"), Step("visit", "capital", "Vienna"), Step("visit", "highest point", "Austria"))
    return TaskSet(
        "tiny",
        [
            SearchTask(
                id="tiny-0",
                instruction="What is the highest point of the country whose capital is Vienna?",
                difficulty=2,
                answer=Answer(kind="text", value="Grossglockner", aliases=("Großglockner",)),
                kind="chain-2",
                evidence=(),
                steps=steps,
            ),
            SearchTask(
                id="tiny-1",
                instruction="How long is the river on which Vienna lies?",
                difficulty=2,
                answer=Answer(kind="number", value="2,850", unit="km"),
                kind="chain-2",
                evidence=(),
                steps=(Step("search", "river Vienna"), Step("visit", "length", "Danube")),
            ),
        ],
    )


@pytest.fixture
def make_tiny() -> Callable[..., WikiSearch]:
    """Makes the environment over the tiny book."""

    def make(**kwargs: Any) -> WikiSearch:
        return WikiSearch(TinyBook(), tiny_tasks(), **kwargs)

    return make
