"""Commits that change code and tests together, told from all others before anything is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence

import msgspec

from .git import ChangedFile, Commit, GitRepository
from .git_tree import shown
from .layout import is_test, layout_of
from .parsing import parsed

MAX_SOURCE_FILES = 4
MAX_SOURCE_LINES = 199
MAX_DIFF_BYTES = 9_999
MAX_ADDED = 1
MAX_EDITED = 4

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Changed = tuple[int, int, int]


class Candidate(msgspec.Struct, frozen=True):
    """A commit that may be a task: the tests that it changes may fail without the code that it changes.

    Args:
        commit: Its id.
        parent: The id of the commit before it.
        subject: First line of its message.
        sources: Contents of the modules that it changes; None for those that it removes.
        tests: The same of test modules and of what belongs to tests.
    """

    commit: str
    parent: str
    subject: str
    sources: dict[str, bytes | None]
    tests: dict[str, bytes | None]


class Rejected(msgspec.Struct, frozen=True):
    """A commit that cannot be a task, and why."""

    commit: str
    reason: str


class _Unfit(Exception):
    """Why a commit is rejected."""


def candidates(repository: GitRepository, *, limit: int | None = None) -> Iterator[Candidate | Rejected]:
    """Sort the history of a repository, newest first, along its first parents and without merges.

    A candidate changes both modules of the project and tests. Of the modules it changes at most 4 files, 199 lines,
    and 4 entities, adds at most one entity and deletes none; of the tests it adds or changes one. An entity is a
    function, a class without its functions and classes, or a module without either; docstrings and comments are no part
    of it. The diff is shorter than 10 kB. Changes to files that are neither Python modules of the project nor tests
    (documentation, settings, data) do not count and are left out.

    Args:
        repository: Where the commits are.
        limit: How many commits are looked at; None for all.

    Raises:
        GitError: The repository has no commit, or is damaged.

    Source: the commit filter of R2E-Gym (Jain et al., 2025), which has no entity for the rest of a module.
    """
    for commit in repository.commits(limit=limit):
        try:
            yield _candidate(repository, commit)
        except _Unfit as unfit:
            yield Rejected(commit.id, str(unfit))


def _candidate(repository: GitRepository, commit: Commit) -> Candidate:
    if commit.parent is None:
        raise _Unfit("it has no parent")
    tests = [file for file in commit.files if is_test(file.path)]
    if not any(_is_module(file) for file in tests):
        raise _Unfit("no test module changes")
    sources = [file for file in commit.files if _is_module(file) and not is_test(file.path)]
    if sources:
        try:
            layout = layout_of(repository.files(commit.parent))
        except ValueError as error:
            raise _Unfit(f"at its parent: {error}") from error
        sources = [file for file in sources if layout.is_source(file.path)]
    _check_size(sources)
    _check_files(sources + tests)
    paths = [file.path for file in sources + tests]
    if len(repository.diff(commit.parent, commit.id, paths)) > MAX_DIFF_BYTES:
        raise _Unfit(f"its diff is longer than {MAX_DIFF_BYTES} bytes")
    before = _contents(repository, {file.path: file.before for file in sources + tests})
    after = _contents(repository, {file.path: file.after for file in sources + tests})
    _check_code([_entities_changed(file.path, before, after) for file in sources])
    changed = [_entities_changed(file.path, before, after) for file in tests if _is_module(file)]
    if not any(edited or added for edited, added, _ in changed):
        raise _Unfit("no test is changed or added besides docstrings and comments")
    return Candidate(
        commit.id,
        commit.parent,
        commit.subject,
        {file.path: after[file.path] for file in sources},
        {file.path: after[file.path] for file in tests},
    )


def _is_module(file: ChangedFile) -> bool:
    return file.path.endswith(".py")


def _check_size(sources: Sequence[ChangedFile]) -> None:
    if not sources:
        raise _Unfit("no module of the project changes")
    if len(sources) > MAX_SOURCE_FILES:
        raise _Unfit(f"it changes {len(sources)} modules, more than {MAX_SOURCE_FILES}")
    if (lines := sum(file.added_lines + file.removed_lines for file in sources)) > MAX_SOURCE_LINES:
        raise _Unfit(f"it changes {lines} lines of code, more than {MAX_SOURCE_LINES}")


def _check_files(files: Sequence[ChangedFile]) -> None:
    for file in files:
        if not file.regular:
            raise _Unfit(f"{shown(file.path)} is a link or a submodule")
        if shown(file.path) != file.path:
            raise _Unfit(f"the name of {shown(file.path)} is no UTF-8")


def _check_code(changes: Sequence[_Changed]) -> None:
    edited, added, deleted = (sum(numbers) for numbers in zip(*changes, strict=True))
    if deleted:
        raise _Unfit(f"it deletes {deleted} functions or classes of the code")
    if added > MAX_ADDED:
        raise _Unfit(f"it adds {added} functions or classes to the code, more than {MAX_ADDED}")
    if edited > MAX_EDITED:
        raise _Unfit(f"it changes {edited} functions, classes or modules, more than {MAX_EDITED}")
    if not edited + added:
        raise _Unfit("of the code nothing changes besides docstrings and comments")


def _contents(repository: GitRepository, ids: dict[str, str | None]) -> dict[str, bytes | None]:
    """The contents of files by their paths; None for those that are not there."""
    there = {path: id for path, id in ids.items() if id is not None}
    found = dict(zip(there, repository.read_many(there.values()), strict=True))
    return {path: found.get(path) for path in ids}


def _entities_changed(path: str, before: dict[str, bytes | None], after: dict[str, bytes | None]) -> _Changed:
    """How many entities of a module are edited, added and deleted; a module that is not there is an empty one."""
    old, new = (_entities(contents[path] or b"", path) for contents in (before, after))
    edited = sum(old[name] != new[name] for name in old.keys() & new.keys())
    return edited, len(new.keys() - old.keys()), len(old.keys() - new.keys())


def _entities(source: bytes, path: str) -> dict[str, str]:
    """The code of each function, each class and the rest of a module, without docstrings, by dotted names."""
    try:
        with warnings.catch_warnings(action="ignore"):  # old code holds escapes and comparisons that Python warns of
            module = parsed(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise _Unfit(f"{path} cannot be parsed: {error}") from error
    for node in ast.walk(module):
        if isinstance(node, ast.Module | _Definition) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    found: dict[str, str] = {}
    _collect(module, "", found)
    return found


def _collect(holder: ast.Module | ast.ClassDef, name: str, found: dict[str, str]) -> None:
    rest = []
    for node in holder.body:
        if not isinstance(node, _Definition):
            rest.append(node)
        elif isinstance(node, ast.ClassDef):
            _collect(node, f"{name}.{node.name}", found)
        else:
            _keep(node, f"{name}.{node.name}", found)
    holder.body = rest
    _keep(holder, name, found)


def _keep(node: ast.AST, name: str, found: dict[str, str]) -> None:
    found[name] = found.get(name, "") + ast.dump(node)  # one name may be defined several times, as properties are
