"""What the agenda-based user says, by persona; the seed chooses among the variants."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from agent_envs.envs.domain_task import Persona

Phrases = Mapping[Persona, tuple[str, ...]]


def _all(*plain: str, **others: tuple[str, ...]) -> Phrases:
    """The same for every persona, but for those that are named."""
    personas: tuple[Persona, ...] = ("plain", "terse", "chatty", "impatient", "confused", "changes_mind")
    return {persona: others.get(persona, plain) for persona in personas}


GREETING = _all(
    "Hello.",
    "Good morning.",
    "Hi there.",
    terse=("",),
    chatty=("Hello, how nice to reach somebody at last!", "Hi! I hope you are having a good day."),
    impatient=("Hello, I have little time.", "Hi, I hope this will be quick."),
    confused=("Hello, I hope I am right here.", "Hi, I am not sure how this works."),
    changes_mind=("Hello.", "Hi, let me see."),
)
FACT = _all(
    "My {slot} is {value}.",
    "The {slot} is {value}.",
    terse=("{slot}: {value}.",),
    chatty=("Of course, my {slot} is {value}.", "Let me look. Yes, here: the {slot} is {value}."),
    impatient=("My {slot} is {value}. What else?", "The {slot} is {value}, as you should know."),
    confused=("I think the {slot} is {value}.", "If I read it right, my {slot} is {value}."),
)
"""All name the slot, because several may be told at once."""
LACKING = _all(
    "I am afraid I do not know my {slot}.",
    "I do not have the {slot} here.",
    terse=("No idea.",),
    impatient=("How should I know my {slot}? You have it all there.",),
    confused=("What is a {slot}? I do not have one, I think.",),
)
YES = _all(
    "Yes, please.",
    "Yes, go ahead.",
    "Yes, that is right.",
    terse=("Yes.", "Yes, do."),
    chatty=("Yes, please, that would be wonderful.", "Oh yes, go ahead, thank you so much."),
    impatient=("Yes, yes, do it.", "Yes. Get on with it, please."),
    confused=("I think so. Yes.", "Yes, if that is how it is done."),
)
NO = _all(
    "No. {why}", terse=("No: {why}",), chatty=("Oh no, I am sorry. {why}",), confused=("No, I believe not. {why}",)
)
NOT_THAT = _all(
    "No, thank you, that is not what I asked for.",
    "No, that is no help to me.",
    terse=("No.",),
    impatient=("No! I want what I asked for.",),
)
WAIT = _all(
    "Wait, let me think about it once more. What was it?",
    "Hold on, I am not quite sure yet. Say it again, please.",
)
RATHER = _all("Wait, I have thought about it. {request}", "Hold on, I would rather have it otherwise. {request}")
NEXT = _all(
    "Thank you. One more thing.",
    "Good. There is something else.",
    "Thanks. And then:",
    terse=("Next:",),
    chatty=("How kind of you. While I have you here, something else.", "Thank you! You are a great help. And then:"),
    impatient=("Fine. Next, quickly:", "All right. And now:"),
    confused=("I see, I think. There was something else.", "Ah. And what was it? Yes:"),
)
THANKS = _all(
    "Thank you, that is all.",
    "Great, that was everything. Goodbye.",
    "Thanks for your help. Bye.",
    terse=("Bye.", "That is all."),
    chatty=("Thank you ever so much, you made my day. Goodbye!", "Lovely, that is all. Do have a nice day!"),
    impatient=("Finally. Goodbye.", "That is all. Bye."),
    confused=("I think that was it. Goodbye.", "Oh, is that all? Then thank you."),
)
PUSH = _all(
    "Is there really no way?",
    "Can you not make an exception?",
    terse=("Why not?",),
    chatty=("Oh dear, I had so hoped for it. Can you not make an exception, just this once?",),
    impatient=("That cannot be! Do it all the same.", "I have no patience for rules. Is there no way?"),
    confused=("I do not understand. Why is it not possible?",),
)
AGAIN = _all(
    "Sorry, I do not follow.",
    "I am not sure what you mean.",
    "That does not help me yet.",
    terse=("What?",),
    impatient=("That is not what I asked.", "Please, to the point."),
    confused=("I am lost.", "You go too fast for me."),
)
NO_WORD = _all("I have had no confirmation of it yet.", "I do not see it here yet.", terse=("Not here yet.",))
STALLED = _all("All right.", "Take your time.", terse=("OK.",), impatient=("Be quick, please.",))
DID = _all("I did that. It says: {results}", "Done. I see this: {results}", terse=("Did it: {results}",))
STILL = _all("It still does not work: {result}", "That was not it. I see: {result}", terse=("Still not: {result}",))


def phrase(phrases: Phrases, persona: Persona, seed: int, utterance: int, **values: str) -> str:
    """One of the phrases of a persona, with its values."""
    options = phrases[persona]
    drawn = hashlib.blake2b(f"{seed} {utterance}".encode(), digest_size=8).digest()
    return options[int.from_bytes(drawn, "big") % len(options)].format(**values)
