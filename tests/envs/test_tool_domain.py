from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import msgspec
import pytest

from agent_envs.conformance import check
from agent_envs.envs.domain_task import Persona
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.messages import ToolCall, assistant
from agent_envs.outcome import Outcome, StopReason
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.snapshots.domains.proof import prove

FIND = partial(ToolCall.of, "find_book")
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
    lend = env.tasks.named("lend")
    knowing = prove(env.domain, env.user, msgspec.structs.replace(lend, plan=lend.plan[1:]))
    assert (knowing.solved, knowing.unasked, knowing.holds) == (1.0, ("reader_number",), False)
