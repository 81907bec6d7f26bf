"""Declaration of a data file: its table, its columns, and the parser of each column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table

from app.models import Base, Record, SourcedRecord
from app.reference.cells import CellParser, parse_boolean, parse_list, parse_text


@dataclass(frozen=True)
class Column:
    """A column of a data file.

    `table_column` is its name in the table; `empty_value` is the value of an empty cell, if the column may be empty.
    """

    name: str
    table_column: str
    parse: CellParser
    empty_value: Any
    is_required: bool


@dataclass(frozen=True)
class DataFile:
    """A data file and the table of its rows. The values of `key_columns` are unique within the file."""

    name: str
    table: Table
    key_columns: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def table_columns(self) -> tuple[str, ...]:
        """The names that the file's columns have in the database table, in the order of the file."""
        return tuple(column.table_column for column in self.columns)


def declare_file(
    name: str,
    model: type[Base],
    key: str | tuple[str, ...],
    parsers: Mapping[str, CellParser],
    **table_columns: str,
) -> DataFile:
    """Build a DataFile with these columns, and with those of provenance (source, verified …) if its table has them.

    Args:
        name: The file's name within the directory of a data set.
        model: The model of the table.
        key: The column, or the columns, whose values are unique within the file.
        parsers: The parser of each column, by the column's name in the file.
        table_columns: The name of a column in the table, by its name in the file, if the two differ.
    """
    table = cast(Table, model.__table__)
    source: dict[str, CellParser] = {"source": parse_text} if issubclass(model, SourcedRecord) else {}
    flags: dict[str, CellParser] = (
        {"verified": parse_boolean, "primary": parse_boolean} if issubclass(model, Record) else {}
    )
    return DataFile(
        name,
        table,
        (key,) if isinstance(key, str) else key,
        tuple(
            Column(
                column,
                table_column := table_columns.get(column, column),
                parse,
                empty_value=() if parse is parse_list else None,
                is_required=not table.c[table_column].nullable and parse is not parse_list,
            )
            for column, parse in {**parsers, **source, **flags}.items()
        ),
    )
