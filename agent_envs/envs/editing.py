"""The tools of an agent that works on a repository: a shell, an editor, and handing its work in."""

from __future__ import annotations

import re
import shlex
from typing import Annotated, Literal

from msgspec import Meta

from agent_envs.messages import ToolCall
from agent_envs.tools import ToolError, tool

from .search_replace import blocks_between
from .whole_lines import is_crlf
from .workbench import Workbench

TIMEOUT_S = 60
LIMIT_TIMEOUT_S = 600
LIMIT_VIEW_CHARACTERS = 16_000
LIMIT_LINE_CHARACTERS = 2_000
LIMIT_NAMES = 200
_LIST = (
    "find . -mindepth 1 -maxdepth 2 \\( -name .git -o -name __pycache__ \\) -prune"
    " -o \\( -type d -printf '%P/\\n' -o -printf '%P\\n' \\) | LC_ALL=C sort"
    f' | awk \'NR <= {LIMIT_NAMES}; END {{ if (NR > {LIMIT_NAMES}) print "[" NR - {LIMIT_NAMES} " more]" }}\''
)
# As pytest and unittest print them.
_DURATION = re.compile(r"(?<=\bin )\d+\.\d+s\b(?: \([\w ,:]+\))?|\b\d+\.\d+s(?= (?:call|setup|teardown)\b)")

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
    done = bench.shell(command, timeout_s)
    lines = [_DURATION.sub("0.00s", done.output).rstrip("\n")] if done.output.strip("\n") else []
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
    calls: list[ToolCall] = []
    try:
        content = before.decode()
        for block in blocks_between({path: before}, {path: after}):
            content, _ = _with(content, block.search, block.replace)
            calls.append(ToolCall.of("edit", command="replace", path=path, old=block.search, text=block.replace))
    except (ValueError, ToolError):  # no blocks can say it, or none that occur once
        return [remove, create]
    return calls if content.encode() == after else [remove, create]


def _view(bench: Workbench, path: str, first: int, last: int | None) -> str:
    try:
        content = bench.sandbox.read(path)
    except IsADirectoryError:
        return _names(bench, path)
    except FileNotFoundError:
        raise ToolError(f"there is no {path}; view '.' to see what there is") from None
    if b"\0" in content:
        return f"{path} is a binary file of {len(content):,} bytes."
    text = content.decode(errors="backslashreplace")
    lines = text.split(_line_end(text))
    if lines[-1] == "":
        lines.pop()
    if first > max(1, len(lines)) or (last is not None and last < first):
        raise ToolError(f"{path} has {len(lines)} lines: lines {first} to {last or 'the last'} are none of them")
    shown: list[str] = []
    size = 0
    for number, one in enumerate(lines[first - 1 : last], first):
        if size > LIMIT_VIEW_CHARACTERS:
            shown.append(f"[cut before line {number} of {len(lines)}: give first_line to see what follows]")
            break
        if len(one) > LIMIT_LINE_CHARACTERS:
            one = f"{one[:LIMIT_LINE_CHARACTERS]}[… {len(one) - LIMIT_LINE_CHARACTERS:,} characters cut]"
        shown.append(f"{number:6}\t{one}")
        size += len(shown[-1]) + 1
    return "\n".join(shown) or "[the file is empty]"


def _names(bench: Workbench, path: str) -> str:
    found = bench.sandbox.run(f"cd -- {shlex.quote(f'./{path}')} && {_LIST}")
    if found.exit_code:
        raise ToolError(f"{path} cannot be read")
    return found.output.rstrip("\n") or "[the folder is empty]"


def _create(bench: Workbench, path: str, text: str) -> str:
    if bench.read(path) is not None:
        raise ToolError(f"{path} is there already; change it with replace, or remove it with bash first")
    bench.write({path: text.encode()})
    return f"{path} is written."


def _replace(bench: Workbench, path: str, old: str, text: str) -> str:
    content, first = _with(_text_of(bench, path), old, text)
    bench.write({path: content.encode()})
    return _around(bench, path, first, first + text.count("\n"))


def _with(content: str, old: str, text: str) -> tuple[str, int]:
    """A content with a text in place of another, in its own line ends, and the line where that begins.

    Raises:
        ToolError: The other does not occur once.
    """
    end = _line_end(content)
    old, text = _ended_by(end, old), _ended_by(end, text)
    if not old:
        raise ToolError("old is empty: give the text that is to be replaced")
    if old == text:
        raise ToolError("old and text are the same: nothing would change")
    places = [at.start() for at in re.finditer(f"(?={re.escape(old)})", content)]
    lines = [content.count("\n", 0, at) + 1 for at in places[:10]]
    if len(places) != 1:
        hint = (
            f"it begins on the lines {', '.join(map(str, lines))}; give more lines around it"
            if places
            else "view the file, and give it to the letter"
        )
        raise ToolError(f"the text occurs {len(places)} times in the file, and must occur once: {hint}")
    at = places[0]
    return content[:at] + text + content[at + len(old) :], lines[0]


def _insert(bench: Workbench, path: str, line: int, text: str) -> str:
    content = _text_of(bench, path)
    end = _line_end(content)
    lines = content.split(end)
    ends = lines[-1] == ""
    if line > len(lines) - ends:
        raise ToolError(f"{path} has {len(lines) - ends} lines; line {line} is none of them")
    new = _ended_by(end, text).removesuffix(end).split(end)
    lines[line:line] = new
    bench.write({path: end.join(lines).encode()})
    return _around(bench, path, line + 1, line + len(new))


def _undo(bench: Workbench, path: str) -> str:
    bench.undo(path)
    return f"{path} is as it was before the last edit."


def _text_of(bench: Workbench, path: str) -> str:
    content = bench.read(path)
    if content is None:
        raise ToolError(f"there is no {path}; create writes a new file")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ToolError(f"{path} is no UTF-8 text, so that it cannot be edited here; use bash") from None


def _line_end(content: str) -> str:
    return "\r\n" if is_crlf(content) else "\n"


def _ended_by(end: str, text: str) -> str:
    """A text in the line ends of a file; one in which not all lines end alike takes it to the letter."""
    return text.replace("\r\n", "\n").replace("\n", end) if end == "\r\n" else text


def _around(bench: Workbench, path: str, first: int, last: int) -> str:
    return f"{path} is changed:\n{_view(bench, path, max(1, first - 3), last + 3)}"
