"""What must hold of an episode's database, found out from its whole tables and not from its own books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, Self

from agent_envs.tools import ToolError

_PAGE_ROWS = 2_000


class Foreign(NamedTuple):
    """A foreign key: the columns of a table hold a key of its owner."""

    table: str
    columns: tuple[str, ...]
    owner: str
    target: tuple[str, ...]


class Image(Protocol):
    """What episodes begin as."""

    @property
    def tables(self) -> Mapping[str, Any]:
        """By name, each with ``columns``, ``key`` and ``references`` (``columns``, ``table``, ``target``)."""


class Database(Protocol):
    """The database of an episode; `agent_envs.snapshots.domains.episode.EpisodeDatabase` is one."""

    @property
    def image(self) -> Image:
        """What it begins as."""

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Run a statement that reads."""

    def call(self, *, writes: bool = False) -> AbstractContextManager[object]:
        """The context of one call: whatever is raised within leaves the state exactly as it was."""

    def diff(self) -> Sequence[Any]:
        """What differs from the image: table, key, before and after."""

    def digest(self) -> str:
        """Digest of the state."""

    def fork(self) -> Self:
        """An independent copy in the same state."""

    def close(self) -> None:
        """Let go of what it holds."""


class State(NamedTuple):
    """What a database says of its state."""

    digest: str
    diff: tuple[Any, ...]

    @classmethod
    def of(cls, database: Database) -> State:
        """The state now."""
        return cls(database.digest(), tuple(database.diff()))


class Watched:
    """A database as a tool sees it, remembering the last statement that it refused.

    Args:
        database: The database, to which everything goes.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.refused = ""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._database, name)
        if name not in ("rows", "row", "scalar", "write"):
            return found

        def run(sql: str, *parameters: Any) -> Any:
            try:
                return found(sql, *parameters)
            except ToolError as error:
                self.refused = f"{sql}: {error}"
                raise

        return run


class Baseline:
    """The rows that every episode begins with, and the references that hold among them.

    A column that is called as the one key column of another table refers to it, whether the schema says so or not,
    as long as the image has it so.

    Args:
        database: One that is as its image.
    """

    def __init__(self, database: Database) -> None:
        self.tables = database.image.tables
        self.rows = {table: dict(_keyed(database, table, made.key)) for table, made in self.tables.items()}
        declared = [
            Foreign(table, reference.columns, reference.table, reference.target)
            for table, made in self.tables.items()
            for reference in made.references
        ]
        said = {(foreign.table, foreign.columns) for foreign in declared}
        owners: dict[str, list[str]] = {}
        for table, made in self.tables.items():
            if len(made.key) == 1:
                owners.setdefault(made.key[0], []).append(table)
        implied = (
            Foreign(table, (column,), owner, (column,))
            for column, (owner, *others) in owners.items()
            for table, made in self.tables.items()
            if not others and table != owner and column in made.columns and (table, (column,)) not in said
        )
        self.references = [*declared, *(foreign for foreign in implied if not _dangling(database, foreign))]

    def differences(self, database: Database) -> list[tuple[Any, ...]]:
        """Table, key, before and after of every row that is not as it was, from a comparison of all rows."""
        found: list[tuple[Any, ...]] = []
        for table, made in sorted(self.tables.items()):
            before, after = self.rows[table], dict(_keyed(database, table, made.key))
            for key in sorted(before.keys() | after.keys()):
                old, new = before.get(key), after.get(key)
                if old is None or new is None:
                    found.append((table, key, old, new))
                elif changed := [column for column in old if old[column] != new[column]]:
                    found.append(
                        (table, key, {name: old[name] for name in changed}, {name: new[name] for name in changed})
                    )
        return found

    def dangling(self, database: Database) -> str:
        """The first reference that leads nowhere, in words; empty where all hold."""
        for foreign in self.references:
            if row := _dangling(database, foreign):
                target = ", ".join(foreign.target)
                return f"a row of {foreign.table} holds {row}, and no row of {foreign.owner} has it as its {target}"
        return ""


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _keyed(database: Database, table: str, key: tuple[str, ...]) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    by = ", ".join(map(quoted, key))
    for start in range(0, 2**62, _PAGE_ROWS):
        page = database.rows(f"SELECT * FROM {quoted(table)} ORDER BY {by} LIMIT {_PAGE_ROWS} OFFSET {start}")
        yield from ((tuple(row[column] for column in key), row) for row in page)
        if len(page) < _PAGE_ROWS:
            return


def _dangling(database: Database, foreign: Foreign) -> dict[str, Any] | None:
    """The columns of the first row whose reference leads nowhere; one with a NULL leads nowhere by right."""
    pairs = zip(foreign.columns, foreign.target, strict=True)
    same = " AND ".join(f"there.{quoted(far)} = here.{quoted(near)}" for near, far in pairs)
    given = " AND ".join(f"here.{quoted(column)} IS NOT NULL" for column in foreign.columns)
    shown = ", ".join(f"here.{quoted(column)}" for column in foreign.columns)
    found = database.rows(
        f"SELECT {shown} FROM {quoted(foreign.table)} AS here WHERE {given}"
        f" AND NOT EXISTS (SELECT 1 FROM {quoted(foreign.owner)} AS there WHERE {same}) ORDER BY {shown} LIMIT 1"
    )
    return found[0] if found else None
