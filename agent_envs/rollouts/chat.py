"""A policy that asks a model: any endpoint that speaks OpenAI's chat completions, such as vLLM, SGLang or llama.cpp."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import gymnasium
import msgspec

from agent_envs.core import Env
from agent_envs.dialects import Dialect
from agent_envs.messages import Action, Context, Message
from agent_envs.outcome import Fault
from agent_envs.wire import WireCall, on_wire

from .policies import MakePolicy, Policy, Sampled

if TYPE_CHECKING:
    import openai


def chat(
    model: str,
    *,
    base_url: str,
    api_key: str = "",
    timeout_s: float = 600.0,
    retries: int = 2,
    **sampling: Any,
) -> MakePolicy:
    """A policy that has a model at an endpoint say every turn; the seed of the episode is that of its requests.

    A text dialect gets the contents as they are and its stop strings; structured calls travel as such, with the tools
    beside the messages. A context that ends in an assistant's message is continued by the endpoint
    (``continue_final_message``, as vLLM and SGLang understand it).

    Args:
        model: Its name there.
        base_url: The endpoint, such as ``http://localhost:8000/v1``.
        api_key: The key, where it wants one.
        timeout_s: How long the endpoint may be silent.
        retries: How often a request that fails is sent again.
        **sampling: What else the request holds, such as ``temperature=0.6``. Log-probabilities and token ids are
            recorded where they come back: vLLM sends them for ``logprobs=True, return_token_ids=True``.

    Returns:
        What makes the policy of an episode. The policy raises `Fault` (``infra``) where the endpoint is down, is silent
        or answers what is no completion, and openai's own error where key, address or model is refused.

    Raises:
        ImportError: openai is not installed; the message names the command that installs it.
    """
    _required()

    def make(env: gymnasium.Env[Any, Any], seed: int) -> Policy:
        inner = env.unwrapped
        if not isinstance(inner, Env):
            raise TypeError(f"{type(inner).__name__} has no dialect to speak in: it is no agent_envs.core.Env")
        dialect: Dialect = inner.dialect
        tools: list[Any] = []

        def policy(context: Context, info: dict[str, Any]) -> Sampled:
            tools[:] = info.get("tools", tools)  # they are told at reset
            body = {"seed": seed, **_form(dialect, context, tools, info), **sampling}
            client = _client(base_url, api_key, timeout_s, retries)
            return _sampled(_asked(client, model, _wire(dialect, context), body), dialect)

        return policy

    return make


class _Said(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None  # the newer name of the same
    tool_calls: tuple[WireCall, ...] | None = None


class _Token(msgspec.Struct):
    logprob: float
    id: int | None = None  # llama.cpp tells it here


class _Logprobs(msgspec.Struct):
    content: tuple[_Token, ...] | None = None


class _Choice(msgspec.Struct):
    message: _Said
    logprobs: _Logprobs | None = None
    token_ids: tuple[int, ...] | None = None  # vLLM tells them here


class _Completion(msgspec.Struct):
    choices: tuple[_Choice, ...]


def _form(dialect: Dialect, context: Context, tools: list[Any], info: dict[str, Any]) -> dict[str, Any]:
    """What a request holds for the sake of the dialect, and of where the context ends."""
    form: dict[str, Any] = {}
    if dialect.stop:
        form["stop"] = list(dialect.stop)
    if dialect.tools_beside_text:
        if tools:
            form["tools"] = tools
        if "thinking" in info:  # the switch of the chat templates of Qwen3, GLM and others
            form["chat_template_kwargs"] = {"enable_thinking": info["thinking"]}
    if context[-1].role == "assistant":
        form |= {"continue_final_message": True, "add_generation_prompt": False}
    return form


def _wire(dialect: Dialect, context: Context) -> list[dict[str, Any]]:
    """The context as the endpoint takes it."""
    last_user = max((place for place, message in enumerate(context) if message.role == "user"), default=0)
    wire = []
    for place, message in enumerate(context):
        old = message.role == "assistant" and place < last_user
        if old and dialect.tools_beside_text and not dialect.keeps_thinking:
            message = dialect.without_thinking(message)
        wire.append(on_wire(message))
    return wire


def _asked(client: openai.OpenAI, model: str, messages: list[Any], body: dict[str, Any]) -> _Choice:
    """What the endpoint answers."""
    import openai

    try:
        reply = client.chat.completions.with_raw_response.create(model=model, messages=messages, extra_body=body)
        completion = msgspec.json.decode(reply.content, type=_Completion)
        return completion.choices[0]
    except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError):
        raise  # a wrong key, address or model: no other episode would fare better
    except openai.APIError as error:
        raise Fault(f"{client.base_url} fails: {type(error).__name__}: {error}", origin="infra") from error
    except (msgspec.MsgspecError, UnicodeError, IndexError) as error:
        told = f"{client.base_url} answers what is no completion: {error}; it came as {reply.content!r:.200}"
        raise Fault(told, origin="infra") from error


def _sampled(choice: _Choice, dialect: Dialect) -> Sampled:
    """The turn in the dialect's form, and its tokens where they are told."""
    said = choice.message
    content, thinking = said.content or "", said.reasoning_content or said.reasoning or ""
    action: Action
    if dialect.tools_beside_text:
        action = Message("assistant", content, thinking, tuple(call.read() for call in said.tool_calls or ()))
    else:
        begin, end = dialect.thought
        action = content
        if thinking:  # the endpoint took it out of the text, at times with the line breaks around it
            action = begin + thinking.strip("\n") + end + content.lstrip("\n")
    tokens = (choice.logprobs and choice.logprobs.content) or ()
    ids = choice.token_ids or tuple(token.id for token in tokens if token.id is not None)
    return Sampled(action, ids, tuple(token.logprob for token in tokens))


def _required() -> None:
    try:
        import openai  # noqa: F401
    except ImportError as error:
        raise ImportError("the chat policy needs openai: pip install 'agent-envs[chat]'") from error


@cache
def _client(base_url: str, api_key: str, timeout_s: float, retries: int) -> openai.OpenAI:
    """One client a process: its connections are shared by threads."""
    import openai

    return openai.OpenAI(base_url=base_url, api_key=api_key or "none", timeout=timeout_s, max_retries=retries)
