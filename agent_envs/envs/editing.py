"""The tools of an agent that works on a repository: a shell, an editor, and handing its work in."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Literal

from msgspec import Meta

from agent_envs.messages import ToolCall
from agent_envs.tools import ToolError, tool

from .search_replace import blocks_between
from .workbench import Workbench

TIMEOUT_S = 60
LIMIT_TIMEOUT_S = 600
LIMIT_VIEW_BYTES = 16_000
LIMIT_NAMES = 200
_DURATION = re.compile(r"(?<=\bin )\d+\.\d+(?=s\b)|\b\d+\.\d+(?=s (?:call|setup|teardown)\b)")

Seconds = Annotated[float, Meta(description="How long it may take, in seconds.", ge=1, le=LIMIT_TIMEOUT_S)]
Path = Annotated[str, Meta(description="Path of the file, relative to the root of the repository.", min_length=1)]
Command = Annotated[
    Literal["view", "create", "replace", "insert", "undo"],
    Meta(
        description="view shows a file with line numbers, or the names in a folder; create writes a new file; replace"
        " puts text in place of text that occurs exactly once; insert puts text behind a line; undo takes back the last"
        " edit of the file."
    ),
]


@tool(writes=True)
def bash(
    bench: Workbench,
    command: Annotated[str, Meta(description="What bash is to run, in the session that the last command left.")],
    timeout_s: Seconds = TIMEOUT_S,
) -> str:
    """Run a command in the repository. The folder, variables and functions of the session persist; processes do not."""
    try:
        done = bench.sandbox.shell(command, timeout_s=timeout_s)
    except ValueError as error:
        raise ToolError(str(error)) from None
    lines = [_DURATION.sub("0.00", done.output).rstrip("\n")] if done.output.strip("\n") else []
    if done.timed_out:
        lines.append(f"[ended after {timeout_s:g} s: it took too long; timeout_s may be up to {LIMIT_TIMEOUT_S}]")
    elif done.exit_code:
        lines.append(f"[exit code {done.exit_code}]")
    return "\n".join(lines) or "[no output]"


@tool(writes=True)
def edit(
    bench: Workbench,
    command: Command,
    path: Path,
    old: Annotated[str, Meta(description="replace: the text to be replaced, with enough lines to occur once.")] = "",
    text: Annotated[str, Meta(description="create, replace, insert: the new text.")] = "",
    line: Annotated[int, Meta(description="insert: the line behind which it goes, 0 for the beginning.", ge=0)] = 0,
    first_line: Annotated[int, Meta(description="view: the first line that is shown.", ge=1)] = 1,
    last_line: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="view: the last line that is shown.")
    ] = None,
) -> str:
    """View or change a file of the repository."""
    try:
        match command:
            case "view":
                return _view(bench, path, first_line, last_line)
            case "create":
                return _create(bench, path, text)
            case "replace":
                return _replace(bench, path, old, text)
            case "insert":
                return _insert(bench, path, line, text)
            case "undo":
                return _undo(bench, path)
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from None


def edits_between(path: str, before: bytes | None, after: bytes | None) -> list[ToolCall]:
    """The calls that lead from one content of a file to another; None stands for no file."""
    remove = ToolCall.of("bash", command=f"rm -- {shlex.quote(path)}")
    if after is None:
        return [remove]
    create = ToolCall.of("edit", command="create", path=path, text=after.decode())
    if before is None:
        return [create]
    text, calls = before.decode(), []
    for block in blocks_between({path: before}, {path: after}):
        old, new = _as_in(text, block.search), _as_in(text, block.replace)
        if text.count(old) != 1:
            break
        text = text.replace(old, new)
        calls.append(ToolCall.of("edit", command="replace", path=path, old=block.search, text=block.replace))
    return calls if text.encode() == after else [remove, create]


def _view(bench: Workbench, path: str, first: int, last: int | None) -> str:
    try:
        content = bench.sandbox.read(path)
    except IsADirectoryError:
        return _names(bench, path)
    except FileNotFoundError:
        raise ToolError(f"there is no {path}; view '.' to see what there is") from None
    if b"\0" in content:
        return f"{path} is a binary file of {len(content):,} bytes."
    lines = content.decode(errors="backslashreplace").split("\n")
    if lines[-1] == "":
        lines.pop()
    if first > max(1, len(lines)) or (last is not None and last < first):
        raise ToolError(f"{path} has {len(lines)} lines: lines {first} to {last or 'the last'} are none of them")
    shown: list[str] = []
    size = 0
    for number, one in enumerate(lines[first - 1 : last], first):
        shown.append(f"{number:6}\t{one.rstrip(chr(13))}")
        size += len(shown[-1]) + 1
        if size > LIMIT_VIEW_BYTES:
            shown.append(f"[line {number} of {len(lines)}: cut here; give first_line to see what follows]")
            break
    return "\n".join(shown) or "[the file is empty]"


def _names(bench: Workbench, path: str) -> str:
    place = shlex.quote(f"./{path}")
    found = bench.sandbox.run(
        f"cd -- {place} && find . -mindepth 1 -maxdepth 2 -not -path '*/.git*' -not -name __pycache__"
        " \\( -type d -printf '%P/\\n' -o -printf '%P\\n' \\) | LC_ALL=C sort"
    )
    names = found.output.splitlines()
    more = [f"[{len(names) - LIMIT_NAMES} more]"] if len(names) > LIMIT_NAMES else []
    return "\n".join((*names[:LIMIT_NAMES], *more)) or "[the folder is empty]"


def _create(bench: Workbench, path: str, text: str) -> str:
    if bench.read(path) is not None:
        raise ToolError(f"{path} is there already; change it with replace, or remove it with bash first")
    bench.write(path, text.encode())
    return f"{path} is written."


def _replace(bench: Workbench, path: str, old: str, text: str) -> str:
    content = _text_of(bench, path)
    if not old:
        raise ToolError("old is empty: give the text that is to be replaced")
    old, text = _as_in(content, old), _as_in(content, text)
    if old == text:
        raise ToolError("old and text are the same: nothing would change")
    found = content.count(old)
    if found != 1:
        where = [content.count("\n", 0, at.start()) + 1 for at in re.finditer(re.escape(old), content)]
        hint = (
            f"it begins on the lines {where[:10]}; give more lines around it"
            if found
            else "view the file, and give it to the letter"
        )
        raise ToolError(f"the text occurs {found} times in {path}, and must occur once: {hint}")
    at = content.index(old)
    bench.write(path, (content[:at] + text + content[at + len(old) :]).encode())
    first = content.count("\n", 0, at) + 1
    return _around(bench, path, first, first + text.count("\n"))


def _insert(bench: Workbench, path: str, line: int, text: str) -> str:
    content = _text_of(bench, path)
    lines = content.split("\n")
    ends = lines[-1] == ""
    if line > len(lines) - ends:
        raise ToolError(f"{path} has {len(lines) - ends} lines; line {line} is none of them")
    new = _as_in(content, text.removesuffix("\n")).split("\n")
    if "\r\n" in content:
        new[-1] += "\r"
    lines[line:line] = new
    bench.write(path, "\n".join(lines).encode())
    return _around(bench, path, line + 1, line + len(new))


def _undo(bench: Workbench, path: str) -> str:
    for number in range(len(bench.edits) - 1, -1, -1):
        edit = bench.edits[number]
        if edit.path == path:
            if edit.before is None:
                bench.sandbox.run(f"rm -f -- {shlex.quote(f'./{path}')}")
            else:
                bench.sandbox.write(path, edit.before)
            bench.edits = bench.edits[:number] + bench.edits[number + 1 :]
            return f"{path} is as it was before the last edit."
    raise ToolError(f"no edit of {path} is left to be taken back")


def _text_of(bench: Workbench, path: str) -> str:
    content = bench.read(path)
    if content is None:
        raise ToolError(f"there is no {path}; create writes a new file")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ToolError(f"{path} is no UTF-8 text, so that it cannot be edited here; use bash") from None


def _as_in(content: str, text: str) -> str:
    """The text with the line ends of a file."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in content else text


def _around(bench: Workbench, path: str, first: int, last: int) -> str:
    return f"{path} is changed:\n{_view(bench, path, max(1, first - 3), last + 3)}"
