"""Recorded model calls: what was answered once is answered again, to the byte, with nobody there to ask."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, TypeAlias, get_args

from agent_envs.outcome import Fault

from .difference import differences, nearest
from .protocol import Call, Chat, Reply
from .recording import Recorded, Recording

Mode: TypeAlias = Literal["record", "replay", "replay-or-fail", "bypass"]


class NotRecorded(Fault):
    """A call is not in the recording, and nobody is to be asked; the message says what it differs in."""


class Cassette:
    """Whoever answers, with a memory in one file.

    ==================  ==================  ==========================  =====
    mode                looks in the file   asks `chat`                 keeps
    ==================  ==================  ==========================  =====
    ``record``          yes                 what the file lacks         yes
    ``replay``          yes                 what the file lacks, if     no
                                            there is a `chat`
    ``replay-or-fail``  yes                 never                       no
    ``bypass``          no                  always                      no
    ==================  ==================  ==========================  =====

    Calls are the same if all of their content is, seed and index included; who answered is not part of it, so address
    and key are in no recording. Any number of threads and processes may write to one file: of several answers to one
    call the first is kept, and everybody gets it. What fails is not kept. To record anew, delete the file; to go on
    with a recording that was cut off, record into it.

    Args:
        path: The file. Where it is only read it has to exist.
        mode: What is done with it.
        chat: Whoever is asked.

    Raises:
        ValueError: The mode does not exist, or has nobody to ask; or the file is something else.
        FileNotFoundError: There is no recording to replay.
    """

    def __init__(self, path: Path | str, mode: Mode, chat: Chat | None = None) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode={mode!r}; there are {', '.join(get_args(Mode))}")
        if chat is None and mode in ("record", "bypass"):
            raise ValueError(f"mode {mode!r} asks for what it does not know: give chat=, or replay")
        self.path, self.mode, self.chat = Path(path), mode, chat
        self._recording = None if mode == "bypass" else Recording(self.path, writes=mode == "record")

    def __call__(self, call: Call, /) -> Reply:
        """The answer, recorded or new.

        Raises:
            NotRecorded: Neither the file has it nor is there anybody to ask.
            Fault: Whoever was asked failed.
            OSError: The file cannot be written or read.
        """
        known = self._recording and self._recording.find(call)
        if known:
            return known
        if self.chat is None or self.mode == "replay-or-fail":
            raise NotRecorded(self._missing(call), origin="infra")
        reply = self.chat(call)
        return self._recording.keep(call, reply) if self._recording and self.mode == "record" else reply

    def close(self) -> None:
        """Close the file; it is then one file, to be moved and committed."""
        if self._recording:
            self._recording.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.path, self.mode, self.chat)

    def _missing(self, call: Call) -> str:
        """What to tell of a call that is not there."""
        told = f"{self.path} does not hold call {call.index} of seed {call.seed} to {call.model!r}"
        found = nearest(call, recorded(self.path))
        if found is None:
            return f"{told}: it is empty; record with mode='record'"
        differ = "; ".join(differences(call, found))
        where = f"the nearest recorded one is call {found.index} of seed {found.seed}"
        return f"{told}; {where}, and differs in {differ}. Record what is new with mode='record'"


def recorded(path: Path | str) -> list[Recorded]:
    """Every recorded call, by seed and index.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: It does not exist.
        ValueError: It is something else.
    """
    recording = Recording(Path(path), writes=False)
    try:
        return list(recording)
    finally:
        recording.close()
