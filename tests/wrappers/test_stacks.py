from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import gymnasium
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.wrappers import Autoreset, RecordEpisodeStatistics, TimeLimit, TransformObservation, TransformReward

from agent_envs import conformance
from agent_envs.catalog import WRAPPERS, WrapperEntry
from agent_envs.dialects import DIALECTS
from agent_envs.envs.wiki_search import WikiSearch
from agent_envs.registry import wrapped
from agent_envs.rollouts.policies import noop
from agent_envs.rollouts.rollout import rollout
from agent_envs.wrappers import ContextLength, FormatGate, Summary, ThinkingBudget, TurnLimit, Workspace

Make = Callable[..., WikiSearch]
CHECKS = (
    "observations, rewards and infos",
    "oracle 1, no-op 0, damaged less",
    "awkward turns",
    "wrong use",
    "forks and replay",
)
each_wrapper = pytest.mark.parametrize("entry", WRAPPERS, ids=[entry.name for entry in WRAPPERS])


def sensible(inner: WrapperEntry, outer: WrapperEntry, make: Callable[[], Any]) -> bool:
    try:
        wrapped(make(), inner, outer)
    except ValueError as error:
        assert "makes no sense: " in str(error)
        return False
    return True


@each_wrapper
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_wrapper_keeps_the_contract_in_every_dialect(make_tiny: Make, entry: WrapperEntry, dialect: str) -> None:
    assert conformance.check(lambda: wrapped(make_tiny(dialect=dialect), entry), checks=CHECKS).problems == ()


@each_wrapper
def test_a_wrapper_over_any_other_keeps_the_contract_or_is_refused(make_tiny: Make, entry: WrapperEntry) -> None:
    for inner in WRAPPERS:
        if sensible(inner, entry, make_tiny):
            report = conformance.check(lambda inner=inner: wrapped(make_tiny(), inner, entry), checks=CHECKS)  # type: ignore[misc]
            assert report.problems == (), inner.name


def test_of_two_wrappers_one_order_at_least_makes_sense_unless_both_do_the_same(make_tiny: Make) -> None:
    neither = {
        frozenset((one.name, other.name))
        for one, other in product(WRAPPERS, WRAPPERS)
        if not sensible(one, other, make_tiny) and not sensible(other, one, make_tiny)
    }
    same = {("Summary", "Workspace"), ("Summary",), ("Workspace",), ("ThinkingMode",), ("ThinkingBudget",)}
    assert neither == {frozenset(names) for names in same}


@pytest.mark.parametrize(
    ("stack", "told"),
    [
        (
            lambda env: Summary(ContextLength(env, 9999)),
            "Summary over ContextLength makes no sense: it would",
        ),
        (lambda env: Workspace(Summary(env)), "Workspace over Summary makes no sense: both replace the context"),
        (lambda env: FormatGate(TurnLimit(ThinkingBudget(env, 9), 9)), "FormatGate over ThinkingBudget makes no sense"),
        (
            lambda env: TurnLimit(TransformObservation(env, lambda context: context, None), 9),
            "TurnLimit over TransformObservation makes no sense: what it changes in the observation would not be seen",
        ),
        (lambda env: TurnLimit(Autoreset(env), 9), "TurnLimit over Autoreset makes no sense: it begins episodes"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_the_reason(
    make_tiny: Make, stack: Callable[[Any], Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        stack(make_tiny())


def test_what_is_no_environment_of_agents_is_not_wrapped() -> None:
    env: Any = gymnasium.make("CartPole-v1")
    with pytest.raises(TypeError, match="TurnLimit wraps environments of agent_envs, not CartPoleEnv"):
        TurnLimit(env, 9)


@each_wrapper
def test_gymnasiums_wrappers_compose_inside_and_outside(make_tiny: Make, entry: WrapperEntry) -> None:
    def standard(env: Any) -> gymnasium.Env[Any, Any]:
        return TransformReward(TimeLimit(env, 9), lambda reward: reward)

    def outside() -> gymnasium.Env[Any, Any]:
        return standard(wrapped(make_tiny(), entry))

    def inside() -> gymnasium.Env[Any, Any]:
        return wrapped(standard(make_tiny()), entry)

    for make in (outside, inside):
        report = conformance.check(make, checks=("forks and replay", "threads"))
        assert report.problems == ()
        assert len(rollout(make(), noop, 0).turns) <= 20
    env = RecordEpisodeStatistics(wrapped(make_tiny(), entry))
    assert len(rollout(env, noop, 0).turns) == env.length_queue[0]


@each_wrapper
def test_no_turn_is_taken_behind_the_end(make_tiny: Make, entry: WrapperEntry) -> None:
    env = wrapped(make_tiny(limit_turns=3), entry)
    rollout(env, noop, 0)
    with pytest.raises(ResetNeeded):
        env.step("")
    env.reset(seed=0)
    env.step("")
