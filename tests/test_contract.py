"""The contract over the whole catalogue, with the worlds as users get them."""

from __future__ import annotations

from functools import partial

import gymnasium
import pytest

from agent_envs import conformance
from agent_envs.catalog import CATALOG, WRAPPERS
from agent_envs.cli.check import OF_PAIRS
from agent_envs.messages import ToolCall, assistant
from agent_envs.registry import make_wrapped


@pytest.mark.parametrize("env_id", [entry.id for entry in CATALOG])
def test_the_environment_keeps_the_contract(env_id: str) -> None:
    assert conformance.check(env_id).problems == ()


@pytest.mark.parametrize("env_id", [entry.id for entry in CATALOG])
@pytest.mark.parametrize("wrapper", [entry.name for entry in WRAPPERS])
def test_every_wrapper_keeps_the_contract_over_it(env_id: str, wrapper: str) -> None:
    assert conformance.check(partial(make_wrapped, env_id, (wrapper,)), seeds=(0,), checks=OF_PAIRS).problems == ()


@pytest.mark.parametrize("env_id", [entry.id for entry in CATALOG])
def test_gymnasium_makes_asynchronous_vectors_of_it(env_id: str) -> None:
    keywords = {"vectorization_mode": "async", "vector_kwargs": {"shared_memory": False}}
    vector = gymnasium.make_vec(env_id, num_envs=2, **keywords)  # type: ignore[arg-type]
    observations, infos = vector.reset(seed=[1, 2])  # type: ignore[arg-type]
    nonsense = assistant(calls=(ToolCall("nothing"),))
    after, rewards, *_ = vector.step([nonsense] * 2)
    for number, seed in enumerate((1, 2)):
        alone = gymnasium.make(env_id)
        context, info = alone.reset(seed=seed)
        assert observations[number] == context
        assert infos["task"][number] == info["task"]
        context, reward, *_ = alone.step(nonsense)
        assert (after[number], rewards[number]) == (context, reward)
        assert after[number] != observations[number]
    assert list(rewards) == [0.0, 0.0]
    vector.close()
