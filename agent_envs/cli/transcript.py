"""Rollouts for people: the results of a run as a table, an episode as a readable transcript."""

from __future__ import annotations

import hashlib
from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table

from agent_envs.messages import Message
from agent_envs.rollouts.trajectory import Trajectory

STYLES = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "cyan"}
LIMIT_SHOWN_CHARS = 1500


def ending(rollout: Trajectory) -> str:
    """How an episode ended, in one word: its stop reason, or whose fault it was."""
    if rollout.fault:
        return f"fault:{rollout.fault.origin}"
    return rollout.outcome.reason.value if rollout.outcome else "cut"


class Tally:
    """The results of a run, added up episode by episode, so that no episode needs to be kept."""

    def __init__(self) -> None:
        self.episodes = self.turns = 0
        self.rewards: list[float] = []
        self.endings: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._digest = hashlib.blake2b(digest_size=16)

    def add(self, rollout: Trajectory) -> None:
        """Count one more episode."""
        self.episodes += 1
        self.turns += len(rollout.turns)
        self.endings[ending(rollout)] += 1
        if rollout.fault:
            self.faults[rollout.fault.origin] += 1
        if rollout.reward is not None:
            self.rewards.append(rollout.reward)
        self._digest.update(rollout.digest().encode())

    def results(self) -> dict[str, object]:
        """The results; episodes that ended in a fault have no reward and are left out of the mean."""
        return {
            "episodes": self.episodes,
            "mean_reward": sum(self.rewards) / len(self.rewards) if self.rewards else None,
            "mean_turns": self.turns / self.episodes,
            "outcomes": dict(sorted(self.endings.items())),
            "faults": dict(sorted(self.faults.items())),
            "digest": self._digest.hexdigest(),
        }


def print_summary(console: Console, results: dict[str, object]) -> None:
    """The results as a table."""
    table = Table("", "", show_header=False)
    for name, value in results.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else str(value)
        table.add_row(name, shown or "none")
    console.print(table)


def print_episode(console: Console, rollout: Trajectory) -> None:
    """Every message of an episode, long ones cut, and how it ended."""
    console.print(Rule(f"{rollout.env}   task {rollout.task}   seed {rollout.seed}"))
    number = 0
    for segment in rollout.segments:
        if number:
            console.print(Rule("the context was replaced", style="dim"))
        for message in segment.context:
            _print_message(console, message)
        for turn in segment.turns:
            number += 1
            console.print(Rule(f"turn {number}", style="dim"))
            for message in turn.new:
                _print_message(console, message)
    reward = "no reward" if rollout.reward is None else f"reward {rollout.reward:g}"
    console.print(Rule(f"{ending(rollout)}: {reward}"))
    if rollout.outcome and rollout.outcome.detail:
        console.print(escape(rollout.outcome.detail))
    if rollout.fault:
        console.print(escape(rollout.fault.message))


def _print_message(console: Console, message: Message) -> None:
    text = message.content
    for call in message.calls:
        text += f"\n{call.name} {call.arguments}"
    if message.answer is not None:
        text += f"\nanswer: {message.answer}"
    if len(text) > LIMIT_SHOWN_CHARS:
        text = f"{text[:LIMIT_SHOWN_CHARS]}… ({len(text):,} characters)"
    console.print(f"[{STYLES[message.role]}]{message.role}[/]  {escape(text.strip())}", highlight=False)
