"""What the rows of a snapshot are made of: the tables, the functions that make their rows, how many, and the seed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from types import FunctionType
from typing import Any, NamedTuple, TypeAlias, get_type_hints

import numpy as np
from numpy.typing import NDArray

from .columns import Columns, Rows
from .rows import Row
from .schema import DomainError, Schema, TableSchema

Cell: TypeAlias = str | int | float | date | datetime | None
Cells: TypeAlias = dict[str, Cell]
"""One row, by column."""


class Recipe(NamedTuple):
    """All that the rows of a snapshot depend on.

    Args:
        schema: Its tables.
        makers: For each table the function of a `Row` that makes its rows of one number: one row, or a list of them;
            or of `Rows`, which makes those of many numbers as arrays by column.
        counts: How many numbers each table goes through.
        seed: Names the world.
    """

    schema: Schema
    makers: Mapping[str, FunctionType]
    counts: Mapping[str, int]
    seed: int

    def rows(self, table: str, number: int) -> list[Cells]:
        """The rows of one number, made alone."""
        if self.makes_columns(table):
            columns = self.columns(table, number, 1)
            return [{name: plain(values)[0] for name, values in columns.items()}]
        made = self.makers[table](Row(self.seed, table, number, self.counts))
        return [made] if isinstance(made, dict) else list(made)

    def columns(self, table: str, first: int, count: int) -> Columns:
        """The rows of so many numbers, by column, of a table whose maker takes `Rows`."""
        made: Columns = self.makers[table](Rows(self.seed, table, np.arange(first, first + count), self.counts))
        return made

    def makes_columns(self, table: str) -> bool:
        """Whether the table's maker takes `Rows`."""
        return _takes_columns(self.makers[table])

    def refused(self, table: TableSchema, why: str) -> DomainError:
        """The error of a maker whose rows the schema refuses."""
        code = self.makers[table.name].__code__
        said = " ".join(why.split())
        return DomainError(
            f"{code.co_filename}:{code.co_firstlineno}: {table.name}() does not fit"
            f" {self.schema.path}:{table.line}: {said[:1000]}"
        )


@lru_cache(maxsize=256)
def _takes_columns(maker: FunctionType) -> bool:
    return Rows in get_type_hints(maker).values()


def plain(values: NDArray[Any]) -> list[Any]:
    """An array of cells as Python has them."""
    plain: list[Any] = values.astype("datetime64[D]").tolist() if values.dtype.kind == "M" else values.tolist()
    return plain
