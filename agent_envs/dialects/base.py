"""What a dialect is: it reads a raw turn, writes one, and frames what the model is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from agent_envs.messages import Action, Message, ToolCall


class FormatError(NamedTuple):
    """A turn that breaks the dialect's form: a name for it, and words for the agent."""

    name: str
    message: str


class Parsed(NamedTuple):
    """A turn as it was understood.

    Args:
        turn: Thinking, text, calls and answer.
        written: The message that goes into the context: what the model wrote.
        errors: What is wrong with its form; nothing of such a turn is executed.
        left_out: Calls beyond those that the dialect executes in one turn.
    """

    turn: Message
    written: Message
    errors: tuple[FormatError, ...] = ()
    left_out: int = 0


class Dialect(Protocol):
    """How turns are spelled; `parse` of what `render` wrote gives the turn back."""

    @property
    def name(self) -> str:
        """What users call it."""

    @property
    def stop(self) -> tuple[str, ...]:
        """Strings at which generation of a turn ends; what follows one is not read."""

    @property
    def tools_beside_text(self) -> bool:
        """Whether the model gets the tools beside the messages, and not in the system message."""

    @property
    def answer_tools(self) -> tuple[dict[str, Any], ...]:
        """Schemas of the tools by which a final answer is given, if it is given by one."""

    def parse(self, action: Action) -> Parsed:
        """Read a turn; never raises, whatever the text."""

    def render(self, turn: Message) -> str:
        """Spell a turn as a raw completion."""

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message: `system`, with the tools and how to call them where the chat template does not say it."""

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """What the environment answers to a call, or to a turn that held none."""
