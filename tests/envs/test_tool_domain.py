from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from agent_envs.conformance import check
from agent_envs.envs.domain_task import DomainTask, Move, Persona, Script, Want
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.messages import ToolCall, assistant
from agent_envs.outcome import Outcome, StopReason
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.domain import load_domain
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.tasks import TaskSet

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
                script=Script(
                    (Want("I would like to borrow Ulysses.", "refused"),), (("reader_number", "R-7"),), persona
                ),
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


Make = Callable[..., ToolDomain]


@pytest.mark.parametrize("dialect", ["hermes", "openai"])
@pytest.mark.parametrize("persona", get_args(Persona))
def test_the_oracle_reaches_one_with_every_persona(make_lending: Make, persona: Persona, dialect: str) -> None:
    env = make_lending(persona, dialect=dialect)
    for seed in range(8):
        played = rollout(env, oracle, seed)
        assert played.outcome is not None
        assert (played.reward, played.outcome.reason) == (1.0, StopReason.USER_STOP), (played.task, played.outcome)


def test_it_keeps_the_contract(make_lending: Make) -> None:
    assert check(make_lending, seeds=(0, 1, 2, 3)).problems == ()


def end(env: ToolDomain, task: str, *turns: Any) -> Outcome:
    """How the dialogue ends when the agent takes these turns."""
    env.reset(seed=0, options={"task": task})
    info: dict[str, Any] = {}
    for turn in turns:
        *_, info = env.step(turn if isinstance(turn, str) else assistant(calls=(turn,)))
    outcome: Outcome = info["outcome"]
    return outcome


def plan(env: ToolDomain, task: str) -> list[Any]:
    return list(env.tasks.named(task).plan)


def test_a_write_before_the_user_agreed_loses_the_policy(make_lending: Make) -> None:
    env = make_lending()
    ask, find, propose, lend, *rest = plan(env, "lend")
    outcome = end(env, "lend", ask, find, lend, propose, *rest)
    assert outcome.parts == {"state": 1.0, "communicated": 1.0, "policy": 0.0}
    assert outcome.detail == "lend wrote before the user agreed"


def test_another_row_loses_the_state_and_is_named(make_lending: Make) -> None:
    env = make_lending()
    *before, lend, told, find, copies = plan(env, "lend")
    wrong = ToolCall.of("lend", **{**msgspec.json.decode(lend.arguments), "reader_id": "R-8"})
    outcome = end(env, "lend", *before, wrong, told, find, copies)
    assert outcome.reward == 0.0
    assert "reader_id 'R-8'" in outcome.detail


def test_a_value_that_was_not_said_loses_the_communication(make_lending: Make) -> None:
    env = make_lending()
    outcome = end(env, "learn", FIND(title="Dune"), "I cannot say.", "I really cannot.")
    assert outcome.parts == {"state": 1.0, "communicated": 0.0, "called": 1.0}
    assert outcome.detail == "the user was not told '2 copies'"


def test_one_call_too_many_loses_what_only_the_calls_can_tell(make_lending: Make) -> None:
    env = make_lending()
    outcome = end(env, "learn", FIND(title="Emma"), FIND(title="Dune"), "There are 2 copies.")
    assert outcome.parts["called"] == 0.0


def test_a_call_that_fails_leaves_the_database_as_it_was(make_lending: Make) -> None:
    env = make_lending()
    env.reset(seed=0)
    before = env.world.digest()
    lend = ToolCall.of("lend", book_id=env.world.scalar("SELECT book_id FROM books WHERE copies = 0"), reader_id="R-7")
    context, *_ = env.step(assistant(calls=(lend,)))
    assert "no copy of" in context[-1].content
    assert env.world.digest() == before


def test_a_transfer_ends_the_dialogue_and_is_graded(make_lending: Make) -> None:
    outcome = end(make_lending(), "refuse", FIND(title="Ulysses"), ToolCall.of("transfer_to_human", reason="no copy"))
    assert (outcome.reason, outcome.reward, outcome.truncated) == (StopReason.TRANSFERRED, 1.0, False)


def test_a_limit_pays_nothing(make_lending: Make) -> None:
    outcome = end(make_lending(limit_turns=2), "learn", FIND(title="Dune"), "There are many.")
    assert (outcome.reason, outcome.reward, outcome.truncated) == (StopReason.TURN_LIMIT, 0.0, True)


def test_a_column_may_be_left_out_of_the_state(make_lending: Make) -> None:
    env = make_lending()
    ask, find, propose, lend, *rest = plan(env, "lend")
    noted = ToolCall.of("lend", **msgspec.json.decode(lend.arguments), note="For Ann!")
    assert end(env, "lend", ask, find, propose, noted, *rest).reward == 0.0
    env.domain.columns = {"loans.note": "ignore"}  # type: ignore[misc]
    assert end(env, "lend", ask, find, propose, noted, *rest).reward == 1.0


def test_a_task_is_proved_only_where_each_of_its_calls_matters(make_lending: Make) -> None:
    env = make_lending()
    learn = env.tasks.named("learn")
    assert all(prove(env.domain, env.user, task).holds for task in env.tasks)
    unreachable = msgspec.structs.replace(learn, told=("3 copies",))
    guessable = msgspec.structs.replace(learn, parts=("communicated",))  # it pays without the call as well
    assert prove(env.domain, env.user, unreachable).solved == 0.0
    proof = prove(env.domain, env.user, guessable)
    assert (proof.mutants, len(proof.survivors)) == (2, 2)
    assert proof.survivors[0] == 'without find_book{"title":"Dune"}'
