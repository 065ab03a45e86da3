"""Published chat templates, as the package trl carries them, and what a model would sample under them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent_envs.dialects import Dialect
from agent_envs.messages import Context, Message, ToolCall
from agent_envs.rollouts.policies import MakePolicy, Policy, Sampled, oracle
from agent_envs.rollouts.template import JinjaTemplate
from agent_envs.tokenizers import qwen

END = 151_645
"""``<|im_end|>``"""


@pytest.fixture(scope="session")
def template_of() -> Callable[..., JinjaTemplate]:
    """Makes a chat template by the name of its file."""
    found = find_spec("trl")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the chat templates of published models are not there: pip install --no-deps trl==1.16.0")
    folder = Path(found.submodule_search_locations[0]) / "chat_templates"

    def make(name: str, variables: Mapping[str, Any] | None = None) -> JinjaTemplate:
        return JinjaTemplate((folder / f"{name}.jinja").read_text(), variables)

    return make


def said_by_qwen(turn: Message, dialect: Dialect) -> str:
    """What Qwen3 writes to say a turn, up to the end of it."""
    if not dialect.tools_beside_text:
        return dialect.render(turn)
    calls = turn.calls if turn.answer is None else (*turn.calls, ToolCall.of("answer", answer=turn.answer))
    spelled = [
        f'<tool_call>\n{{"name": "{call.name}", "arguments": '
        f"{json.dumps(json.loads(call.arguments), ensure_ascii=False)}}}\n</tool_call>"
        for call in calls
    ]
    thought = f"<think>\n{turn.thinking}\n</think>\n\n" if turn.thinking else ""
    return thought + "\n".join(([turn.content] if turn.content else []) + spelled)


@pytest.fixture
def sampled() -> Callable[[Message, Dialect], Sampled]:
    """Makes a turn as a policy returns it that samples Qwen's tokens."""

    def make(turn: Message, dialect: Dialect) -> Sampled:
        action = turn if dialect.tools_beside_text else dialect.render(turn)
        return Sampled(action, (*qwen().encode(said_by_qwen(turn, dialect)), END))

    return make


@pytest.fixture
def thinking_oracle(sampled: Callable[[Message, Dialect], Sampled]) -> Callable[[str], MakePolicy]:
    """Makes the oracle think before each turn, and tell the tokens that it samples."""

    def thinking(thought: str) -> MakePolicy:
        def make(env: Any, seed: int) -> Policy:
            dialect, solve = env.unwrapped.dialect, oracle(env, seed)

            def policy(context: Context, info: dict[str, Any]) -> Sampled:
                solution = solve(context, info)
                assert isinstance(solution, Message)
                return sampled(msgspec.structs.replace(solution, thinking=thought), dialect)

            return policy

        return make

    return thinking
