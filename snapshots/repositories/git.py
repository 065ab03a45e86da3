"""A local git repository, read with the program ``git`` but without hooks, filters, remotes or settings of a user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from .git_tree import LIMIT_BYTES, Exported, FileEntry, FileKind, shown, write_tree

_KINDS: dict[str, FileKind] = {"100644": "file", "100664": "file", "100755": "executable", "120000": "link"}
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# An environment of its own, for GIT_DIR, GIT_CONFIG_COUNT and their like would change what is read. A repository may
# name a remote that runs a command: GIT_ALLOW_PROTOCOL outweighs its own settings, which protocol.allow does not.
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "safe.directory=*")
_DIFF = ("-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")


class GitError(RuntimeError):
    """Git is not there, or a repository, a commit or an object cannot be read."""


class ChangedFile(msgspec.Struct, frozen=True):
    """What a commit did to one path; a file that was renamed is removed here and added there.

    Args:
        path: Bytes that are no UTF-8 are lone surrogates, as in `os.fsdecode`.
        before: Id of its content in the parent; None where it was added.
        after: Id of its content; None where it was removed.
        regular: Whether it is no link and no submodule, before and after.
        added_lines: Lines that are new; 0 in binary files.
        removed_lines: Lines that are gone; 0 in binary files.
    """

    path: str
    before: str | None
    after: str | None
    regular: bool
    added_lines: int
    removed_lines: int


class Commit(msgspec.Struct, frozen=True):
    """A commit, and the files that it changed against its parent, which is None for a first commit."""

    id: str
    parent: str | None
    subject: str
    files: tuple[ChangedFile, ...]


class GitRepository:
    """A repository on this machine, which is never written to.

    Args:
        path: Its work tree, its ``.git``, or a bare repository.

    Raises:
        GitError: Git is not installed, or there is no repository that it can read.
    """

    def __init__(self, path: Path) -> None:
        git = shutil.which("git")
        if git is None:
            raise GitError("there is no program git on the PATH, which reads repositories; install git")
        self.path = path
        folder = path / ".git" if (path / ".git").exists() else path
        self._command = [git, f"--git-dir={folder.absolute()}"]
        for setting in _SETTINGS:
            self._command += ["-c", setting]
        self._run("rev-parse", "--git-dir")

    def commits(self, *, until: str = "HEAD", limit: int | None = None) -> Iterator[Commit]:
        """Commits with one parent or none, newest first, along the first parents.

        Args:
            until: The newest commit.
            limit: How many at most; None for all.

        Raises:
            GitError: There is no such commit, or an object is damaged or missing.
        """
        count = [] if limit is None else [f"--max-count={limit}"]
        ids = self._run("rev-list", "--first-parent", "--no-merges", *count, self._commit(until), "--")
        form = ("--raw", "--numstat", "-z", "--abbrev=64", "--encoding=UTF-8", "--format=%H%x00%P%x00%s")
        # Not `git log`: its settings can start a program that verifies signatures.
        fields = self._fields(ids, "diff-tree", "--stdin", "--always", "--root", *_DIFF, *form)
        field = next(fields, None)
        while field is not None:
            id, parent, subject = field, next(fields), next(fields)
            changed, lines = [], []
            while (field := next(fields, None)) is not None and field.lstrip("\n").startswith(":"):
                changed.append((field.lstrip("\n:").split(), next(fields)))
            while field is not None and "\t" in field:
                added, removed, _ = field.split("\t", 2)
                lines.append((_lines(added), _lines(removed)))
                field = next(fields, None)
            files = [
                _changed(path, change[:2], change[2:4], line)
                for (change, path), line in zip(changed, lines, strict=True)
            ]
            yield Commit(id, parent or None, shown(subject), tuple(files))

    def files(self, commit: str) -> dict[str, FileEntry]:
        """All paths of a commit, in git's order; those that are no UTF-8 hold lone surrogates, as in `os.fsdecode`.

        Raises:
            GitError: There is no such commit, or an object is damaged or missing.
        """
        found = {}
        for field in self._fields(b"", "ls-tree", "-r", "-l", "-z", "--full-tree", self._commit(commit)):
            entry, _, path = field.partition("\t")
            mode, _, id, size = entry.split()
            kind = _KINDS.get(mode, "submodule")
            if kind != "submodule" and not size.isdigit():
                raise self._missing(id)
            found[path] = FileEntry(kind, id, 0 if kind == "submodule" else int(size))
        return found

    def read(self, commit: str, path: str) -> bytes | None:
        """What a path of a commit holds, which for a link is where it points; None where no file is.

        Raises:
            GitError: There is no such commit, or an object is damaged or missing.
        """
        entry = self.files(commit).get(path)
        return None if entry is None or entry.kind == "submodule" else next(self.read_many([entry.id]))

    def read_many(self, ids: Iterable[str]) -> Iterator[bytes]:
        """Contents by their ids, in their order, from one process.

        Raises:
            GitError: An object is damaged, missing, or no file.
        """
        wanted = list(ids)
        if odd := [id for id in wanted if not _ID.fullmatch(id)]:
            raise GitError(f"{odd[0]!r} is no id of an object: 40 or 64 hexadecimal digits")
        with self._git("cat-file", "--batch", given="\n".join(wanted).encode()) as output:
            for id in wanted:
                header = output.readline().split()
                if header[1:] == [b"missing"]:
                    raise self._missing(id)
                if header and header[1] != b"blob":
                    raise GitError(f"{id} in {self.path} is a {header[1].decode()}, and no content of a file")
                size = int(header[2]) if header else 0
                content = output.read(size + 1)  # a newline follows
                if len(content) != size + 1:
                    break  # git ended, and leaving says why
                yield content[:size]

    def diff(self, before: str, after: str, paths: Iterable[str]) -> bytes:
        """Unified diff of some paths between two commits.

        Raises:
            GitError: There is no such commit, or an object is damaged or missing.
        """
        return self._run("diff-tree", "-p", *_DIFF, self._commit(before), self._commit(after), "--", *paths)

    def export(self, commit: str, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> Exported:
        """Write the files of a commit to a folder, without any ``.git``.

        What cannot be written, or would be of no use there, is left out, as `write_tree` says.

        Args:
            commit: What is written.
            folder: Where to: empty, or not there yet.
            limit_bytes: The largest file that is written.

        Raises:
            GitError: There is no such commit, or an object is damaged or missing.
            FileExistsError: The folder is not empty.
            OSError: A file cannot be written.
        """
        return write_tree(self.files(commit), self.read_many, folder, limit_bytes)

    def _commit(self, name: str) -> str:
        """The id of a commit that is named in any way that git knows."""
        if _ID.fullmatch(name):
            return name
        try:
            if name.startswith("-") or "\0" in name:
                raise GitError("a name can have neither a dash before it nor a zero byte in it")
            return self._run("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").decode().strip()
        except GitError as error:
            raise GitError(f"{name!r} names no commit of {self.path}, as branches, tags and ids do: {error}") from error

    def _run(self, *arguments: str) -> bytes:
        with self._git(*arguments) as output:
            return output.read()

    def _fields(self, given: bytes, *arguments: str) -> Iterator[str]:
        """What a command writes, cut at its zero bytes."""
        with self._git(*arguments, given=given) as output:
            rest = b""
            while chunk := output.read(1 << 16):
                *whole, rest = (rest + chunk).split(b"\0")
                yield from (field.decode("utf-8", "surrogateescape") for field in whole)

    @contextmanager
    def _git(self, *arguments: str, given: bytes = b"") -> Iterator[IO[bytes]]:
        """The output of a command under way; leaving it to its end raises GitError if the command failed."""
        environment = {**_ENVIRONMENT, "PATH": os.environ.get("PATH", os.defpath)}
        # It runs at the root, for git takes the folder it runs in for a work tree, whose .gitattributes it heeds.
        # Files, and not pipes, for what it reads and for its errors: nobody waits for anybody.
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as errors:
            stdin.write(given)
            stdin.seek(0)
            command = [*self._command, *arguments]
            with subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=errors, env=environment, cwd="/"
            ) as process:
                assert process.stdout is not None
                yield process.stdout
            if process.returncode:
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip()
                raise GitError(f"git {arguments[0]} cannot read {self.path}: {said or process.returncode}")

    def _missing(self, id: str) -> GitError:
        return GitError(f"{self.path} lacks the object {id}: a partial clone, or a damaged one; clone it whole")


def _lines(count: str) -> int:
    return 0 if count == "-" else int(count)


def _changed(path: str, modes: Iterable[str], ids: Iterable[str], lines: tuple[int, int]) -> ChangedFile:
    """A path by its modes and ids before and after, which are all zeros where it is not."""
    regular = all(not int(mode) or _KINDS.get(mode) in ("file", "executable") for mode in modes)
    before, after = (id if id.strip("0") else None for id in ids)
    return ChangedFile(path, before, after, regular, *lines)
