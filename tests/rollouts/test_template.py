from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import jinja2
import pytest

from agent_envs.messages import Message, ToolCall, assistant
from agent_envs.rollouts.template import JinjaTemplate, parted, prompt

Make = Callable[..., JinjaTemplate]
CHAT = (Message("system", "Be brief."), Message("user", "río <&> 多"))
TOOL = {"type": "function", "function": {"name": "find", "description": "Fängt <b> an.", "parameters": {}}}


def test_a_conversation_is_rendered_as_the_model_was_trained_on(template_of: Make) -> None:
    text = prompt(template_of("qwen3"), CHAT)
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nrío <&> 多<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3", "qwen3_training"])
def test_tools_and_calls_are_json_without_escapes(template_of: Make, name: str) -> None:
    call = ToolCall("find", '{"a":"<ö>"}', "1")
    said = (*CHAT, assistant(calls=(call,)), Message("tool", "ok", call_id="1"))
    text = prompt(template_of(name), said, [TOOL])
    assert '"description": "Fängt <b> an."' in text
    assert '{"name": "find", "arguments": {"a": "<ö>"}}' in text
    assert "<tool_response>\nok\n</tool_response>" in text


def test_a_template_may_walk_through_arguments(template_of: Make) -> None:
    said = (*CHAT, assistant(calls=(ToolCall.of("find", a="x", b=[1]),)))
    text = template_of("glm4moe")(said, [], add_generation_prompt=False)
    assert "<arg_key>a</arg_key>\n<arg_value>x</arg_value>\n<arg_key>b</arg_key>\n<arg_value>[1]</arg_value>" in text


@pytest.mark.parametrize("arguments", ["not JSON", '"a"', "[1]", '{"a": NaN}', '{"a": "\\ud800"}'])
def test_arguments_that_are_no_object_stay_what_the_model_wrote(template_of: Make, arguments: str) -> None:
    said = (*CHAT, assistant(calls=(ToolCall("find", arguments),)))
    text = template_of("qwen3")(said, [], add_generation_prompt=False)
    assert f'{{"name": "find", "arguments": {arguments}}}' in text


def test_a_thought_and_an_answer_beside_the_text_are_shown(template_of: Make) -> None:
    said = (*CHAT, Message("assistant", "So:", "Hm.", answer="the Nile"))
    assert template_of("qwen3")(said, [], add_generation_prompt=False).endswith(
        "<think>\nHm.\n</think>\n\nSo:\n"
        '<tool_call>\n{"name": "answer", "arguments": {"answer": "the Nile"}}\n</tool_call><|im_end|>\n'
    )


def test_a_variable_reaches_the_template(template_of: Make) -> None:
    template = template_of("qwen3", {"enable_thinking": False})
    assert prompt(template, CHAT).endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_a_message_that_is_to_be_continued_has_no_end(template_of: Make) -> None:
    begun = assistant("<think>\n\n</think>\n\n")
    text = prompt(template_of("qwen3"), (*CHAT, begun))
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_where_the_template_trims_what_was_said_it_is_continued_without_white_space(template_of: Make) -> None:
    begun = (*CHAT, assistant("So \n"))
    assert prompt(template_of("qwen3_training"), begun).endswith("</think>\n\nSo \n")
    assert prompt(template_of("glm4moe"), begun).endswith("</think>\nSo")


def test_a_conversation_is_parted_behind_what_was_said_or_thought_last(template_of: Make) -> None:
    template = template_of("qwen3")
    head, tail = parted(template, (*CHAT, Message("assistant", "So.", "Hm.")))
    assert (head.rpartition("\n<think>")[2], tail) == ("\nHm.\n</think>\n\nSo.", "<|im_end|>\n")
    head, tail = parted(template, (*CHAT, Message("assistant", "So.", "Hm.")), behind="thinking")
    assert (head.rpartition("\n<think>")[2], tail) == ("\nHm.", "\n</think>\n\nSo.<|im_end|>\n")


@pytest.mark.parametrize(("source", "times"), [("nothing", 0), ("{{ messages[-1].content * 2 }}", 2)])
def test_a_template_that_does_not_show_the_last_message_once_is_told(source: str, times: int) -> None:
    with pytest.raises(ValueError, match=f"shows the content of message 1 {times} times"):
        parted(JinjaTemplate(source), CHAT)


def test_marks_of_what_is_generated_change_nothing() -> None:
    template = JinjaTemplate(
        "{%- for m in messages %}{%- generation -%} {{ m.content }}{%- endgeneration %}{% break %}{% endfor %}!"
    )
    assert template((Message("user", "x"), Message("user", "y")), [], add_generation_prompt=False) == "x!"


def test_a_template_may_refuse_a_conversation() -> None:
    template = JinjaTemplate("{{ raise_exception('no system message, please') }}")
    with pytest.raises(jinja2.TemplateError, match="no system message, please"):
        template(CHAT, [], add_generation_prompt=False)


def test_a_template_does_not_learn_the_date_but_by_a_variable(template_of: Make) -> None:
    with pytest.raises(jinja2.TemplateError, match=r"asks for today's date .*; give the variable that it reads"):
        prompt(template_of("llama3_2"), CHAT)
    dated = template_of("llama3_2", {"date_string": "26 Jul 2024", "bos_token": "<s>"})
    assert "Today Date: 26 Jul 2024" in prompt(dated, CHAT)


def test_a_template_reaches_nothing_outside() -> None:
    for source in ("{{ messages.__class__.__mro__[1].__subclasses__() }}", "{{ messages.append(1) }}"):
        with pytest.raises(jinja2.exceptions.SecurityError):
            JinjaTemplate(source)(CHAT, [], add_generation_prompt=False)


def test_without_jinja_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gone: Any = None
    monkeypatch.setitem(sys.modules, "jinja2", gone)
    monkeypatch.delitem(sys.modules, "agent_envs.rollouts.jinja", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'agent-envs\[tokens\]'"):
        JinjaTemplate("x")
