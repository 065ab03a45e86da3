"""The spaces of observations and actions: contexts and turns, checked exactly and sampled by schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec
from gymnasium import Space

from agent_envs.dialects import Dialect
from agent_envs.messages import Action, Context, Message, ToolCall, checked_action

_WORDS = ("river", "Paris", "1972", "largest", "the", "ö", "名", "🜁", "AND", '"', "-x", "field:", "\u0000", "")


class ContextSpace(Space[Context]):
    """Non-empty tuples of messages that start with a system or a user message, in text that UTF-8 can carry."""

    def __init__(self) -> None:
        super().__init__()

    def contains(self, x: Any) -> bool:
        """Whether `x` is a context."""
        if not isinstance(x, tuple) or not x or not all(isinstance(message, Message) for message in x):
            return False
        try:
            msgspec.json.encode(x)
        except UnicodeError:
            return False
        return x[0].role in ("system", "user")

    def sample(self, mask: Any = None, probability: Any = None) -> Context:
        """A short context of random words."""
        return Message("system", _text(self)), Message("user", _text(self))

    @property
    def is_np_flattenable(self) -> bool:
        """Never: it is text."""
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ContextSpace)

    __hash__ = None  # type: ignore[assignment]


class TurnSpace(Space[Action]):
    """Turns of the assistant: any text, or a message with structured calls.

    Args:
        dialect: How a sampled turn is spelled as text.
        schemas: The tools' schemas; `sample` draws calls that fit them.
    """

    def __init__(self, dialect: Dialect, schemas: Sequence[dict[str, Any]]) -> None:
        super().__init__()
        self.dialect = dialect
        self.schemas = tuple(schemas)

    def contains(self, x: Any) -> bool:
        """Whether `x` is a turn."""
        try:
            checked_action(x)
        except TypeError:
            return False
        return True

    def sample(self, mask: Any = None, probability: Any = None) -> Action:
        """A call with arguments that fit its schema, nine times in ten; else an answer.

        One in four holds a thought, and half of them come as text.
        """
        thinking = _text(self) if self.np_random.random() < 0.25 else ""
        if self.schemas and self.np_random.random() < 0.9:
            function = self.schemas[self.np_random.integers(len(self.schemas))]["function"]
            arguments = msgspec.json.encode(_value(self, function["parameters"])).decode()
            turn = Message("assistant", thinking=thinking, calls=(ToolCall(function["name"], arguments),))
        else:
            turn = Message("assistant", thinking=thinking, answer=_text(self))
        return turn if self.np_random.random() < 0.5 else self.dialect.render(turn)

    @property
    def is_np_flattenable(self) -> bool:
        """Never: it is text."""
        return False

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TurnSpace):
            return False
        return self.dialect.name == other.dialect.name and self.schemas == other.schemas

    __hash__ = None  # type: ignore[assignment]


def _text(space: Space[Any]) -> str:
    return " ".join(_WORDS[i] for i in space.np_random.integers(len(_WORDS), size=space.np_random.integers(1, 6)))


def _value(space: Space[Any], schema: dict[str, Any]) -> Any:
    """A value that fits a schema as `agent_envs.tools` writes them."""
    chance = space.np_random
    if "anyOf" in schema:
        return _value(space, schema["anyOf"][chance.integers(len(schema["anyOf"]))])
    if "enum" in schema:
        return schema["enum"][chance.integers(len(schema["enum"]))]
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            chosen = [name for name in schema.get("properties", {}) if name in required or chance.random() < 0.5]
            return {name: _value(space, schema["properties"][name]) for name in chosen}
        case "array":
            least = cast(int, schema.get("minItems", 0))
            size = chance.integers(least, min(schema.get("maxItems", least + 3), least + 3) + 1)
            return [_value(space, schema.get("items", {"type": "string"})) for _ in range(size)]
        case "integer":
            low = int(schema.get("minimum", min(-100, schema.get("maximum", 0) - 100)))
            return int(chance.integers(low, int(schema.get("maximum", low + 200)) + 1))
        case "number":
            least_number = float(schema.get("minimum", min(-100.0, schema.get("maximum", 0.0) - 100.0)))
            return float(chance.uniform(least_number, float(schema.get("maximum", least_number + 200.0))))
        case "boolean":
            return bool(chance.random() < 0.5)
        case "null":
            return None
        case _:
            text = _text(space)[: schema.get("maxLength")]
            return text + "x" * (schema.get("minLength", 0) - len(text))
