"""The base classes of all tables, their common columns, and the text of common check constraints."""

from datetime import datetime
from typing import Any, ClassVar, get_args

from sqlalchemy import DateTime, Index, MetaData, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from app.core.clock import FIRST_YEAR, LAST_YEAR

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


HISTORY_TRIGGERS = frozenset({"record_history", "forbid_truncate"})
"""The triggers of a table with history (migrations/sql/history.sql)."""

REVISION_TRIGGERS = HISTORY_TRIGGERS | {"bump_revision", "number_revision", "record_revision"}
"""The triggers of a table of objects with URLs, which have revisions too (migrations/sql/revisions.sql)."""


def statement_triggers(function: str) -> frozenset[str]:
    """Return the names of the three triggers that call a function: FUNCTION_on_insert, _on_update and _on_delete."""
    return frozenset(f"{function}_on_{event}" for event in ("insert", "update", "delete"))


class Base(DeclarativeBase):
    """The base of all tables. `str` maps to `text` without a length, `datetime` to `timestamptz`."""

    __triggers__: ClassVar[frozenset[str]] = frozenset()
    """The names of the table's triggers, whose SQL is in migrations/sql."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012  (read by SQLAlchemy)


class Record:
    """The columns for the verification and the revision of a record.

    `verified`: the cited source states the content; `primary`: the source is the regulation or the organization itself.
    Only the trigger `bump_revision` sets `revision` and `updated_at`, when the content changes.
    """

    __triggers__: ClassVar[frozenset[str]] = REVISION_TRIGGERS

    verified: Mapped[bool]
    primary: Mapped[bool]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def parts_column(member: str) -> MappedColumn[Any]:
    """Return the JSON column `parts`, into which a trigger copies the list `member`, stored in another table.

    The trigger is `copy_parts`. So a change of a part is a change of the whole: it increments
    the revision and is part of the history.
    """
    # sort_order: the column was added to the table after the others.
    return mapped_column(JSONB, sort_order=1, server_default=text(f"""'{{"{member}": []}}'"""))


class SourcedRecord(Record):
    """A record with a source that is one text; nearly all are."""

    source: Mapped[str | None]


NAME_LENGTH_CHECK = "length(name) BETWEEN 1 AND 300"


def calendar_check(column: str) -> str:
    """Return the SQL of a check constraint that the days of a column are in the years 1900 to 2199."""
    return f"{column} BETWEEN '{FIRST_YEAR}-01-01' AND '{LAST_YEAR}-12-31'"


SLUG_CHECK = "code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40"
"""The SQL of a check constraint for codes that are readable in a URL, such as `pemilu-2024` or `class-1`."""


def sort_index(*columns: str) -> Index:
    """Return an index that serves lists in the order of these columns: codes and names by code point.

    The order of another index on texts is that of the locale of the database.
    """
    # Written where SQLAlchemy expects an operator class, because it has no other place for a collation.
    collations = {name: 'COLLATE "C"' for name in columns if name in ("code", "name")}
    return Index(None, *columns, postgresql_ops=collations)


def one_of_check(column: str, choices: Any) -> str:
    """Return the SQL of a check constraint that allows only the values of a Literal type."""
    return f"{column} IN ({', '.join(repr(word) for word in get_args(choices))})"
