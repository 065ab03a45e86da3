"""Worlds with tasks that are small enough to be read, and environments over them: a lending desk, and a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent_envs.envs.domain_task import DomainTask, Move, Persona, Script, Want
from agent_envs.envs.repo_task import RepoTask
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.envs.workbench import Workbench
from agent_envs.messages import ToolCall
from agent_envs.sandbox import available
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.snapshots.repositories.repository_set import RepositorySet
from agent_envs.tasks import TaskSet

from ..snapshots.repositories.ledger import write_ledger

FOLDER = Path(__file__).parent / "lending"
FIND = partial(ToolCall.of, "find_book")


def lending_tasks(books: dict[str, str], loan: str, persona: Persona) -> TaskSet[DomainTask]:
    """Four tasks: to act, to learn, to refuse, and one in which the user acts too."""
    lend, again = (ToolCall.of("lend", book_id=books[title], reader_id="R-7") for title in ("Dune", "Ulysses"))
    due, back = "2026-03-15", ToolCall.of("give_back", loan_id=loan)
    ask, propose = "What is your reader number?", "Shall I lend Dune to you, reader R-7?"
    return TaskSet(
        "lending",
        [
            DomainTask(
                id="lend",
                instruction="Borrow Dune.",
                script=Script(
                    (
                        Want("I would like to borrow Dune.", "act", (due,)),
                        Want("How many copies of Emma are there?", "learn", ("1 copy",)),
                    ),
                    (("reader_number", "R-7"),),
                    persona,
                ),
                plan=(
                    ask,
                    FIND(title="Dune"),
                    propose,
                    lend,
                    f"It has been lent to you until {due}.",
                    FIND(title="Emma"),
                    "There is 1 copy.",
                ),
                moves=(Move("agent", lend),),
                parts=("state", "communicated", "policy"),
                told=(due, "1 copy"),
                confirmed=("lend",),
            ),
            DomainTask(
                id="learn",
                instruction="How many copies of Dune are there?",
                script=Script((Want("How many copies of Dune do you have?", "learn", ("2 copies",)),), (), persona),
                plan=(FIND(title="Dune"), "There are 2 copies."),
                moves=(Move("agent", FIND(title="Dune")),),
                parts=("state", "communicated", "called"),
                told=("2 copies",),
            ),
            DomainTask(
                id="refuse",
                instruction="Borrow Ulysses, of which no copy is left.",
                script=Script((Want("I would like to borrow Ulysses.", "refused"),), (), persona),
                plan=(FIND(title="Ulysses"), "I cannot lend Ulysses: no copy is left.", "I cannot."),
                moves=(Move("agent", FIND(title="Ulysses")),),
                parts=("state", "called"),
            ),
            DomainTask(
                id="both",
                instruction="Give Ulysses back, and borrow it again.",
                script=Script(
                    (Want("I have Ulysses here and want it for two weeks more.", "act", (due,)),),
                    (("reader_number", "R-7"),),
                    persona,
                    (("return box", back),),
                ),
                plan=(
                    ask,
                    "Please put it into the return box.",
                    "Shall I lend it to you again?",
                    again,
                    f"Done, it is yours until {due}.",
                ),
                moves=(Move("user", back), Move("agent", again)),
                parts=("state", "communicated", "policy"),
                told=(due,),
                confirmed=("lend",),
            ),
        ],
    )


@pytest.fixture
def make_lending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ToolDomain]:
    """Makes the environment over the lending desk of the tests' own folder."""
    monkeypatch.setenv("AGENT_ENVS_CACHE", str(tmp_path))
    world = DomainWorld(load_domain(FOLDER))
    books = {row["title"]: row["book_id"] for row in world.database().rows("SELECT title, book_id FROM books")}
    loan = world.database().scalar("SELECT loan_id FROM loans")

    def make(persona: Persona = "plain", **kwargs: Any) -> ToolDomain:
        return ToolDomain(world, lending_tasks(books, loan, persona), AgendaUser(), **kwargs)

    return make


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> RepositorySet:
    """A repository with two tasks on it."""
    if not any(backend.isolates and not backend.missing for backend in available()):
        pytest.skip("; ".join(f"{backend.name}: {backend.missing}" for backend in available() if backend.missing))
    return RepositorySet(write_ledger(tmp_path_factory.mktemp("ledger")))


@pytest.fixture
def begin(ledger: RepositorySet) -> Iterator[Callable[..., RepoTask]]:
    """Begins an episode on the ledger; its sandbox is closed afterwards."""
    with ExitStack() as stack:

        def made(seed: int = 0, **kwargs: Any) -> RepoTask:
            env = RepoTask(ledger, ledger.tasks, **{"dialect": "openai", **kwargs})
            stack.callback(env.close)
            env.reset(seed=seed)
            return env

        yield made


@pytest.fixture
def bench(ledger: RepositorySet) -> Iterator[Workbench]:
    """The tree of the ledger's first task."""
    bench = Workbench(ledger)
    bench.begin(ledger.tasks[0])
    yield bench
    bench.close()
