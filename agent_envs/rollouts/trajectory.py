"""The record of one episode: what the agent saw in every segment, what it did, who wrote what, and how it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from agent_envs.messages import Action, Context, Message
from agent_envs.outcome import Origin, Outcome


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn of the agent, and what came of it.

    Args:
        action: What the policy gave.
        new: The messages that it added to the context: the turn as it stands there, then what answers it.
        reward: What it paid.
        trained: Whether a trainer is to learn it.
        token_ids: The tokens that were sampled, where the policy tells.
        logprobs: Their log-probabilities, one each, where the policy tells.
    """

    action: Action
    new: Context
    reward: float
    trained: bool = True
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()


class Entry(NamedTuple):
    """A message of a segment, who wrote it, and whether a trainer is to learn it."""

    message: Message
    author: Literal["agent", "environment"]
    trained: bool


class Segment(msgspec.Struct, frozen=True):
    """What lies between two replacements of the context: within it the context only grows.

    Args:
        context: The context at its beginning; all of it is given, an assistant's messages in it too.
        turns: The turns taken in it; what the last one added is there though the agent may never have seen it.
    """

    context: Context
    turns: tuple[Turn, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """Every message in order. An assistant's message behind an assistant's continues it (`messages.continued`)."""
        for message in self.context:
            yield Entry(message, "environment", False)
        for turn in self.turns:
            written, *answers = turn.new
            yield Entry(written, "agent", turn.trained)
            for message in answers:
                yield Entry(message, "environment", False)


class FaultRecord(msgspec.Struct, frozen=True):
    """A failure of the world: whose, and what was said."""

    origin: Origin
    message: str


class Trajectory(msgspec.Struct, frozen=True, kw_only=True):
    """One episode.

    Args:
        env: Id of the environment.
        wrappers: The wrappers around it that are ours, from the outside in: names and settings.
        world: Digest of the world as the episode found it.
        task: Id of the task; empty where the world failed before one was chosen.
        task_digest: Digest of the task, its hidden truth too.
        seed: Seed of the episode.
        segments: All of them; none where the world failed at reset.
        outcome: How it ended; None after a fault or where a wrapper cut it short.
        fault: The failure of the world that ended it; such an episode has no reward.
    """

    env: str
    wrappers: tuple[str, ...] = ()
    world: str = ""
    task: str
    task_digest: str = ""
    seed: int
    segments: tuple[Segment, ...]
    outcome: Outcome | None = None
    fault: FaultRecord | None = None

    @property
    def opening(self) -> Context:
        """The first context; empty where the world failed at reset."""
        return self.segments[0].context if self.segments else ()

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns of all segments."""
        return tuple(turn for segment in self.segments for turn in segment.turns)

    @property
    def reward(self) -> float | None:
        """Sum of the rewards; None after a fault."""
        return None if self.fault else sum(turn.reward for turn in self.turns)

    def digest(self) -> str:
        """Digest of every observation, action, reward and of the outcome."""
        return hashlib.blake2b(encode(self), digest_size=16).hexdigest()


encode = msgspec.json.Encoder(order="deterministic").encode
"""A trajectory as one line of JSON, equal for equal ones; `decode` reads it back."""

decode = msgspec.json.Decoder(Trajectory).decode
