"""The contract: what every environment and every wrapper is, and what each of them promises.

Time goes like this::

    obs, info = env.reset(seed=7, options={"task": "atlas-00012"})      # both may be left out
    obs, reward, terminated, truncated, info = env.step(action)

*The observation is the context*: the tuple of messages that the model is to be given now, complete in itself.
``info["new"]`` holds the messages that this step added and ``info["segment"]`` counts how often the context was
replaced instead; within a segment the new context is the old one followed by the new messages. The first of these is
the agent's turn as it stands in the context. A context that ends in an assistant's message is to be continued there.

*The action is the assistant's turn*: raw text in the environment's dialect, or a `Message` with structured calls.

*The agent's mistakes are observations*: it reads what came and what is allowed, and goes on. Our mistakes crash. The
world's failures raise `Fault` and are never a reward.

*The end is typed*: at the last step ``info["outcome"]`` is an `Outcome`.

*Determinism*: everything depends on the environment's name and version, the task, the seed and the actions, and on
nothing else. Seed ``s`` plays task ``s % len(tasks)`` unless ``options["task"]`` names one, so that consecutive seeds
play every task once. Without a seed, the next one is drawn from the generator that the last seed left.

*Fork*: `fork` gives an independent copy in the same state, at any moment; `state_digest` is equal for equal states,
in every process. All that changes in an episode is therefore one frozen value that each step replaces.

*Wrappers decide what the agent sees of its own history*. There is one truth of it, the state of the environment: a
wrapper changes the context with `Env.amend` or `Env.replace_context` and ends an episode with `Env.finish`, so that
every layer, every limit and every digest knows.
"""

from __future__ import annotations

import copy
import hashlib
from abc import abstractmethod
from typing import Any, ClassVar, Generic, NamedTuple, Self, SupportsFloat, TypeAlias, TypeVar

import gymnasium
import msgspec
from gymnasium.error import ResetNeeded

from agent_envs.dialects import Dialect
from agent_envs.messages import Action, Context, checked_action
from agent_envs.outcome import Outcome
from agent_envs.tasks import Task, TaskSet

T = TypeVar("T", bound=Task)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All that changes within an episode; families of environments add to it.

    Args:
        task_id: The task that is played.
        seed: The episode's seed.
        context: What the model sees.
        new: The messages that the last step added.
        segment: How often the context was replaced.
        turns: How many turns the agent took.
        outcome: How the episode ended; None while it goes on.
    """

    task_id: str
    seed: int
    context: Context
    new: Context
    segment: int = 0
    turns: int = 0
    outcome: Outcome | None = None


S = TypeVar("S", bound=State)


class Transition(NamedTuple, Generic[S]):
    """What a turn leads to: the next state and the reward of the step."""

    state: S
    reward: float = 0.0


Result: TypeAlias = tuple[Context, SupportsFloat, bool, bool, dict[str, Any]]
"""What a step returns: the context, the reward, whether the episode ended, whether a limit cut it, the info."""


class Env(gymnasium.Env[Context, Action], Generic[T, S]):
    """Base of every environment: a subclass says how an episode opens and what a turn leads to.

    Args:
        tasks: What can be played, in a fixed order.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]
    name: ClassVar[str]
    """Name and version, such as ``WikiSearch-v0``: part of every digest."""
    reward_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    """Least and greatest sum of an episode's rewards."""
    dialect: Dialect
    """How turns are spelled."""

    def __init__(self, tasks: TaskSet[T]) -> None:
        self.tasks = tasks
        self._state: S | None = None

    @abstractmethod
    def open(self, task: T, seed: int) -> tuple[S, dict[str, Any]]:
        """The state in which the episode of a task begins, and what to add to ``info``."""

    @abstractmethod
    def respond(self, state: S, action: Action) -> Transition[S]:
        """What a turn leads to. A mistake of the agent is a message in the new context; only `Fault` is raised."""

    @abstractmethod
    def solution(self) -> tuple[Action, ...]:
        """The turns that earn 1 from the beginning of the episode."""

    @abstractmethod
    def world_digest(self) -> str:
        """Digest of the world as it is now: its snapshot, and what the episode changed in it."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Context, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Chooses the task and all chance in the episode; None draws one, reported in ``info["seed"]``.
            options: ``{"task": id}`` chooses the task.

        Raises:
            ValueError: An option that does not exist.
            KeyError: A task that does not exist.
            gymnasium.error.Error: A seed that is no whole number from 0 to 2**63 - 1.
            Fault: The world failed.
        """
        unknown = sorted(set(options or ()) - {"task"})
        if unknown:
            raise ValueError(f"unknown options {unknown}; the only one is 'task'")
        if seed is not None and (type(seed) is not int or not 0 <= seed < 2**63):
            raise gymnasium.error.Error(f"seed={seed!r}: give a whole number from 0 to 2**63 - 1")
        task_id = (options or {}).get("task")
        task = None if task_id is None else self.tasks.named(task_id)
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        super().reset(seed=seed)
        task = task or self.tasks[seed % len(self.tasks)]
        self._state, info = self.open(task, seed)
        return self._state.context, {"task": task.id, "seed": seed, **self._news(), **info}

    def step(self, action: Action) -> tuple[Context, float, bool, bool, dict[str, Any]]:
        """Take the agent's turn.

        Args:
            action: Raw text or a message of role ``assistant``.

        Returns:
            The context, the reward, whether the episode ended, whether a limit ended it without an answer, the info.

        Raises:
            TypeError: The action is neither.
            gymnasium.error.ResetNeeded: No episode is under way.
            Fault: The world failed; the state is as it was before the step.
        """
        state = self.state
        if state.outcome is not None:
            raise ResetNeeded(f"the episode has ended ({state.outcome.reason}); call reset before the next step")
        self._state, reward = self.respond(state, checked_action(action))
        return self.result(reward)

    def result(self, reward: float) -> tuple[Context, float, bool, bool, dict[str, Any]]:
        """What a step that paid this returns, in the present state."""
        state = self.state
        if state.outcome is None:
            return state.context, reward, False, False, self._news()
        truncated = state.outcome.truncated
        return state.context, reward, not truncated, truncated, {**self._news(), "outcome": state.outcome}

    def amend(self, tail: Context, *, drop: int, new: Context) -> None:
        """Change the end of the context, within its segment.

        Args:
            tail: What stands there now.
            drop: How many messages it takes the place of.
            new: The messages that the last step added: the agent's turn first; at reset the context.
        """
        context = self.state.context
        if tail or drop:
            context = context[: len(context) - drop] + tail
        self._state = msgspec.structs.replace(self.state, context=context, new=new)

    def replace_context(self, context: Context, *, new: Context) -> None:
        """Let the agent see another context; this begins a segment.

        Args:
            context: What it sees now.
            new: The messages that the last step added to the old one.
        """
        segment = self.state.segment + 1
        self._state = msgspec.structs.replace(self.state, context=context, new=new, segment=segment)

    def finish(self, outcome: Outcome) -> None:
        """End the episode, or say how it ended in truth."""
        self._state = msgspec.structs.replace(self.state, outcome=outcome)

    @property
    def state(self) -> S:
        """The state of the episode under way.

        Raises:
            gymnasium.error.ResetNeeded: There is none.
        """
        if self._state is None:
            raise ResetNeeded("no episode is under way; call reset first")
        return self._state

    @property
    def task(self) -> T:
        """The task that is played."""
        return self.tasks.named(self.state.task_id)

    def fork(self) -> Self:
        """An independent copy in the same state.

        The tasks are shared, for they do not change. An environment whose world changes overrides this, and forks the
        world as well.
        """
        twin = copy.copy(self)
        if self._np_random is not None:
            twin._np_random = copy.deepcopy(self._np_random)
        if self.action_space._np_random is not None:  # it was sampled from: each copy goes on by itself
            twin.action_space = copy.copy(self.action_space)
            twin.action_space._np_random = copy.deepcopy(self.action_space._np_random)
        return twin

    def state_digest(self) -> str:
        """Digest of all on which the future depends, equal in every process; costs time in the context's length."""
        chance = repr(self._np_random.bit_generator.state) if self._np_random is not None else ""
        parts = (self.name, self.tasks.digest, self.world_digest(), chance, self._state)
        return hashlib.blake2b(msgspec.msgpack.encode(parts), digest_size=16).hexdigest()

    def _news(self) -> dict[str, Any]:
        return {"new": self.state.new, "segment": self.state.segment}
