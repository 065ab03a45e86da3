"""Whether the agent is to think before it speaks, as flags in the conversation say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import msgspec
from gymnasium import Env

from agent_envs.core import Result
from agent_envs.messages import Action, Context, Message
from agent_envs.stack import Wrapper

from .continuing import begin_turn, step_continued

ON, OFF = "/think", "/no_think"


class Mode(msgspec.Struct, frozen=True):
    """What is remembered.

    Args:
        thinking: Whether the last flag turned thinking on; it is on where there is none.
        begun: Whether an empty thought was put in front of the next turn.
    """

    thinking: bool
    begun: bool = False


class ThinkingMode(Wrapper):
    """Reads ``/think`` and ``/no_think`` in what system and user say: the last flag of the conversation decides.

    While thinking is off, each turn begins with an empty thought in the dialect's form; the context ends in it, for the
    policy to continue. In a dialect whose thoughts stand beside the text there is none to write. ``info["thinking"]``
    tells in any case, for endpoints with a switch. Flags in the results of tools count for nothing.
    Source: Qwen3 (arXiv 2505.09388) §4.3 and its chat template.

    Args:
        env: What is wrapped.
        default: Whether the agent thinks where there is no flag.
    """

    memory: Mode
    not_over: ClassVar[Mapping[str, str]] = MappingProxyType({"ThinkingMode": "one of them decides"})

    def __init__(self, env: Env[Context, Action], default: bool = True) -> None:
        super().__init__(env)
        if not isinstance(default, bool):
            raise ValueError(f"default={default!r}: give true or false")
        self.settings = self.default = default
        before, _, behind = self.core.dialect.reply("\0", None).content.partition("\0")
        self._result_frame = (before, behind)
        self._empty_thought = Message("assistant", "".join(self.core.dialect.thought))

    def reset(self, **kwargs: Any) -> tuple[Context, dict[str, Any]]:
        """Begin an episode."""
        context, info = self.env.reset(**kwargs)
        self.memory = self._read(Mode(self.default), context)
        context, _, _, _, info = self._begin((context, 0.0, False, False, info))
        return context, info

    def step(self, action: Action) -> Result:
        """Take a turn, and read what is said to it."""
        result = step_continued(self, action) if self.memory.begun else self.env.step(action)
        self.memory = self._read(Mode(self.memory.thinking), self.core.state.new[1:])
        return result if result[2] or result[3] else self._begin(result)

    def _read(self, mode: Mode, messages: Context) -> Mode:
        for message in messages:
            if message.role not in ("system", "user") or self._is_result(message):
                continue
            if flags := _FLAG.findall(message.content):
                mode = Mode(flags[-1] == ON)
        return mode

    def _is_result(self, message: Message) -> bool:
        before, behind = self._result_frame
        return bool(before) and message.content.startswith(before) and message.content.endswith(behind)

    def _begin(self, result: Result) -> Result:
        result[4]["thinking"] = self.memory.thinking
        if self.memory.thinking or not self._empty_thought.content or self.core.state.context[-1].role == "assistant":
            return result
        self.memory = Mode(False, begun=True)
        return begin_turn(self, result, self._empty_thought)


_FLAG = re.compile(rf"(?<!\S)(?:{ON}|{OFF})(?!\S)")
