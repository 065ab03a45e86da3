"""What a dialect is: it reads a raw turn, writes one, and frames what the model is told; what they share."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import msgspec

from agent_envs.messages import Action, Message, ToolCall

NOT_JSON = (msgspec.DecodeError, RecursionError, UnicodeError)
"""What is raised where text is no JSON."""

_CLOSINGS_TRIED = 8


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
    def several_calls(self) -> bool:
        """Whether all calls of a turn are executed, or only the first."""

    @property
    def keeps_thinking(self) -> bool:
        """Whether the model is to see what it thought in turns before the last user's message."""

    @property
    def thought(self) -> tuple[str, str]:
        """What stands before and behind a thought in a raw turn; empty where thoughts stand beside the text."""

    @property
    def tools_beside_text(self) -> bool:
        """Whether the model gets the tools beside the messages, and not in the system message."""

    @property
    def answer_tools(self) -> tuple[dict[str, Any], ...]:
        """Schemas of the tools by which a final answer is given, if it is given by one."""

    def parse(self, action: Action, tools: Sequence[dict[str, Any]] = ()) -> Parsed:
        """Read a turn; never raises, whatever the text.

        Args:
            action: The turn.
            tools: Schemas of the tools; a dialect that writes strings without quotes tells them from numbers by these.
        """

    def render(self, turn: Message) -> str:
        """Spell a turn as a raw completion."""

    def instruct(self, system: str, tools: Sequence[dict[str, Any]]) -> Message:
        """The system message: `system`, with the tools and how to call them where the chat template does not say it."""

    def reply(self, text: str, call: ToolCall | None) -> Message:
        """What the environment answers to a call, or to a turn that held none."""

    def without_thinking(self, written: Message) -> Message:
        """A turn as it stands in the context, without what was thought in it."""

    def first_thought(self, raw: str) -> tuple[int, int] | None:
        """Where the first thought of a raw turn begins and ends (the turn's end if it is not closed); None if none."""


class Tags:
    """The marks of a text dialect: text that holds one is escaped with a backslash, so that it stays text.

    Args:
        lead: What a mark begins with; the backslash stands behind it. A regular expression.
        body: The rest of a mark. A regular expression.
    """

    def __init__(self, body: str, *, lead: str = "<") -> None:
        self._plain = re.compile(rf"({lead})(\\*)({body})", re.MULTILINE)
        self._escaped = re.compile(rf"({lead})\\(\\*)({body})", re.MULTILINE)

    def stand_in(self, text: str) -> bool:
        """Whether a text holds a mark, escaped or not."""
        return self._plain.search(text) is not None

    def escape(self, text: str) -> str:
        """The text without a mark; `unescape` gives it back."""
        return self._plain.sub(r"\1\\\2\3", text)

    def unescape(self, text: str) -> str:
        """The text that was escaped."""
        return self._escaped.sub(r"\1\2\3", text) if "\\" in text else text

    def embed(self, arguments: str) -> str:
        """A call's arguments as they are where they are a JSON object without a mark; as a JSON string otherwise."""
        try:
            plain = arguments == arguments.strip() and isinstance(msgspec.json.decode(arguments), dict)
        except NOT_JSON:
            plain = False
        return arguments if plain and not self.stand_in(arguments) else quoted(arguments)


class Scan(ABC):
    """One pass over a turn in tags: thoughts and calls, each up to its own end, and the text between them.

    Args:
        raw: The turn.
    """

    tags: ClassVar[Tags]
    opening: ClassVar[re.Pattern[str]]  # its first group is the tag's name, "think" that of a thought
    call: ClassVar[tuple[str, str]]  # the tags around a call
    pad: ClassVar[str] = ""  # parts a thought from its tags
    blank: ClassVar[re.Pattern[str]]  # what parts a thought from the text behind it
    joint: ClassVar[str] = ""  # parts the text from a call behind it

    def __init__(self, raw: str) -> None:
        self.errors: list[FormatError] = []
        self.acted = False  # whether a call or an answer was read
        self._thoughts: list[str] = []
        self._unthought: list[str] = []  # the turn but for its thoughts
        self._after_thought = 0
        self.first_thought: tuple[int, int] | None = None
        self._head: list[str] = []  # text before the first call or answer
        self._rest: list[str] = []
        self.text = raw
        at = self._started_inside_a_thought()
        while opening := self.opening.search(raw, at):
            self._add_text(raw[at : opening.start()])
            at = self._think(opening.end()) if opening[1] == "think" else self.read(opening[1], opening.end())
        self._add_text(raw[at:])

    @abstractmethod
    def read(self, tag: str, start: int) -> int:
        """Take down what a tag other than that of a thought holds; returns where the text goes on."""

    def end_of_call(self, start: int) -> int:
        """Where the body of the call that starts here ends; -1 if it does not."""
        return self.text.find(self.call[1], start)

    @property
    def thinking(self) -> str:
        """All thoughts."""
        return "\n".join(self._thoughts)

    @property
    def unthought(self) -> str:
        """The turn as it was written, but for its thoughts."""
        return "".join(self._unthought) + self.text[self._after_thought :]

    @property
    def content(self) -> str:
        """The text outside of tags; the line break that parts it from a call is none of it."""
        head = "".join(self._head)
        if self.acted:
            head = head.removesuffix(self.joint)
        return self.tags.unescape(head + "".join(piece for piece in self._rest if not piece.isspace()))

    def unclosed(self, tag: str) -> int:
        """Note that the turn ended inside a tag; returns its end."""
        self.errors.append(FormatError(f"unclosed_{tag}", f"the turn ended inside its {tag}; write it again, whole"))
        return len(self.text)

    def _add_text(self, text: str) -> None:
        (self._rest if self.acted else self._head).append(text)

    def _started_inside_a_thought(self) -> int:
        """Where the text goes on after a thought that some chat templates open in the prompt."""
        end = self.text.find("</think>")
        if end < 0 or "<think>" in self.text[:end]:
            return 0
        call = self.text.rfind(self.call[0], 0, end)
        if call >= 0 and self.end_of_call(call + len(self.call[0])) > end:
            return 0  # the tag stands in the arguments of a call
        return self._thought(0, 0, end)

    def _think(self, start: int) -> int:
        end = self.text.find("</think>", start)
        if end >= 0:
            return self._thought(start - len("<think>"), start, end)
        self.first_thought = self.first_thought or (start, len(self.text))
        return self.unclosed("think")

    def _thought(self, tag: int, start: int, end: int) -> int:
        self.first_thought = self.first_thought or (start, end)
        thought = self.text[start:end].removeprefix(self.pad).removesuffix(self.pad)
        self._thoughts.append(self.tags.unescape(thought))
        blank = self.blank.match(self.text, end + len("</think>"))
        self._unthought.append(self.text[self._after_thought : tag])
        self._after_thought = blank.end() if blank else end + len("</think>")
        return self._after_thought


def end_of_json(text: str, closing: str, start: int) -> int:
    """Where a body ends: at the first closing tag that leaves JSON, for its strings may hold the tag; -1 if nowhere."""
    first = end = text.find(closing, start)
    for _ in range(_CLOSINGS_TRIED):
        if end < 0:
            break
        if is_json(text[start:end]):
            return end
        end = text.find(closing, end + 1)
    return first


def is_json(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        msgspec.json.decode(text)
    except NOT_JSON:
        return False
    return True


def arguments_in(json: str) -> str:
    """The arguments that `Tags.embed` wrote: a JSON string stands for what it holds.

    Raises:
        NOT_JSON: It is no JSON.
    """
    value = msgspec.json.decode(json)
    return value if isinstance(value, str) else json.strip()


def quoted(text: str) -> str:
    """The text as a JSON string that holds no bracket of a tag."""
    return guarded(msgspec.json.encode(text).decode())


def guarded(json: str) -> str:
    """JSON without a bracket of a tag."""
    return json.replace("<", "\\u003c")


def unspelled(name: str) -> str:
    """A name that was written as it is, or as a JSON string."""
    name = name.strip()
    return msgspec.json.decode(name, type=str) if name.startswith('"') and is_json(name) else name
