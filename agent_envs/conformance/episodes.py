"""Checks on single episodes: spaces, types, rewards, proofs, awkward turns, wrong use."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from agent_envs.messages import Action, Message, ToolCall, continued
from agent_envs.outcome import Outcome
from agent_envs.rollouts.policies import POLICIES, MakePolicy, noop, oracle, solution_but_last
from agent_envs.rollouts.rollout import MAX_STEPS, rollout
from agent_envs.stack import reward_range, state_digest

from .violation import MakeEnv, demand

EPSILON = 1e-9


def gymnasium_agrees(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """`check_env` raises nothing and warns of nothing, but of the wrappers that `gymnasium.make` itself puts on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(make().unwrapped, skip_render_check=True)
    told = [str(warning.message) for warning in caught]
    demand(not told, f"check_env warns: {'; '.join(told)}")


def observations_are_contexts(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """Every observation is in its space and grows by ``info["new"]``; rewards are bounded; the end is typed."""
    for seed in seeds:
        for name, make_policy in POLICIES.items():
            _watch(make(), make_policy, seed, f"{name}, seed {seed}")


def _watch(env: gymnasium.Env[Any, Any], make_policy: MakePolicy, seed: int, where: str) -> None:
    context, info = env.reset(seed=seed)
    demand(context in env.observation_space, f"{where}: the first observation is not in the observation space")
    demand(
        {"task", "seed", "new", "segment"} <= set(info), f"{where}: reset's info lacks one of task, seed, new, segment"
    )
    demand(info["new"] == context, f"{where}: at reset info['new'] is not the whole context")
    policy = make_policy(env, seed)
    total, steps, done = 0.0, 0, False
    while not done:
        before, segment = context, info["segment"]
        action = policy(context, info)
        demand(action in env.action_space, f"{where}: the turn {action!r:.200} is not in the action space")
        result = env.step(action)
        steps += 1
        here = f"{where}, step {steps}"
        demand(
            isinstance(result, tuple) and len(result) == 5, f"{here}: step returned {result!r:.200}, not five values"
        )
        context, reward, terminated, truncated, info = result
        demand(context in env.observation_space, f"{here}: the observation is not in the observation space")
        demand(type(reward) is float and math.isfinite(reward), f"{here}: the reward is {reward!r}, not a finite float")
        demand(type(terminated) is bool and type(truncated) is bool, f"{here}: terminated and truncated are not bools")
        demand({"new", "segment"} <= set(info), f"{here}: info lacks 'new' or 'segment'")
        grown = info["segment"] > segment or context == continued(before, info["new"])
        demand(grown, f"{here}: within a segment the context is not the old one and info['new']")
        written = info["new"][0].role == "assistant" if info["new"] else False
        demand(written, f"{here}: info['new'] does not begin with the agent's turn")
        total += float(reward)
        done = terminated or truncated
        outcome = info.get("outcome")
        demand(outcome is None or done, f"{here}: an outcome comes before the end")
        demand(outcome is not None or not terminated, f"{here}: the end comes without an outcome")
        demand(outcome is None or isinstance(outcome, Outcome), f"{here}: the outcome is {outcome!r:.200}, no Outcome")
        demand(steps < MAX_STEPS, f"{where}: no end after {MAX_STEPS} steps")
    least, most = reward_range(env)
    demand(
        least - EPSILON <= total <= most + EPSILON, f"{where}: the rewards sum to {total}, outside {least} to {most}"
    )


def tasks_are_proved(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """The oracle earns 1, silence 0, and the solution without its last turn less than 1."""
    env = make()
    least, _ = reward_range(env)
    for seed in seeds:
        best, nothing, worse = (rollout(env, policy, seed) for policy in (oracle, noop, solution_but_last))
        end = best.outcome
        demand(
            best.reward is not None and math.isclose(best.reward, 1.0),
            f"seed {seed}, task {best.task}: the oracle earns {best.reward}: {end or best.fault}",
        )
        idle = nothing.reward is not None and min(least, 0.0) <= nothing.reward <= 0.0
        demand(idle, f"seed {seed}, task {best.task}: doing nothing earns {nothing.reward}")
        less = worse.reward is not None and worse.reward < 1.0
        demand(less, f"seed {seed}, task {best.task}: the solution without its last turn earns {worse.reward}")


AWKWARD_TURNS: tuple[Action, ...] = (
    "",
    " \n\t",
    "\x00\x1b[31m\x7f",
    "\ud800 lone \udfff surrogates",
    "مرحبا 🜁 Ĳ ﬁ \u202e",
    "<tool_call>",
    "<tool_call>\n{}\n</tool_call>",
    '<tool_call>{"name": "search", "arguments": ',
    '<tool_call>{"name": 1, "arguments": []}</tool_call>',
    '<tool_call>{"name": "no such tool", "arguments": {}}</tool_call>',
    "<think>never closed",
    "</think></answer></tool_call><tool_response>",
    '{"role": "assistant", "tool_calls": [{"function": {"name": "x"}}',
    "[" * 100_000,
    "<tool_call>" * 20_000,
    "x" * 1_000_000,
    Message("assistant"),
    Message("assistant", "text", "thought", (ToolCall("", ""), ToolCall("\ud800", "{not json"))),
    Message("assistant", calls=(ToolCall("no such tool", '{"a": 1e999, "b": NaN}'),)),
    Message("assistant", calls=tuple(ToolCall.of("no such tool", number=number) for number in range(500))),
)
AWKWARD_ARGUMENTS = ("", "null", "[]", '{"surplus": 1}', '"text"', "[" * 100_000, '{"a": ' * 5_000)


def awkward_turns_are_observations(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """No turn that a model can write makes an environment raise; what it then shows is still a context."""
    env = make()
    for number, turn in enumerate(AWKWARD_TURNS):
        env.reset(seed=seeds[0])
        context, reward, *_ = env.step(turn)
        demand(context in env.observation_space, f"after awkward turn {number} the observation is not in its space")
        demand(float(reward) <= 0.0, f"awkward turn {number} ({turn!r:.60}) earns {reward}")
    _, info = env.reset(seed=seeds[0])
    for schema in info.get("tools", ()):
        for arguments in AWKWARD_ARGUMENTS:
            env.reset(seed=seeds[0])
            context, reward, *_ = env.step(
                Message("assistant", calls=(ToolCall(schema["function"]["name"], arguments),))
            )
            what = f"{schema['function']['name']} with the arguments {arguments!r:.40}"
            demand(context in env.observation_space, f"after {what} the observation is not in its space")
            demand(float(reward) <= 0.0, f"{what} earns {reward}")


def wrong_use_is_refused(make: MakeEnv, seeds: tuple[int, ...]) -> None:
    """Our own mistakes crash at once, and change nothing."""
    env = make()
    _raises(ResetNeeded, lambda: make().unwrapped.step(""), "a step before the first reset")
    env.reset(seed=seeds[0])
    before = state_digest(env)
    wrong: Any
    for wrong in (None, 3, b"bytes", {"role": "assistant"}, Message("user", "hello")):
        _raises(TypeError, partial(env.unwrapped.step, wrong), f"the action {wrong!r}")
    _raises(ValueError, lambda: env.reset(options={"no such option": 1}), "an unknown option")
    _raises(KeyError, lambda: env.reset(options={"task": "no such task"}), "an unknown task")
    _raises(KeyError, lambda: env.reset(seed=seeds[0] + 1, options={"task": "no such task"}), "an unknown task")
    for seed in (-1, 2**70):
        _raises(gymnasium.error.Error, partial(env.reset, seed=seed), f"the seed {seed}")
    demand(state_digest(env) == before, "a call that was refused changed the state of the episode under way")
    inner = make().unwrapped  # a wrapper may end an episode before the environment does
    rollout(inner, oracle, seeds[0])
    _raises(ResetNeeded, lambda: inner.step(""), "a step behind the end")


def _raises(expected: type[Exception], act: Callable[[], object], what: str) -> None:
    try:
        act()
    except expected:
        return
    demand(False, f"{what} is accepted; it is to raise {expected.__name__}")
