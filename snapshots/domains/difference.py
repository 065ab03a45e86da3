"""The net difference of a database from its image: which rows and columns, before and after, in a fixed order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import apsw
import msgspec

from .image import Table

Value = str | int | float | None
"""What a column holds: booleans are 0 and 1, money is in cents, times are ISO texts in UTC."""


class RowChange(NamedTuple):
    """One row that is not as it was.

    Args:
        table: The table it is in.
        key: Its primary key, in the key's order of columns.
        before: What the image holds, by column: the whole row if it was deleted, only what changed if it was
            updated, None if it was inserted.
        after: What it holds now; None if it was deleted.
    """

    table: str
    key: tuple[Value, ...]
    before: dict[str, Value] | None
    after: dict[str, Value] | None

    def __str__(self) -> str:
        row = f"{self.table}({', '.join(map(repr, self.key))})"
        if self.before is None:
            return f"{row} inserted: {_shown(self.after or {})}"
        if self.after is None:
            return f"{row} deleted: {_shown(self.before)}"
        changed = (f"{column} {value!r} -> {self.after[column]!r}" for column, value in self.before.items())
        return f"{row} updated: {', '.join(changed)}"


class Difference(tuple[RowChange, ...]):
    """The rows that differ from the image, by table and key. Changes that were undone are not in it."""

    __slots__ = ()

    @classmethod
    def of(cls, changeset: bytes, tables: Mapping[str, Table]) -> Difference:
        """Read a changeset of SQLite's session extension, whose own order says nothing."""
        changes = [_row_change(change, tables[change.name]) for change in apsw.Changeset.iter(changeset)]
        return cls(sorted(changes, key=lambda change: (change.table, change.key)))

    def digest(self) -> str:
        """Hash of all that it says, in hexadecimal: equal for equal differences, in every process."""
        return hashlib.blake2b(msgspec.msgpack.encode(tuple(self)), digest_size=16).hexdigest()

    def __str__(self) -> str:
        return "\n".join(map(str, self))


def _row_change(change: apsw.TableChange, table: Table) -> RowChange:
    old, new = change.old, change.new
    values = old if old is not None else new
    assert values is not None
    place = table.columns.index
    key = tuple(_value(values[place(column)]) for column in table.key)
    if old is None or new is None:
        row = {column: _value(value) for column, value in zip(table.columns, values, strict=True)}
        return RowChange(table.name, key, None, row) if old is None else RowChange(table.name, key, row, None)
    # An update names the key and the changed columns; only these have a new value.
    changed = [number for number, value in enumerate(new) if value is not apsw.no_change]
    before = {table.columns[number]: _value(old[number]) for number in changed}
    return RowChange(table.name, key, before, {table.columns[number]: _value(new[number]) for number in changed})


def _value(value: object) -> Value:
    assert value is None or isinstance(value, str | int | float)  # no column of an image holds anything else
    return value


def _shown(row: dict[str, Value]) -> str:
    return ", ".join(f"{column} {value!r}" for column, value in row.items())
