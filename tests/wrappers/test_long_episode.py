"""500 turns over the embedded encyclopedia, in a context of 8k tokens."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

import gymnasium
import pytest

from agent_envs.messages import Context
from agent_envs.rollouts.policies import Policy, as_wrapped
from agent_envs.rollouts.rollout import rollout
from agent_envs.tokens import bytes_over_4, count_message
from agent_envs.wrappers import Summary, Workspace

TURNS, LIMIT_TOKENS = 500, 8192


def size(context: Context) -> int:
    return sum(count_message(message, bytes_over_4) for message in context)


@pytest.mark.parametrize("wrapper", [lambda env: Summary(env, LIMIT_TOKENS), Workspace], ids=["Summary", "Workspace"])
def test_an_episode_that_overflows_its_context_many_times_stays_bounded_and_is_still_solved(wrapper: Any) -> None:
    many: dict[str, Any] = {"limit_turns": 1000, "limit_calls": 1000, "tasks": "test"}
    seen: list[int] = []

    def thorough(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
        *calls, answer = env.unwrapped.solution()  # type: ignore[attr-defined]
        policy = as_wrapped(env, iter([*islice(cycle(calls), TURNS - 1), answer]))

        def play(context: Context, info: dict[str, Any]) -> Any:
            seen.append(size(context))
            return policy(context, info)

        return play

    played = rollout(wrapper(gymnasium.make("agent_envs/WikiSearch-v0", **many)), thorough, 3)
    assert played.reward == 1.0
    assert sum(len(turn.new) == 2 or len(turn.new) == 3 for turn in played.turns) >= TURNS - 1
    assert len(played.segments) > 12
    assert max(seen) <= LIMIT_TOKENS
    everything = sum(size(turn.new) for turn in played.turns)
    assert everything > 12 * LIMIT_TOKENS
