"""Chat templates: a conversation as the text that a model reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from agent_envs.messages import Context, Message
from agent_envs.wire import on_wire

_MARK = "\ue000end of the message\ue001"
"""Is put behind a message's text to find where the template ends it: private characters, which no template touches."""


class ChatTemplate(Protocol):
    """Renders a conversation for a model; a function of what it is given."""

    def __call__(self, messages: Context, tools: Sequence[dict[str, Any]], *, add_generation_prompt: bool) -> str:
        """The text of a conversation.

        Args:
            messages: The conversation.
            tools: JSON schemas of the tools that the template is to tell of.
            add_generation_prompt: Whether the text ends where the assistant's next message begins.
        """


class JinjaTemplate:
    """A chat template in Jinja, as models on Hugging Face carry it; it renders as the package transformers does.

    It is given messages in the form of `agent_envs.wire`, with the arguments of a call as an object where they are a
    JSON object, as vLLM gives them.

    Args:
        source: The template: ``chat_template`` of a tokenizer's configuration.
        variables: What else the template reads, such as ``{"enable_thinking": False}`` or ``{"bos_token": "<s>"}``.

    Raises:
        ImportError: Jinja is not installed.
        jinja2.TemplateError: The source is no template; when called: the template refuses the conversation, or asks
            for the date.
    """

    def __init__(self, source: str, variables: Mapping[str, Any] | None = None) -> None:
        try:
            from .jinja import compiled
        except ImportError as error:
            raise ImportError("chat templates need jinja2: pip install 'agent-envs[tokens]'") from error
        self._render = compiled(source).render
        self._variables = dict(variables or {})

    def __call__(self, messages: Context, tools: Sequence[dict[str, Any]], *, add_generation_prompt: bool) -> str:
        """The text of a conversation."""
        return self._render(
            messages=[_for_template(message) for message in messages],
            tools=list(tools) or None,
            documents=None,
            add_generation_prompt=add_generation_prompt,
            **self._variables,
        )


def prompt(template: ChatTemplate, context: Context, tools: Sequence[dict[str, Any]] = ()) -> str:
    """The text that a policy continues: up to the beginning of its turn, or to the end of what already stands of it."""
    if context[-1].role == "assistant":
        return parted(template, context, tools)[0]
    return template(context, tools, add_generation_prompt=True)


def parted(
    template: ChatTemplate,
    context: Context,
    tools: Sequence[dict[str, Any]] = (),
    behind: Literal["content", "thinking"] = "content",
) -> tuple[str, str]:
    """A conversation parted behind the content, or the thinking, of its last message, which is taken without its calls.

    A template that trims that text ends it without white space, as transformers' ``continue_final_message`` does.

    Raises:
        ValueError: The template leaves that text out, or repeats it.
    """
    *before, last = context
    marked = msgspec.structs.replace(last, calls=(), answer=None, **{behind: f"{getattr(last, behind)}{_MARK} "})
    text = template((*before, marked), tools, add_generation_prompt=False)
    if text.count(_MARK) != 1:
        told = f"the template shows the {behind} of message {len(before)} {text.count(_MARK)} times"
        raise ValueError(f"{told}, so that nobody can tell where it ends; it has to show it once")
    head, _, tail = text.partition(_MARK)
    return (head, tail[1:]) if tail.startswith(" ") else (head.rstrip(), tail)


def _for_template(message: Message) -> dict[str, Any]:
    """A message as chat templates take it: arguments that are a JSON object are one, and text elsewhere."""
    given = on_wire(message)
    if message.thinking:
        given["thinking"] = message.thinking  # the templates of gpt-oss and LFM2 read it under this name
    for call in given.get("tool_calls", ()):
        call["function"]["arguments"] = _object_or_text(call["function"]["arguments"])
    return given


def _object_or_text(arguments: str) -> Any:
    try:
        value = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return arguments
    return value if isinstance(value, dict) else arguments
