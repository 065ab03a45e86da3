"""A rollout for people: its results as a table row, its episode as a readable transcript."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table

from agent_envs.messages import Message
from agent_envs.rollouts.rollout import Rollout

STYLES = {"system": "dim", "user": "cyan", "assistant": "green", "tool": "cyan"}
LIMIT_SHOWN_CHARS = 1500


def ending(rollout: Rollout) -> str:
    """How an episode ended, in one word: its stop reason, or whose fault it was."""
    if rollout.fault:
        return f"fault:{rollout.fault.origin}"
    return rollout.outcome.reason.value if rollout.outcome else "cut"


def summary(env_id: str, policy: str, rollouts: Sequence[Rollout], digest: str) -> dict[str, object]:
    """The results of a run; episodes that ended in a fault have no reward and are left out of the mean."""
    rewards = [rollout.reward for rollout in rollouts if rollout.reward is not None]
    faults = Counter(rollout.fault.origin for rollout in rollouts if rollout.fault)
    return {
        "env": env_id,
        "policy": policy,
        "episodes": len(rollouts),
        "mean_reward": sum(rewards) / len(rewards) if rewards else None,
        "mean_turns": sum(len(rollout.steps) for rollout in rollouts) / len(rollouts),
        "outcomes": dict(sorted(Counter(map(ending, rollouts)).items())),
        "faults": dict(sorted(faults.items())),
        "digest": digest,
    }


def print_summary(console: Console, results: dict[str, object]) -> None:
    """The results as a table."""
    table = Table("", "", show_header=False)
    for name, value in results.items():
        shown = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else str(value)
        table.add_row(name, shown or "none")
    console.print(table)


def print_episode(console: Console, rollout: Rollout) -> None:
    """Every message of an episode, long ones cut, and how it ended."""
    console.print(Rule(f"{rollout.env}   task {rollout.task}   seed {rollout.seed}"))
    for message in rollout.opening:
        _print_message(console, message)
    for number, step in enumerate(rollout.steps, 1):
        console.print(Rule(f"turn {number}", style="dim"))
        if step.context is not None:
            console.print("(the context was replaced)", style="dim")
        for message in step.new:
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
