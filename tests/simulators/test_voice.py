from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import pytest

from agent_envs.envs.domain_task import Bound, Script, Want
from agent_envs.messages import Message, ToolCall
from agent_envs.outcome import Fault
from agent_envs.rollouts.policies import oracle
from agent_envs.rollouts.rollout import rollout
from agent_envs.simulators.chat.protocol import Call, Reply
from agent_envs.simulators.user.voice import LLMUser, Paraphraser, Voice

NOW = "(Now say this, in your own words: "
SCRIPT = Script(
    wants=(
        Want(
            "I would like to cancel the order O1000042.",
            "act",
            told=("12.50",),
            bounds=(Bound("at_most", "20.00", "That is more than 20.00."),),
        ),
        Want("When does my parcel come?", "learn", told=("2026-03-05",)),
    ),
    facts=(("name", "Ada Nowak"), ("email", "ada@example.org"), ("order_id", "O1000042")),
)
VOICES = (Paraphraser, LLMUser)


def meant(call: Call) -> str:
    """What the model is to say."""
    text = call.messages[-1].content
    if NOW in text:
        text = text.partition(NOW)[2].removesuffix(")").removesuffix(" You agree to what the agent proposes.")
    return text


def faithful(call: Call) -> Reply:
    """Says what it is to say, word for word."""
    return Reply(message=Message("assistant", meant(call)))


def says(*texts: str | Message) -> tuple[Callable[[Call], Reply], list[Call]]:
    """Says these texts, the last again and again; and the calls that were made."""
    calls: list[Call] = []

    def chat(call: Call) -> Reply:
        calls.append(call)
        text = texts[min(len(calls), len(texts)) - 1]
        return Reply(message=text if isinstance(text, Message) else Message("assistant", text))

    return chat, calls


def answer_to(voice: type[Voice], heard: str, *texts: str | Message) -> str:
    """What a user says to the agent if a model says these texts in their place."""
    first = voice(faithful, "m").begin(SCRIPT, 0)
    return voice(says(*texts)[0], "m").hear(SCRIPT, 0, first.memory, heard, 0).text


@pytest.mark.parametrize("name", ["Shop", "Clinic", "Rental", "Telecom", "Warehouse"])
@pytest.mark.parametrize("voice", VOICES)
def test_a_dialogue_in_faithful_words_is_that_of_the_agenda(name: str, voice: type[Voice]) -> None:
    small = {"rows": 20_000} if name == "Warehouse" else {"rows": 1000}
    plain = gymnasium.make(f"agent_envs/{name}-v0", **small)  # type: ignore[arg-type]
    spoken = gymnasium.make(f"agent_envs/{name}-v0", user=voice(faithful, "m"), **small)  # type: ignore[arg-type]
    for seed in range(0, 120, 3):
        one, other = rollout(plain, oracle, seed), rollout(spoken, oracle, seed)
        assert other.fault is None
        assert (one.opening, one.turns) == (other.opening, other.turns)
        assert other.reward == 1.0


def test_free_words_may_be_chosen_and_spoken_values_spelled_otherwise() -> None:
    text = "Hi! It's about O1000042 - could you cancel that one for me?"
    assert Paraphraser(says(text)[0], "m").begin(SCRIPT, 0).text == text
    assert (
        answer_to(LLMUser, "What is your name?", "Sure, that would be Ada Nowak.") == "Sure, that would be Ada Nowak."
    )


PROPOSAL = "I can cancel it and refund 12.50. Shall I go ahead?"
DEAR = "Cancelling it costs 45.00. Shall I go ahead?"
ASKED = "May I have your e-mail address?"
MISBEHAVIOURS = [
    ("nothing", ASKED, "  ", "says nothing"),
    ("a novel", ASKED, "My email is ada@example.org. " * 40, "a user says at most 600"),
    (
        "an invented value",
        ASKED,
        "My email is ada@example.org and my order is O7777777.",
        "O7777777, which nobody gave it",
    ),
    ("an invented amount", ASKED, "My email is ada@example.org, and I paid 99.95.", "99.95, which nobody gave it"),
    (
        "an invented day",
        ASKED,
        "My email is ada@example.org; I ordered on 3 May 2026.",
        "2026-05-03, which nobody gave",
    ),
    ("another address", ASKED, "It is ada@elsewhere.net.", "ada@elsewhere.net, which nobody gave it"),
    ("the agent's lines", ASKED, "My email is ada@example.org. How can I help you today?", "says the agent's lines"),
    ("a report of the agent", PROPOSAL, "Yes. I have cancelled your order.", "says the agent's lines"),
    ("both roles", ASKED, "Customer: ada@example.org\nAgent: Thank you!", "names who speaks"),
    ("a call", ASKED, '<tool_call>{"name": "cancel"}</tool_call> ada@example.org', "holds markup, a call or JSON"),
    (
        "a structured call",
        ASKED,
        Message("assistant", "My email is ada@example.org.", calls=(ToolCall("x"),)),
        "calls a tool",
    ),
    ("an early end", ASKED, "My email is ada@example.org. Goodbye!", "ends the conversation before its wants are met"),
    ("a stop signal", ASKED, "My email is ada@example.org. ###STOP###", "ends the conversation before"),
    ("a confession", ASKED, "As an AI language model I have no e-mail, but ada@example.org.", "being a model"),
    ("everything at once", ASKED, "I am Ada Nowak, ada@example.org, and it is about O1000042.", "without being asked"),
    ("no agreement", PROPOSAL, "Hm, I am not so certain about that.", "does not agree to what it is to agree to"),
    (
        "agreement over its bound",
        DEAR,
        "Yes, go ahead. That is more than 20.00.",
        "agrees to what it is not to agree to",
    ),
    ("another language", ASKED, "Моя почта ada@example.org, пожалуйста отмените заказ поскорее", "is not in English"),
]


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(("heard", "text", "told"), [m[1:] for m in MISBEHAVIOURS], ids=[m[0] for m in MISBEHAVIOURS])
def test_a_misbehaviour_is_caught_and_is_the_users_fault(voice: type[Voice], heard: str, text: Any, told: str) -> None:
    with pytest.raises(Fault, match="after 3 attempts the user's model m still says what it may not") as caught:
        answer_to(voice, heard, text)
    assert caught.value.origin == "user"
    assert told in str(caught.value)


def test_a_paraphrase_that_loses_or_adds_a_value_is_caught() -> None:
    with pytest.raises(Fault, match="leaves out O1000042"):
        Paraphraser(says("Please cancel my order.")[0], "m").begin(SCRIPT, 0)
    with pytest.raises(Fault, match="tells name without being asked"):
        Paraphraser(says("Ada Nowak here, please cancel O1000042.")[0], "m").begin(SCRIPT, 0)


def test_what_is_wrong_is_told_and_another_try_counts() -> None:
    chat, calls = says("My order is O7777777.", "Please cancel O1000042.")
    spoken = Paraphraser(chat, "m", temperature=0.7).begin(SCRIPT, 5)
    assert spoken.text == "Please cancel O1000042."
    assert [(call.index, call.seed, call.sampling) for call in calls] == [
        (0, 5, {"temperature": 0.7}),
        (1, 5, {"temperature": 0.7}),
    ]
    assert calls[1].messages[-2] == Message("assistant", "My order is O7777777.")
    assert calls[1].messages[-1].content.startswith("This cannot be said: it says O7777777, which nobody gave it; it ")
    assert spoken.memory.calls == 2


def test_a_model_that_finds_the_scenario_lacking_is_the_users_fault() -> None:
    with pytest.raises(Fault, match="finds the scenario lacking"):
        answer_to(LLMUser, ASKED, "###OUT-OF-SCOPE###")


def test_a_user_that_fails_costs_the_agent_nothing() -> None:
    env = gymnasium.make("agent_envs/Shop-v0", rows=1000, user=LLMUser(says("How can I help you?")[0], "m"))
    played = rollout(env, oracle, 0)
    assert played.reward is None
    assert played.fault is not None
    assert played.fault.origin == "user"


def test_the_model_is_told_the_dialogue_in_its_own_place() -> None:
    chat, calls = says("Hello, I would like to cancel the order O1000042.", "It is ada@example.org.")
    user = LLMUser(chat, "m")
    first = user.begin(SCRIPT, 0)
    user.hear(SCRIPT, 0, first.memory, ASKED, 0)
    system, said, heard = calls[1].messages
    assert "ada@example.org" in system.content
    assert said == Message("assistant", first.text)
    assert heard.content.startswith(f"{ASKED}\n\n{NOW}")


def test_two_models_or_settings_are_two_users() -> None:
    users = [
        LLMUser(faithful, "a"),
        LLMUser(faithful, "b"),
        LLMUser(faithful, "a", temperature=0),
        Paraphraser(faithful, "a"),
    ]
    assert len({user.digest for user in users}) == 4


def test_no_attempt_is_no_user() -> None:
    with pytest.raises(ValueError, match="attempts=0"):
        LLMUser(faithful, "m", attempts=0)
