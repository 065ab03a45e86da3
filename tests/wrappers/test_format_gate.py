from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gymnasium.error import ResetNeeded

from agent_envs import ToolCall
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.messages import Action, assistant
from agent_envs.outcome import StopReason
from agent_envs.rollouts.policies import scripted
from agent_envs.rollouts.rollout import rollout
from agent_envs.wrappers import FormatGate

Make = Callable[..., WikiSearch]
SEARCH = assistant(calls=(ToolCall.of("search", query=["river"]),))
ANSWER = assistant(answer="Grossglockner")
MALFORMED: tuple[Action, ...] = (
    "<tool_call>{",
    "<tool_call>{}</tool_call>",
    '<tool_call>{"name": "search", "arguments": {</tool_call>',
    "<think>never closed",
    assistant(calls=(ToolCall("search", '"river"'),)),
)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("turn", MALFORMED)
def test_a_malformed_turn_at_step_t_ends_the_episode_at_t_with_nothing(make_tiny: Make, at: int, turn: Action) -> None:
    played = rollout(FormatGate(make_tiny()), scripted([*[SEARCH] * at, turn, ANSWER]), 0)
    assert len(played.turns) == at + 1
    assert played.outcome is not None
    assert (played.outcome.reason, played.reward) == (StopReason.FORMAT_ERROR, 0.0)
    assert played.outcome.parts == {"format": 0.0}
    assert played.outcome.detail
    assert not played.outcome.truncated  # it has a fair score: 0


@pytest.mark.parametrize("turn", MALFORMED)
def test_where_the_agent_may_recover_the_reward_stays_and_the_part_tells(make_tiny: Make, turn: Action) -> None:
    env = FormatGate(make_tiny(), "recover")
    played = rollout(env, scripted([SEARCH, turn, ANSWER]), 0)
    assert played.outcome is not None
    assert (played.reward, played.outcome.parts) == (1.0, {"answer": 1.0, "format": 0.0})
    clean = rollout(env, scripted([SEARCH, ANSWER]), 0)
    assert clean.outcome is not None
    assert clean.outcome.parts == {"answer": 1.0, "format": 1.0}


@pytest.mark.parametrize(
    "turn",
    [
        assistant(calls=(ToolCall("no such tool"),)),
        assistant(calls=(ToolCall.of("search", wrong=1),)),
        'two calls <tool_call>{"name": "search"}</tool_call> <tool_call>{"name": "search"}</tool_call>',
        "only text",
    ],
)
def test_a_call_that_is_wrong_but_well_formed_passes(make_tiny: Make, turn: Action) -> None:
    env = FormatGate(make_tiny())
    env.reset(seed=0)
    assert env.step(turn)[2:4] == (False, False)


def test_a_structured_turn_is_judged_too(make_tiny: Make) -> None:
    env = FormatGate(make_tiny(dialect="openai"))
    env.reset(seed=0)
    _, _, terminated, _, info = env.step(assistant(calls=(ToolCall("search", "{not json"),)))
    assert terminated
    assert "'{not json'" in info["outcome"].detail
    with pytest.raises(ResetNeeded):
        env.step(SEARCH)


def test_an_unknown_way_is_refused(make_tiny: Make) -> None:
    wrong: Any = "forgive"
    with pytest.raises(ValueError, match="on_error='forgive': give 'halt' or 'recover'"):
        FormatGate(make_tiny(), wrong)
