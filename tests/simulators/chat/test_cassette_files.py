"""What is no recording is refused and left alone; the command lists what is one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent_envs.cli import app
from agent_envs.messages import Message
from agent_envs.simulators.chat import Call, Cassette

from .conftest import Parrot, changed


@pytest.mark.parametrize(
    ("mode", "chat", "told"),
    [
        ("play", None, "mode='play'; there are record, replay, replay-or-fail, bypass"),
        ("record", None, "mode 'record' asks for what it does not know: give chat="),
        ("bypass", None, "mode 'bypass' asks"),
    ],
)
def test_a_mode_that_makes_no_sense_is_refused(file: Path, mode: Any, chat: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Cassette(file, mode, chat)
    assert not file.exists()


@pytest.mark.parametrize("mode", ["replay", "replay-or-fail"])
def test_a_recording_that_is_not_there_is_told_and_not_made(file: Path, mode: Any) -> None:
    with pytest.raises(FileNotFoundError, match="make one with mode='record'"):
        Cassette(file, mode)
    assert not file.exists()


@pytest.mark.parametrize("content", [b"This is no database. " * 100, bytes(5000)], ids=["text", "zeros"])
@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_file_of_something_else_is_refused_and_left_alone(file: Path, mode: Any, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is no recording"):
        Cassette(file, mode, Parrot())
    assert file.read_bytes() == content


@pytest.mark.parametrize("mode", ["record", "replay"])
def test_a_database_of_something_else_is_refused_and_left_alone(file: Path, mode: Any) -> None:
    with sqlite3.connect(file) as handle:
        handle.execute("CREATE TABLE orders (id)")
    handle.close()
    before = file.read_bytes()
    with pytest.raises(ValueError, match="database of something else"):
        Cassette(file, mode, Parrot())
    assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        Cassette(file.parent / "nowhere" / "calls.db", "record", Parrot())


def test_the_command_lists_the_calls(call: Call, file: Path) -> None:
    with Cassette(file, "record", Parrot()) as cassette:
        for seed in (8, 7):
            cassette(changed(call, seed=seed, messages=(*call.messages, Message("user", "[bold] one\ntwo " * 30))))
    shown = CliRunner().invoke(app, ["cassette", str(file)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert "[bold] one two" in shown.output and "tiny" in shown.output
    listed = CliRunner().invoke(app, ["cassette", str(file), "--json"])
    calls = [json.loads(line) for line in listed.output.splitlines()]
    assert [each["call"]["seed"] for each in calls] == [7, 8]
    assert calls[0]["reply"]["message"]["content"].endswith(" 2")


@pytest.mark.parametrize("content", [None, b"no database " * 100])
def test_the_command_refuses_what_is_no_recording(file: Path, content: bytes | None) -> None:
    if content:
        file.write_bytes(content)
    result = CliRunner().invoke(app, ["cassette", str(file)])
    assert result.exit_code == 2
    assert "no recording" in " ".join(result.output.split())
