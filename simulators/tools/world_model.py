"""The world model: a language model that answers calls, over a state that it can change by checked patches alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agent_envs.limits import at_least_one
from agent_envs.messages import Context, Message, ToolCall
from agent_envs.outcome import Fault
from agent_envs.simulators.chat.protocol import Call, Chat
from agent_envs.simulators.judge.critic import Unreadable, read
from agent_envs.simulators.judge.verdict import digest_of
from agent_envs.tools import ToolError

from .arguments import checked
from .fitting import misfit
from .patches import Operation, PatchError, changes, patched
from .plain import Plain
from .spec import Toolset, ToolSpec

LIMIT_STATE_CHARS = 64 * 1024
LIMIT_ERROR_CHARS = 2000
PROMPT = """You are the server behind an API. You are given its state as JSON, the tool that is called, and the \
arguments. Work out what the call does to the state and what it replies. The state is all that there is: what is not \
in it does not exist, and what you do not put into it is forgotten.

Answer with one JSON object and nothing else. If the call goes well:
{"patch": [{"op": "add" or "replace" or "remove", "path": "/a/JSON/pointer", "value": …}], "reply": …}
The patch is empty if nothing changes. If the caller made a mistake, such as naming what does not exist:
{"error": "what is wrong, and what there is instead"}"""
_AGAIN = "Your last answer cannot be used: {problem}. Answer again with the JSON object that is asked for, alone."


class ModelState(msgspec.Struct, frozen=True):
    """What the world holds.

    Args:
        held: The state as JSON.
        asked: How often the model was asked on the way here.
    """

    held: str
    asked: int = 0


class _Said(msgspec.Struct, forbid_unknown_fields=True):
    patch: list[Operation] = []
    reply: Any = msgspec.UNSET
    error: str = ""


class WorldModel:
    """Tools that a model answers for.

    What it says is checked before it counts: the patch applies, the state then fits its schema, a tool that only reads
    patches nothing, the reply fits the tool's output schema. What is wrong is told to it and it tries again; after so
    many attempts the world has failed, which is a `Fault` and never the agent's loss. A fault of the endpoint passes
    through. It is a function of the state, the call, the seed and the model's answers: with a
    `agent_envs.simulators.chat.Cassette` around the model an episode replays to the byte.
    Source: the tool simulator of Kimi K2 (arXiv 2507.20534 §3.1.1); the patches and checks are ours.

    Args:
        chat: Who answers.
        model: Its name there.
        toolset: The tools.
        beginning: The state in which every episode begins.
        form: JSON schema that every state fits; None for any.
        attempts: How often it may try to answer one call.
        **sampling: Parameters such as ``temperature=0.0``.

    Raises:
        ValueError: No attempt at all, or a beginning that does not fit.
    """

    def __init__(
        self,
        chat: Chat,
        model: str,
        toolset: Toolset,
        *,
        beginning: Mapping[str, Any],
        form: Mapping[str, Any] | None = None,
        attempts: int = 3,
        **sampling: Any,
    ) -> None:
        at_least_one("attempts", attempts)
        self.chat, self.model, self.toolset = chat, model, toolset
        self.form = Plain(form or {}, 6)(form or {})
        self.attempts, self.sampling = attempts, sampling
        self._beginning = ModelState(_json(beginning))
        if wrong := self._misfit(dict(beginning)):
            raise ValueError(f"beginning= does not do: {wrong}")
        self._tools = {tool.name: tool for tool in toolset.tools}
        self.digest = digest_of(PROMPT, model, sampling, attempts, toolset.digest, self._beginning.held, form)

    @property
    def schemas(self) -> Sequence[dict[str, Any]]:
        """The tools as the model sees them."""
        return tuple(tool.schema for tool in self.toolset.tools)

    def begin(self) -> ModelState:
        """The state in which every episode begins."""
        return self._beginning

    def call(self, state: ModelState, call: ToolCall, seed: int) -> tuple[ModelState, str]:
        """Let the model answer one call.

        Args:
            state: The state now.
            call: The call.
            seed: The episode's seed, which goes with every call of the model.

        Raises:
            ToolError: The call does not fit its schema, or the model finds it mistaken.
            Fault: The model gave no answer that can be used (origin ``env``), or the endpoint failed.
        """
        tool = self._tools.get(call.name)
        if tool is None:
            raise ToolError(f"there is no tool {call.name[:100]!r}; the tools are {', '.join(self._tools)}")
        arguments = checked(tool, call.arguments)
        messages = self._prompt(state, tool, arguments)
        problem = ""
        for number in range(self.attempts):
            asked = Call(
                model=self.model, messages=messages, sampling=self.sampling, seed=seed, index=state.asked + number
            )
            text = self.chat(asked).message.content
            try:
                said = read(text, _Said)
                held = self._after(state, tool, said)
            except (Unreadable, PatchError) as error:
                problem = str(error)
                messages = (*messages, Message("assistant", text), Message("user", _AGAIN.format(problem=problem)))
                continue
            if said.error:
                raise ToolError(said.error[:LIMIT_ERROR_CHARS])
            reply = said.reply if isinstance(said.reply, str) else _json(said.reply)
            return ModelState(held, state.asked + number + 1), reply
        raise Fault(
            f"after {self.attempts} attempts the world model {self.model} has no answer to {tool.name}: {problem}",
            origin="env",
        )

    def difference(self, state: ModelState) -> tuple[str, ...]:
        """The values of the state that are not as they were in the beginning."""
        return tuple(changes(msgspec.json.decode(self._beginning.held), msgspec.json.decode(state.held)))

    def _prompt(self, state: ModelState, tool: ToolSpec, arguments: dict[str, Any]) -> Context:
        form = "" if tool.output is None else f"\nIts reply fits this schema: {_json(tool.output)}"
        told = f"The state:\n{state.held}\n\nThe tool {tool.name}: {tool.description}{form}\n\nThe arguments:\n"
        return Message("system", PROMPT), Message("user", told + _json(arguments))

    def _after(self, state: ModelState, tool: ToolSpec, said: _Said) -> str:
        """The state after an answer.

        Raises:
            Unreadable: The answer is none.
            PatchError: Its patch cannot be applied.
        """
        if said.error:
            if said.patch or said.reply is not msgspec.UNSET:
                raise Unreadable("an error comes with neither a patch nor a reply")
            return state.held
        if said.reply is msgspec.UNSET:
            raise Unreadable("it has neither a reply nor an error")
        if said.patch and tool.effect is not None and tool.effect.verb in ("get", "list"):
            raise Unreadable(f"{tool.name} only reads, and the patch is not empty")
        if tool.output is not None and (wrong := misfit(tool.output, said.reply, "the reply")):
            raise Unreadable(wrong)
        held = patched(msgspec.json.decode(state.held), said.patch)
        if wrong := self._misfit(held):
            raise Unreadable(wrong)
        return _json(held)

    def _misfit(self, held: dict[str, Any]) -> str:
        if len(_json(held)) > LIMIT_STATE_CHARS:
            return f"the state is longer than {LIMIT_STATE_CHARS:,} characters"
        return misfit(self.form, held, "the state")


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
