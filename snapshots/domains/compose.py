"""Tasks of several wants: each is found in the state that those before it leave, where it really is played."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from agent_envs.tools import Tool, Toolbox, ToolError

from .draft import Draft
from .episode import EpisodeDatabase

Piece: TypeAlias = Callable[[EpisodeDatabase], Draft | None]
"""Finds one want of a subject in a database, with the steps that meet it; None where there is none to find."""

MOST_WANTS = 5
MOST_SUBJECTS = 3000
_ASIDE_ONE_IN = 3


class Subject(NamedTuple):
    """Whom or what tasks are about.

    Args:
        name: Its key; it decides split and persona, so that no subject stands in two splits.
        opening: What comes before any want; a draft without a want.
        pieces: What may be wanted.
        asides: What the user may say besides, which is true and leads nowhere; one task in three has one.
    """

    name: str
    opening: Draft
    pieces: Sequence[Piece]
    asides: Sequence[str] = ()


def sampled(db: EpisodeDatabase, table: str, column: str) -> list[str]:
    """Keys of a table, in their order: all, or evenly spread ones where there are more than `MOST_SUBJECTS`."""
    step = 1 + db.scalar(f"SELECT count(*) FROM {table}") // MOST_SUBJECTS
    rows = db.rows(
        f"SELECT {column} AS key FROM (SELECT {column}, row_number() OVER (ORDER BY {column}) AS place FROM {table})"
        " WHERE place % ? = 0 ORDER BY key",
        step,
    )
    return [row["key"] for row in rows]


def tried(db: EpisodeDatabase, tool: Tool[Any], /, **arguments: Any) -> Any:
    """What a call would return, tried on a fork; None where it is refused. A piece asks so what an amount will be."""
    twin = db.fork()
    try:
        with twin.call(writes=tool.writes):
            return msgspec.json.decode(tool(twin, msgspec.json.encode(arguments).decode()))
    except ToolError:
        return None
    finally:
        twin.close()


def drawn(*names: object) -> int:
    """A number that follows from these names alone, for whatever a task may vary in."""
    text = " ".join(map(str, names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def composed(db: EpisodeDatabase, tools: Toolbox[Any], user_tools: Toolbox[Any], subject: Subject) -> Iterator[Draft]:
    """The tasks of a subject: every piece by itself, and chains of two to five in an order drawn from its name.

    Args:
        db: The database, which stays as it is.
        tools: The agent's tools.
        user_tools: The user's.
        subject: What the tasks are about.
    """
    for piece in subject.pieces:
        draft = piece(db)
        if draft is not None:
            yield _finished(draft, subject)
    for length in range(2, MOST_WANTS + 1):
        chain = _chain(db, tools, user_tools, _shuffled(subject.pieces, f"{subject.name} {length}"), length)
        if chain is not None:
            chain.shape = f"{length} wants"
            yield _finished(chain, subject)


def _chain(
    db: EpisodeDatabase, tools: Toolbox[Any], user_tools: Toolbox[Any], pieces: Sequence[Piece], length: int
) -> Draft | None:
    """The first pieces that go together, one behind the other; None where there are not so many."""
    state, chain, found = db.fork(), None, 0
    for piece in pieces:
        draft = piece(state)
        if draft is None or (chain is not None and not chain.agrees_with(draft)):
            continue
        played = _played(state, tools, user_tools, draft)
        if played is not None:
            state, chain, found = played, chain.then(draft) if chain else draft, found + 1
        if found == length:
            return chain
    return None


def _played(
    state: EpisodeDatabase, tools: Toolbox[Any], user_tools: Toolbox[Any], draft: Draft
) -> EpisodeDatabase | None:
    """The state that the calls of a draft leave; None where one of them fails."""
    after = state.fork()
    for move in draft.moves:
        of = tools if move.by == "agent" else user_tools
        try:
            with after.call(writes=of[move.call.name].writes):
                of.call(after, move.call)
        except ToolError:
            return None
    return after


def _finished(draft: Draft, subject: Subject) -> Draft:
    whole, asides = subject.opening.then(draft), subject.asides
    number = drawn(subject.name, draft.shape)
    if not asides or number % _ASIDE_ONE_IN:
        return whole
    return whole.aside(asides[number // _ASIDE_ONE_IN % len(asides)])


def _shuffled(pieces: Sequence[Piece], name: str) -> list[Piece]:
    order = sorted(range(len(pieces)), key=lambda number: drawn(name, number))
    return [pieces[number] for number in order]
