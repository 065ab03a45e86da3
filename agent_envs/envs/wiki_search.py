"""Multi-hop questions over an encyclopedia: search it, visit its pages, answer; right or wrong."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from msgspec import Meta

from agent_envs.dialects import Dialect
from agent_envs.limits import Limits, at_least_one
from agent_envs.messages import Action, ToolCall, assistant
from agent_envs.tasks import TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4, name_of
from agent_envs.tools import Toolbox, tool

from .answer_loop import AnswerLoop
from .encyclopedia import Encyclopedia, Page, PageNotFound
from .search_task import SearchTask
from .tool_loop import Grade

SEPARATOR = "\n=======\n"
NO_EVIDENCE = "no passage speaks of the goal"
LIMIT_LINKS = 20
SYSTEM = (
    "You answer questions with the help of an offline encyclopedia. Search it and visit its pages until you have read "
    "every fact that the answer rests on. The answer is short: a name, a number with its unit, or a date."
)


class Desk(NamedTuple):
    """What the tools work on: the encyclopedia, and how much of it they show."""

    book: Encyclopedia
    hits: int
    limit_evidence_tokens: int
    count_tokens: TokenCounter


@tool
def search(
    desk: Desk,
    query: Annotated[
        list[Annotated[str, Meta(description="A few words or a question.")]],
        Meta(description="What to search for; each query is answered on its own.", min_length=1, max_length=10),
    ],
) -> str:
    """Search the encyclopedia. For each query you get the titles, links and snippets of the best matching pages."""
    return SEPARATOR.join(_results(desk, text) for text in query)


@tool
def visit(
    desk: Desk,
    url: Annotated[
        Annotated[list[str], Meta(min_length=1, max_length=10)] | str,
        Meta(description="The link of a page as the search gave it, or several of them."),
    ],
    goal: Annotated[str, Meta(description="What you want to learn there.")],
) -> str:
    """Read pages with a goal in mind. You get the lead of each, the passages that best match the goal, and links."""
    urls = [url] if isinstance(url, str) else url
    return SEPARATOR.join(_visited(desk, one, goal) for one in urls)


class WikiSearch(AnswerLoop[SearchTask]):
    """A question with one right answer, and an encyclopedia in which every step to it can be read.

    The loop is that of ReAct in the form of Tongyi DeepResearch; where that calls a model to extract what a page says
    about the goal, passages are chosen by their words here, so that the same call always shows the same.

    Args:
        book: The encyclopedia.
        tasks: The questions.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent; the forced answer comes on top.
        limit_calls: Tool calls that are executed.
        limit_tokens: Size of the context.
        forced_answer: At a limit, ask for an answer and grant one last turn for it.
        hits: Results of a query.
        limit_evidence_tokens: Text of a page that a visit shows, besides its lead.
        count_tokens: How tokens are counted.

    Raises:
        ValueError: A limit below 1, or an unknown dialect.
    """

    name: ClassVar[str] = "WikiSearch-v0"

    def __init__(
        self,
        book: Encyclopedia,
        tasks: TaskSet[SearchTask],
        *,
        dialect: str | Dialect = "hermes",
        limit_turns: int = Limits().turns,
        limit_calls: int = Limits().calls,
        limit_tokens: int = Limits().tokens,
        forced_answer: bool = True,
        hits: int = 10,
        limit_evidence_tokens: int = 800,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        at_least_one("hits", hits)
        at_least_one("limit_evidence_tokens", limit_evidence_tokens)
        limits = Limits(turns=limit_turns, calls=limit_calls, tokens=limit_tokens)
        super().__init__(
            tasks,
            Toolbox((search, visit)),
            Desk(book, hits, limit_evidence_tokens, count_tokens),
            system=SYSTEM,
            dialect=dialect,
            limits=limits,
            forced_answer=forced_answer,
            count_tokens=count_tokens,
        )

    def grade(self, task: SearchTask, answer: str) -> Grade:
        """1 for the answer however it is spelled, 0 for everything else."""
        right = task.answer.matches(answer)
        detail = "" if right else f"the answer is {task.answer.value!r}, not {answer[:200]!r}"
        return Grade({"answer": float(right)}, float(right), right, detail)

    def solution(self) -> tuple[Action, ...]:
        """The task's searches and visits, then its answer."""
        calls = (
            ToolCall.of("search", query=[step.text])
            if step.tool == "search"
            else ToolCall.of("visit", url=step.path, goal=step.text)
            for step in self.task.steps
        )
        answer = f"{self.task.answer.value} {self.task.answer.unit}".strip()
        return (*(assistant(calls=(call,)) for call in calls), assistant(answer=answer))

    def world_digest(self) -> str:
        """The encyclopedia's digest, and what decides how it is shown."""
        desk, limits = self.world, f"{self.limits} {self.forced_answer}"
        shown = f"{desk.hits} {desk.limit_evidence_tokens} {self.dialect.name} {limits} {name_of(self.count_tokens)}"
        return f"{desk.book.digest} {shown}"


def notes(page: Page, goal: str, limit_tokens: int = 800, count_tokens: TokenCounter = bytes_over_4) -> str:
    """What a visit shows of a page: its lead, the passages that best match the goal, and the links in these.

    Args:
        page: The page.
        goal: What the reader wants to know.
        limit_tokens: Tokens of passages, besides the lead.
        count_tokens: How tokens are counted.
    """
    best = page.passages.best(goal, limit_tokens, count_tokens)
    shown = [f"{passage.heading + ': ' if passage.heading else ''}{passage.text}" for passage in best]
    text = "\n".join((page.passages.lead, *shown))
    links = [f"[{link.text}]({link.path})" for link in page.links if link.text in text][:LIMIT_LINKS]
    lines = [f"Lead: {page.passages.lead}", "Evidence:", *(f"- {line}" for line in shown or (NO_EVIDENCE,))]
    return "\n".join((*lines, f"Links: {', '.join(links)}") if links else lines)


def _results(desk: Desk, query: str) -> str:
    hits = desk.book.search(query, desk.hits)
    shown = " ".join(query.split())[:200]
    if not hits:
        return f'No results for "{shown}". Try fewer or more general words.'
    lines = [f'Results for "{shown}": {len(hits)}']
    for number, hit in enumerate(hits, 1):
        lines.append(f"{number}. [{hit.title}]({hit.path})\n{hit.snippet}")
    return "\n".join(lines)


def _visited(desk: Desk, url: str, goal: str) -> str:
    head = f"Goal: {' '.join(goal.split())[:500]}"
    try:
        page = desk.book.read(url)
    except PageNotFound as error:
        return f"Page: {url[:200]}\n{head}\nThis page cannot be read: {error}."
    return (
        f"Page: {page.title} ({page.path})\n{head}\n{notes(page, goal, desk.limit_evidence_tokens, desk.count_tokens)}"
    )
