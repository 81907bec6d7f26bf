"""What a file of a data set is: its table, its columns, and how each cell becomes a value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table

from app.models import Base, Record, SourcedRecord
from app.reference.cells import Convert, several, text, truth


@dataclass(frozen=True)
class Column:
    """A column of a file. `target` is its name in the table, `empty` what an empty cell means where it may be empty."""

    name: str
    target: str
    convert: Convert
    empty: Any
    required: bool


@dataclass(frozen=True)
class File:
    """A file and the table that its rows belong to. `key` names the columns that tell the rows apart."""

    name: str
    table: Table
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(column.target for column in self.columns)


def declare(
    name: str, model: type[Base], key: str | tuple[str, ...], columns: Mapping[str, Convert], **targets: str
) -> File:
    """The file with these columns, and those of a fact if its table has them; `targets` where the table's differ."""
    table = cast(Table, model.__table__)
    origin: dict[str, Convert] = {"source": text} if issubclass(model, SourcedRecord) else {}
    surety: dict[str, Convert] = {"verified": truth, "primary": truth} if issubclass(model, Record) else {}
    return File(
        name,
        table,
        (key,) if isinstance(key, str) else key,
        tuple(
            Column(
                column,
                target := targets.get(column, column),
                convert,
                empty=() if convert is several else None,
                required=not table.c[target].nullable and convert is not several,
            )
            for column, convert in {**columns, **origin, **surety}.items()
        ),
    )
