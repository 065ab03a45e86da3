"""What of an agent's work counts: its changes of the project's code; everything else is left out, and named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from agent_envs.sandbox import Changed, Sandbox

from .layout import is_test
from .trees import Tree

LIMIT_FILE_BYTES = 1 << 20
LIMIT_BYTES = 8 << 20
LIMIT_FILES = 500
_NEVER = (".pyc", ".pyo", ".pyd", ".so", ".dylib", ".dll", ".pth", ".egg-link", ".zip", ".whl", ".egg", ".pkl")
_END_OF_ARCHIVE = b"PK\x05\x06"  # what every ZIP holds, wherever it begins; `zipfile.is_zipfile` can raise


class Submission(NamedTuple):
    """Changes of the project's code.

    Args:
        files: What files hold now; None where a file is gone.
        left_out: Paths that were changed and do not count, with the reason.
    """

    files: dict[str, bytes | None]
    left_out: dict[str, str]


def submission(sandbox: Sandbox, base: Tree) -> Submission:
    """What a sandbox's tree holds of the project's code that its beginning did not.

    It is read file by file from outside; neither git nor anything else of the tree is run. Commits, stashes and what
    git ignores make no difference.

    Args:
        sandbox: Where the agent worked.
        base: What the sandbox began with.

    Raises:
        Fault: The sandbox is lost.
    """
    changed = sandbox.changed()
    gone = _removed(changed, base)
    left_out = {
        path: "it is no code of the project, and was put back" for path in gone if not base.layout.is_source(path)
    }
    files: dict[str, bytes | None] = {path: None for path in gone if base.layout.is_source(path)}
    read: dict[str, bytes] = {}
    for path, kind in sorted(changed.present, key=lambda one: (one[0] not in base.files, one[0])):
        if kind == "folder" or path == ".git" or path.startswith(".git/"):
            continue
        reason = _reason(path, kind, base)
        if not reason:
            try:
                read[path] = sandbox.read(path, limit_bytes=LIMIT_FILE_BYTES)
            except OSError as error:
                reason = f"it cannot be read: {error.strerror}"
        if reason:
            left_out[path.encode(errors="surrogateescape").decode(errors="backslashreplace")] = reason
    counted = of_files(read, base)
    return Submission({**files, **counted.files}, {**left_out, **counted.left_out})


def of_files(changes: Mapping[str, bytes], base: Tree) -> Submission:
    """What of changed files counts: those that are there already come first, then Python, then others.

    Args:
        changes: What files hold now.
        base: What the tree began with.
    """
    files: dict[str, bytes | None] = {}
    left_out = {}
    room = LIMIT_BYTES
    for path in sorted(changes, key=lambda path: (path not in base.files, not path.endswith(".py"), path)):
        content = changes[path]
        if content == base.read(path):
            continue
        reason = _reason(path, "file", base)
        if _END_OF_ARCHIVE in content:
            reason = "it is an archive"
        elif len(files) >= LIMIT_FILES or len(content) > room:
            reason = f"more than {LIMIT_FILES} files or {LIMIT_BYTES:,} bytes were changed"
        if reason:
            left_out[path] = reason
        else:
            files[path] = content
            room -= len(content)
    return Submission(files, left_out)


def _removed(changed: Changed, base: Tree) -> list[str]:
    """Files that are no longer there: removed themselves, or below what is no folder any more."""
    gone = set(changed.removed)
    hidden = {path for path, kind in changed.present if kind != "folder"}
    kinds = dict(changed.present)
    return [
        path
        for path in base.files
        if kinds.get(path) != "file" and (path in gone | hidden or any(one in gone | hidden for one in _above(path)))
    ]


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:number]) for number in range(1, len(parts))]


def _reason(path: str, kind: str, base: Tree) -> str:
    """Why a changed file does not count; empty where it does."""
    if kind != "file":
        return f"it is a {kind}"
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        return "its name is no UTF-8"
    if is_test(path):
        return "tests are the hidden ones"
    if path.endswith(_NEVER) or "/__pycache__/" in f"/{path}":
        return "compiled code, archives and paths for the interpreter do not count"
    if not base.layout.is_source(path):
        return "it is no code of the project"
    if path not in base.files and not path.endswith(".py") and _suffix(path) not in set(map(_suffix, base.files)):
        return "the project has no files of this kind"
    return ""


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2]
