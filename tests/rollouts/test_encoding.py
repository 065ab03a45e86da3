from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_envs.messages import Context, Message, ToolCall, assistant, continued
from agent_envs.rollouts.encoding import Encoded, encode
from agent_envs.rollouts.policies import scripted
from agent_envs.rollouts.rollout import rollout
from agent_envs.rollouts.template import JinjaTemplate, prompt
from agent_envs.rollouts.trajectory import Segment, Turn
from agent_envs.tokenizers import qwen
from agent_envs.wrappers import ThinkingBudget, ThinkingMode

Make = Callable[..., JinjaTemplate]
END = 151_645
OPENING = (Message("system", "s"), Message("user", "q"))
RESULT = Message("user", "<tool_response>\nr\n</tool_response>")


def learned(part: Encoded) -> str:
    """The text that is learned."""
    return qwen().decode([token for token, one in zip(part.ids, part.mask, strict=True) if one])


def whole(part: Encoded) -> str:
    return qwen().decode(part.ids)


def said(content: str, *answers: Message, **keywords: Any) -> Turn:
    """A turn in a text dialect."""
    return Turn(content, (assistant(content), *answers), 0.0, **keywords)


def test_a_segment_is_its_conversation_of_which_the_turns_and_their_ends_are_learned(template_of: Make) -> None:
    (part,) = encode(Segment(OPENING, (said("one", RESULT), said("two"))), template_of("qwen2_5"), qwen())
    assert whole(part) == (
        "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\none<|im_end|>\n"
        "<|im_start|>user\n<tool_response>\nr\n</tool_response><|im_end|>\n<|im_start|>assistant\ntwo<|im_end|>"
    )
    assert learned(part) == "one<|im_end|>two<|im_end|>"
    assert part.turns == (0, 2)


def test_sampled_tokens_are_taken_as_they_are(template_of: Make) -> None:
    letters = tuple(token for letter in "one" for token in qwen().encode(letter))
    turns = (said("one", RESULT, token_ids=(*letters, END)), said("two"))
    (part,) = encode(Segment(OPENING, turns), template_of("qwen2_5"), qwen())
    assert [token for token, one in zip(part.ids, part.mask, strict=True) if one][:4] == [*letters, END]


def test_an_end_that_was_not_sampled_is_not_learned(template_of: Make) -> None:
    turns = tuple(said(text, RESULT, token_ids=tuple(qwen().encode(text))) for text in ("one", "two"))
    (part,) = encode(Segment(OPENING, turns), template_of("qwen2_5"), qwen())
    assert learned(part) == "onetwo"
    assert "assistant\none<|im_end|>\n<|im_start|>user" in whole(part)
    assert whole(part).endswith("assistant\ntwo")


def test_a_turn_that_is_not_to_be_trained_is_given(template_of: Make) -> None:
    turns = (said("one", RESULT, trained=False), said("two", RESULT), said("three", trained=False))
    (part,) = encode(Segment(OPENING, turns), template_of("qwen2_5"), qwen())
    assert learned(part) == "two<|im_end|>"
    assert encode(Segment(OPENING, turns[:1]), template_of("qwen2_5"), qwen()) == []
    assert encode(Segment(OPENING), template_of("qwen2_5"), qwen()) == []


def test_an_assistants_message_in_the_opening_is_given(template_of: Make) -> None:
    opening = (*OPENING, assistant("before"), Message("user", "q2"))
    (part,) = encode(Segment(opening, (said("one"),)), template_of("qwen2_5"), qwen())
    assert "assistant\nbefore<|im_end|>" in whole(part)
    assert learned(part) == "one<|im_end|>"


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3_training"])
def test_a_turn_that_the_environment_began_is_learned_behind_its_beginning(
    template_of: Make, make_tiny: Any, name: str
) -> None:
    env = ThinkingMode(make_tiny(dialect="hermes"), default=False)
    (segment,) = rollout(env, scripted(["one", "<answer>x</answer>"]), 0).segments
    (part,) = encode(segment, template_of(name), qwen())
    assert learned(part) == "one<|im_end|><answer>x</answer><|im_end|>"
    assert whole(part).count("assistant\n<think>\n\n</think>\n\n") == 2


def test_what_cuts_a_thought_is_given(template_of: Make, make_tiny: Any) -> None:
    env = ThinkingBudget(make_tiny(dialect="hermes"), limit_tokens=2)
    turns = ["<think>\nlong, long thought\n</think>\n\nx", "<answer>x</answer>"]
    (segment,) = rollout(env, scripted(turns), 0).segments
    for name in ("qwen2_5", "qwen3", "qwen3_training"):
        (part,) = encode(segment, template_of(name), qwen())
        assert learned(part) == "<think>\nlong, l<answer>x</answer><|im_end|>"
        assert "long, lConsidering the limited time by the user" in whole(part)


def test_what_cuts_a_thought_beside_the_text_is_given(template_of: Make, make_tiny: Any) -> None:
    env = ThinkingBudget(make_tiny(dialect="openai"), limit_tokens=2)
    turns = [Message("assistant", "x", "long, long thought"), assistant(answer="x")]
    (segment,) = rollout(env, scripted(turns), 0).segments
    (part,) = encode(segment, template_of("qwen3"), qwen())
    answer = '<tool_call>\n{"name": "answer", "arguments": {"answer": "x"}}\n</tool_call><|im_end|>'
    assert learned(part) == "<think>\nlong, lo" + answer


def test_tokens_behind_a_cut_are_learned_where_they_were_sampled_and_gone_afterwards(template_of: Make) -> None:
    ids = (*qwen().encode("one<tool_response>"), END)
    first, second = encode(
        Segment(OPENING, (said("one", RESULT, token_ids=ids), said("two"))), template_of("qwen2_5"), qwen()
    )
    assert (learned(first), first.turns) == ("one<tool_response><|im_end|>", (0, 1))
    assert (learned(second), second.turns) == ("two<|im_end|>", (1, 2))
    assert "assistant\none<|im_end|>" in whole(second)


THOUGHT = "<think>\nHm.\n</think>\n\n"


@pytest.mark.parametrize(("name", "samples"), [("qwen3", 2), ("qwen3_training", 1), ("qwen2_5", 1)])
def test_where_the_template_drops_earlier_thoughts_another_sample_begins(
    template_of: Make, name: str, samples: int
) -> None:
    turns = (said(f"{THOUGHT}one", RESULT), said(f"{THOUGHT}two", Message("user", "q2")), said(f"{THOUGHT}three"))
    parts = encode(Segment(OPENING, turns), template_of(name), qwen())
    assert len(parts) == samples
    assert "".join(map(learned, parts)) == "".join(f"{THOUGHT}{number}<|im_end|>" for number in ("one", "two", "three"))
    assert whole(parts[-1]).count("Hm.") == (3 if samples == 1 else 1)
    assert parts[0].turns == ((0, 2) if samples == 2 else (0, 3))


@pytest.mark.parametrize(("name", "samples"), [("qwen3", 1), ("qwen3_training", 2), ("qwen2_5", 1)])
def test_where_the_template_writes_an_empty_thought_another_sample_begins(
    template_of: Make, name: str, samples: int
) -> None:
    parts = encode(Segment(OPENING, (said("one", RESULT), said("two"))), template_of(name), qwen())
    assert [learned(part) for part in parts] == (
        ["one<|im_end|>two<|im_end|>"] if samples == 1 else ["one<|im_end|>", "two<|im_end|>"]
    )


def test_text_that_the_tokenizer_composes_alike_does_not_part_a_sample(template_of: Make) -> None:
    call = ToolCall.of("find", q="\n\u0301")  # in JSON the accent stands behind an n
    spelled = '<tool_call>\n{"name": "find", "arguments": {"q": "\\ń"}}\n</tool_call>'
    ids = (*qwen().encode(spelled), END)
    turns = (Turn("", (assistant(calls=(call,)), Message("tool", "r")), 0.0, token_ids=ids), said("x"))
    (part,) = encode(Segment(OPENING, turns), template_of("qwen2_5"), qwen())
    assert learned(part) == f"{spelled}<|im_end|>x<|im_end|>"
    assert "<|im_end|>\n<|im_start|>user\n<tool_response>\nr\n</tool_response><|im_end|>" in whole(part)


def test_glms_own_turns_only_grow_under_its_template(template_of: Make) -> None:
    call = "\n<think>Hm.</think>\n<tool_call>search\n<arg_key>q</arg_key>\n<arg_value>x</arg_value>\n</tool_call>"
    turns = (said(call, Message("tool", "r")), said("\n<think>So.</think>\nIt is x."))
    (part,) = encode(Segment(OPENING, turns), template_of("glm4moe"), qwen())
    assert learned(part) == f"{call}\n<think>So.</think>\nIt is x."  # a turn ends where the next message begins
    assert "</tool_call><|observation|>\n<tool_response>\nr\n</tool_response><|assistant|>" in whole(part)


def test_a_structured_turn_that_the_template_does_not_put_behind_its_prompt_is_told() -> None:
    template = JinjaTemplate(
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% for c in m.tool_calls %}!{% endfor %}{% endfor %}"
        "{% if add_generation_prompt %}<assistant><think>{% endif %}"
    )
    turn = Turn("", (assistant(calls=(ToolCall("f"),)),), 0.0)
    with pytest.raises(ValueError, match=r"ends in '.*<think>'; have the policy record the tokens"):
        encode(Segment(OPENING, (turn,)), template, qwen())
    told = msgspec.structs.replace(turn, token_ids=(1, 2))
    assert sum(encode(Segment(OPENING, (told,)), template, qwen())[0].mask) == 2


words = st.text("ab \n<>/é多ש🜁", max_size=8)
turns = st.builds(
    lambda content, answers, trained, told, ended: said(
        content, *answers, trained=trained, token_ids=(*qwen().encode(content), *([END] * ended)) if told else ()
    ),
    words | words.map(lambda text: f"{THOUGHT}{text}"),
    st.lists(st.builds(Message, st.sampled_from(["user", "tool"]), words), min_size=1, max_size=2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3", "qwen3_training", "glm4moe"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(taken=st.lists(turns, min_size=1, max_size=5))
def test_what_is_learned_is_what_was_sampled_behind_the_prompt_that_was_seen(
    template_of: Make, name: str, taken: list[Turn]
) -> None:
    template = template_of(name)
    parts = encode(Segment(OPENING, tuple(taken)), template, qwen())
    prompts: list[str] = []
    context: Context = OPENING
    for turn in taken:
        prompts.append(prompt(template, context))
        context = continued(context, turn.new)
    covered = [number for part in parts for number in range(*part.turns)]
    assert covered == sorted(set(covered))
    assert set(covered) >= {number for number, turn in enumerate(taken) if turn.trained and turn.token_ids}
    for part in parts:
        inside = range(*part.turns)
        assert len(part.ids) == len(part.mask)
        assert all(whole(part).startswith(prompts[number]) for number in inside)
        if all(taken[number].token_ids for number in inside):
            ones = [token for token, one in zip(part.ids, part.mask, strict=True) if one]
            assert ones == [token for number in inside for token in taken[number].token_ids if taken[number].trained]
