"""Tasks of the operator are proved, of many kinds, and solved by whoever knows the policy."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from hypothesis import settings

from agent_envs.envs.domain_task import DomainTask
from agent_envs.envs.tool_domain import ToolDomain
from agent_envs.messages import Message, ToolCall
from agent_envs.simulators.user.agenda import AgendaUser
from agent_envs.snapshots.domains.domain import Domain
from agent_envs.snapshots.domains.draft import PERSONAS
from agent_envs.snapshots.domains.episode import EpisodeDatabase
from agent_envs.snapshots.domains.proof import prove
from agent_envs.snapshots.domains.world import DomainWorld
from agent_envs.tasks import TaskSet
from agent_envs.testing import tool_machine

TestTelecomMachine = tool_machine("telecom", rows=2_000)
TestTelecomMachine.settings = settings(TestTelecomMachine.settings, max_examples=25)  # type: ignore[attr-defined]


def test_a_domain_of_any_size_has_proved_tasks_of_many_kinds(world: DomainWorld, tasks: list[DomainTask]) -> None:
    kinds = {want.kind for task in tasks for want in task.script.wants}
    assert kinds == {"learn", "act", "refused", "works"}
    assert len(tasks) > 1000
    assert {task.difficulty for task in tasks} >= set(range(1, 11))
    sample = tasks[::12]
    assert [task.instruction for task in sample if not prove(world, AgendaUser(), task).holds] == []


def test_wants_have_many_shapes_and_refusals_many_reasons(domain: Domain, db: EpisodeDatabase) -> None:
    refused: set[str] = set()
    done: set[str] = set()
    for subject in domain.subjects(db):
        for piece in subject.pieces:
            draft = piece(db)
            if draft is not None:
                task = subject.opening.then(draft).task("t", subject.name, domain.tools, domain.user_tools)
                (refused if task.script.wants[0].kind == "refused" else done).add(draft.shape)
    assert len(refused) == 10
    assert len(done) >= 25


class Helper:
    """An agent that knows the policy and the words of the dialogue, and nothing of what is wrong."""

    def __init__(self, env: ToolDomain) -> None:
        self.env, self.reward, self.over = env, 0.0, False
        context, _ = env.reset(seed=1)
        self.complaint, self.read = context[1].content, len(context)

    def take(self, turn: Message) -> str:
        if self.over:
            return ""
        context, reward, ended, cut, _ = self.env.step(turn)
        self.reward, self.over = self.reward + float(reward), ended or cut
        new, self.read = context[self.read :], len(context)
        return " ".join(message.content for message in new if message.role != "assistant")

    def say(self, text: str, wanted: bool = True) -> str:
        return self.take(Message("assistant", text)) if wanted else ""

    def call(self, name: str, /, **arguments: Any) -> Any:
        told = self.take(Message("assistant", calls=(ToolCall.of(name, **arguments),)))
        return json.loads(re.sub("</?tool_response>", "", told)) if told and not self.over else {}

    def do(self, proposal: str, name: str, /, wanted: bool = True, **arguments: Any) -> None:
        for _ in range(3 if wanted and not self.over else 0):
            self.say(proposal)
            if self.env.state.agreed:
                self.call(name, **arguments)
                self.say("I have done that. Does it work now?")
                return

    def help(self) -> float:
        told = self.say("May I have your phone number or your email address, and your date of birth, please?")
        born, number = re.findall(r"\d{4}-\d\d-\d\d", told)[0], re.findall(r"07700 900\d{3} \d{4}", told)
        if number:
            who = self.call("find_customer_by_number", number=number[0], date_of_birth=born)
        else:
            email = re.findall(r"[\w.]+@example\.\w+", told)[0]
            who = self.call("find_customer_by_email", email=email, date_of_birth=born)
        several = len(who["lines"]) > 1
        (line_id,) = (one["line_id"] for one in who["lines"] if not several or one["number"] in self.complaint)
        self.on_the_line(who["customer_id"], line_id, line := self.call("get_line", line_id=line_id))
        self.on_the_phone(line_id, line)
        return self.reward

    def on_the_line(self, customer_id: str, line_id: str, line: dict[str, Any]) -> None:
        of: dict[str, Any] = {"line_id": line_id}
        calls = "call" in self.complaint
        if line["block"] == "unpaid":
            for bill in self.call("list_bills", customer_id=customer_id):
                price = f"{bill['amount_cents'] / 100:.2f}"
                overdue = bill["status"] == "overdue"
                self.do(f"{price} is overdue. May I charge it?", "pay_bill", overdue, bill_id=bill["bill_id"])
            self.do("Shall I lift the block now?", "lift_block", **of)
        self.do("Shall I register your line in the network?", "register_line", not line["registered"], **of)
        abroad = re.findall(r"I am in (\w+)", self.complaint)
        self.do("Shall I allow roaming?", "set_roaming", bool(abroad) and not line["roaming"], **of, allowed=True)
        booked = [booking["add_on"] for booking in self.call("list_bookings", **of)]
        needed = self.call("get_country", country=abroad[0])["needs"] if abroad and not self.over else None
        if needed and needed["name"] not in booked and not calls:
            proposal = f"The {needed['name']} costs {needed['price_cents'] / 100}0. Do you want me to book it?"
            self.do(proposal, "book_add_on", **of, add_on_id=needed["add_on_id"])
        if not self.over and not calls and not self.call("get_usage", **of)["data_left_mb"]:
            add_ons = [add_on for add_on in self.call("list_add_ons") if add_on["kind"] == "data"]
            told = self.say("Your data is used up. Which data add-on would you like?")
            (chosen,) = (add_on for add_on in add_ons if add_on["name"] in told)
            proposal = f"It costs {chosen['price_cents'] / 100:.2f}. Shall I book it?"
            self.do(proposal, "book_add_on", **of, add_on_id=chosen["add_on_id"])
        pictures = "picture" in self.complaint and not line["picture_messages"]
        self.do("Shall I enable picture messages?", "set_picture_messages", pictures, **of, allowed=True)
        slowed = ("slow" in self.complaint or "crawls" in self.complaint) and line["slowed"]
        self.do("Would you like me to restore your speed?", "restore_speed", slowed, **of)

    def on_the_phone(self, line_id: str, line: dict[str, Any]) -> None:
        data, speed = "call" not in self.complaint, "slow" in self.complaint or "crawls" in self.complaint
        sims = self.call("list_sims", line_id=line_id)
        told = self.say("Could you check the SIM card and read me the SIM number?")
        for sim in sims:
            sent = sim["status"] == "sent" and sim["sim_id"] in told
            self.do(f"Shall I activate {sim['sim_id']}?", "activate_sim", sent, line_id=line_id, sim_id=sim["sim_id"])
        self.say("Please take out the SIM card and put it back.", "loose" in told)
        self.do("Shall I issue a new eSIM, for 0.00?", "replace_sim", "deleted" in told, line_id=line_id, kind="esim")
        self.say("Please install the new eSIM on your phone.", "deleted" in told)
        told = self.say("Please look at the settings and tell me what you see.")
        self.say("Please switch airplane mode off.", "Flight mode is on" in told)
        self.say("Please open your settings and switch on mobile data.", data and "mobile data is off" in told)
        abroad = data and "I am in" in self.complaint
        self.say("Please go to Settings and enable data roaming.", abroad and "data roaming is off" in told)
        self.say("Please disable the VPN.", data and "VPN app says" in told)
        self.say("Can you turn off the data saver?", speed and "data saver is on" in told)
        told = self.say("Please open the network settings and tell me what they say.")
        self.say("Please set the network selection to automatic.", "choice is manual" in told)
        self.say("Please set the network mode to automatic.", "mode is 3G only" in told)
        self.say("Please reset the APN to its default.", data and "internet.meridian.example" not in told)
        told = self.say(
            "Could you look at your apps: may the messages app use mobile data?", "picture" in self.complaint
        )
        self.say("Please allow the messages app to use mobile data.", "messages app may not" in told)
        self.say("Please restart the phone.")


def test_whoever_knows_only_the_policy_finds_every_cause(world: DomainWorld, tasks: list[DomainTask]) -> None:
    alone = [task for task in tasks if [want.kind for want in task.script.wants] == ["works"]]
    assert len(alone) > 100
    for number, task in enumerate(alone):
        script = msgspec.structs.replace(task.script, persona=PERSONAS[number % len(PERSONAS)])
        env = ToolDomain(world, TaskSet("one", [msgspec.structs.replace(task, script=script)]), AgendaUser())
        assert Helper(env).help() == 1.0, task.instruction
        env.close()
