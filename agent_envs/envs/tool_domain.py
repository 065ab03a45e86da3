"""A user to talk to and a database to work on: what pays is the state that is left, and what the user was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import zip_longest
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import msgspec

from agent_envs.core import Transition
from agent_envs.dialects import Dialect, Parsed, dialect_named
from agent_envs.limits import Limits
from agent_envs.messages import Action, Context, Message, ToolCall, assistant
from agent_envs.outcome import StopReason
from agent_envs.tasks import TaskSet
from agent_envs.tokens import TokenCounter, bytes_over_4
from agent_envs.tools import Toolbox, ToolError

from .domain_grade import Change, ColumnPolicy, graded
from .domain_task import DomainTask, Script
from .tool_loop import LoopState, ToolLoop

MAX_USER_CALLS = 10
MAX_REPEATS = 3
TRANSFER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "transfer_to_human",
        "description": "Hand the user over to a human colleague. This ends the conversation.",
        "parameters": {
            "type": "object",
            "properties": {"reason": {"type": "string", "description": "Why you cannot help."}},
            "required": ["reason"],
        },
    },
}


class Database(Protocol):
    """The state of an episode; it begins as the domain's snapshot."""

    def call(self, *, writes: bool = False) -> AbstractContextManager[object]:
        """The context of one call: whatever is raised within leaves the state exactly as it was."""

    def diff(self) -> Sequence[Change]:
        """What differs from the snapshot."""

    def digest(self) -> str:
        """Digest of the state."""

    def reset(self) -> None:
        """Back to the snapshot."""

    def fork(self) -> Self:
        """An independent copy in the same state."""

    def close(self) -> None:
        """Let go of what it holds."""


class Domain(Protocol):
    """A world of tools on a database."""

    @property
    def digest(self) -> str:
        """Digest of the snapshot, the tools and the policy."""

    @property
    def policy(self) -> str:
        """The rules that the agent must follow."""

    @property
    def tools(self) -> Toolbox[Any]:
        """What the agent can call."""

    @property
    def user_tools(self) -> Toolbox[Any]:
        """What the user can call; empty in most domains."""

    @property
    def columns(self) -> Mapping[str, ColumnPolicy]:
        """How columns count in the reward, as ``table.column``; those that are not named count to the letter."""

    def database(self) -> Database:
        """The database of a new episode."""

    def __hash__(self) -> int: ...


class Spoken(NamedTuple):
    """What a user does.

    Args:
        memory: What the user remembers from now on: one frozen value.
        text: What they say.
        agrees: Whether they agree to what the agent proposed.
        stops: Whether the conversation is over.
        calls: Tools of their own that they use before they say anything.
    """

    memory: Any
    text: str
    agrees: bool = False
    stops: bool = False
    calls: tuple[ToolCall, ...] = ()


class User(Protocol):
    """Somebody who talks with the agent; all that they do follows from the script, the seed and what they remember."""

    @property
    def digest(self) -> str:
        """Digest of the way they talk."""

    def begin(self, script: Script, seed: int) -> Spoken:
        """What they say first."""

    def hear(self, script: Script, seed: int, memory: Any, text: str, written: int) -> Spoken:
        """What they answer to the agent; `written` is the number of changes since they last spoke, as a mail tells."""

    def observe(self, script: Script, seed: int, memory: Any, results: tuple[str, ...]) -> Spoken:
        """What they say about the results of their own calls."""


class DomainState(LoopState, frozen=True, kw_only=True):
    """The state of a dialogue; the database's own is in the database.

    Args:
        memory: What the user remembers.
        called: The agent's calls that went well.
        written: How many calls wrote since the user last spoke.
        said: What the agent said to the user.
        agreed: Whether the user agreed in what they said last.
        unagreed: Tools that wrote without it, though they need it.
        transferred: Whether the agent handed the user over.
    """

    memory: Any
    called: tuple[ToolCall, ...] = ()
    written: int = 0
    said: tuple[str, ...] = ()
    agreed: bool = False
    unagreed: tuple[str, ...] = ()
    transferred: bool = False


class ToolDomain(ToolLoop[DomainTask, DomainState]):
    """A dialogue with a user over a domain's database.

    A turn with calls is executed; any other turn is said to the user. The user's stop, the agent's transfer or a limit
    ends it. The reward is the product of the parts that the task names; a limit pays nothing.

    Args:
        domain: The database, its tools and its policy.
        tasks: What users come with.
        user: Who plays them.
        dialect: How turns are spelled: a name in `agent_envs.dialects.DIALECTS`, or a dialect.
        limit_turns: Turns of the agent. Source of the default: τ²-bench's limit of steps.
        limit_calls: Tool calls that are executed.
        limit_tokens: Size of the context.
        count_tokens: How tokens are counted.
    """

    name: ClassVar[str] = "ToolDomain-v0"

    def __init__(
        self,
        domain: Domain,
        tasks: TaskSet[DomainTask],
        user: User,
        *,
        dialect: str | Dialect = "hermes",
        limit_turns: int = 200,
        limit_calls: int = 200,
        limit_tokens: int = Limits().tokens,
        count_tokens: TokenCounter = bytes_over_4,
    ) -> None:
        self.domain, self.user = domain, user
        super().__init__(
            tasks,
            domain.tools,
            domain.database(),
            system=domain.policy,
            dialect=dialect_named(dialect),
            limits=Limits(turns=limit_turns, calls=limit_calls, tokens=limit_tokens),
            count_tokens=count_tokens,
            extra_schemas=(TRANSFER,),
        )

    def open(self, task: DomainTask, seed: int) -> tuple[DomainState, dict[str, Any]]:
        """The policy, and what the user says first."""
        self.world.reset()
        spoken = self.user.begin(task.script, seed)
        return DomainState(seed=seed, memory=spoken.memory, **self.opening(task, spoken.text)), self.fresh_schemas()

    def ended_by(self, state: DomainState, parsed: Parsed) -> None:
        """No turn ends the dialogue by its form; an answer is something said."""

    def hear(self, state: DomainState, parsed: Parsed) -> Transition[DomainState]:
        """Say it to the user, who may use tools of their own, answers, and may end the dialogue."""
        text = "\n".join(filter(None, (parsed.turn.content, parsed.turn.answer))).strip()
        if not text:
            told = self.dialect.reply(
                f"Error: this turn says nothing and calls no tool. The tools are {self.tool_names}.", None
            )
            return self.proceed(state, (parsed.written, told))
        script = self.task.script
        spoken = self.user.hear(script, state.seed, state.memory, text, state.written)
        for _ in range(MAX_USER_CALLS):
            if not spoken.calls:
                break
            results = tuple(self._used_by_user(call) for call in spoken.calls)
            spoken = self.user.observe(script, state.seed, spoken.memory, results)
        said = msgspec.structs.replace(
            state, memory=spoken.memory, written=0, said=(*state.said, text), agreed=spoken.agrees
        )
        new = (parsed.written, Message("user", spoken.text))
        if spoken.stops:
            return self.end(said, new, StopReason.USER_STOP, graded(self.task, self.domain, said, self.world.diff()))
        return self.proceed(said, new)

    def run(self, state: DomainState, call: ToolCall) -> tuple[DomainState, str]:
        """Execute a call on the database; one that fails leaves it as it was."""
        if call.name == TRANSFER["function"]["name"]:
            return msgspec.structs.replace(state, transferred=True), "The user is handed over."
        found = self.tools.get(call.name)
        writes = found is not None and found.writes
        with self.world.call(writes=writes):
            text = self.tools.call(self.world, call)
        done = msgspec.structs.replace(state, called=(*state.called, call), written=state.written + writes)
        if call.name in self.task.confirmed and not state.agreed:
            done = msgspec.structs.replace(done, unagreed=(*state.unagreed, call.name))
        return done, text

    def proceed(self, state: DomainState, new: Context) -> Transition[DomainState]:
        """Go on, or end with the transfer."""
        if state.transferred:
            return self.end(
                state, new, StopReason.TRANSFERRED, graded(self.task, self.domain, state, self.world.diff())
            )
        return super().proceed(state, new)

    def solution(self) -> tuple[Action, ...]:
        """The turns of `follow`, taken from the beginning."""
        player = self.fork()
        player.reset(seed=self.state.seed, options={"task": self.state.task_id})
        turns: list[Action] = []
        for turn in player.follow():
            turns.append(turn)
            player.step(turn)
        player.close()
        return tuple(turns)

    def follow(self) -> Iterator[Action]:
        """The turns of the task's plan, each to be taken here before the next is asked for.

        What the user has not agreed to yet is proposed again.
        """
        plan = self.task.plan
        for step, following in zip_longest(plan, plan[1:]):
            if isinstance(step, ToolCall):
                yield assistant(calls=(step,))
                continue
            needed = isinstance(following, ToolCall) and following.name in self.task.confirmed
            for _ in range(1 + MAX_REPEATS * needed):
                if self.state.outcome is not None:
                    return
                yield assistant(step)
                if self.state.agreed:
                    break

    def fork(self) -> Self:
        """An independent copy, its database too."""
        twin = super().fork()
        twin.world = self.world.fork()
        return twin

    def close(self) -> None:
        """Give the database's connection back."""
        self.world.close()

    def world_digest(self) -> str:
        """The domain, the database as it is now, the user, and what decides how much is shown."""
        return f"{self.domain.digest} {self.world.digest()} {self.user.digest} {self.dialect.name} {self.limits}"

    def _used_by_user(self, call: ToolCall) -> str:
        found = self.domain.user_tools.get(call.name)
        try:
            with self.world.call(writes=found is not None and found.writes):
                return self.domain.user_tools.call(self.world, call)
        except ToolError as error:
            return f"Error: {error}"
