"""What every table shares: names of constraints and triggers, and the columns of a fact."""

from datetime import datetime
from typing import Any, ClassVar, get_args

from sqlalchemy import DateTime, MetaData, Text, func, text
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
"""Triggers of a table whose rows have a history (migrations/sql/history.sql)."""

REVISION_TRIGGERS = HISTORY_TRIGGERS | {"bump_revision", "number_revision", "record_revision"}
"""Triggers of a table of objects with addresses, which have revisions too (migrations/sql/revisions.sql)."""


def statement_triggers(function: str) -> frozenset[str]:
    """Return the names of a function's triggers after each statement that inserts, updates or deletes rows."""
    return frozenset(f"{function}_on_{event}" for event in ("insert", "update", "delete"))


class Base(DeclarativeBase):
    """The root of all tables. Text is `text`, an instant is `timestamptz`: Postgres needs no lengths."""

    __triggers__: ClassVar[frozenset[str]] = frozenset()
    """The names of the triggers on the table. Their text is in migrations/sql."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012  (read by SQLAlchemy)


class Record:
    """How sure a fact is, and which revision of it this is.

    `verified`: the cited source states it; `primary`: the source is the regulation or the body itself. `revision` and
    `updated_at` are set by the trigger `bump_revision`, and only by it: they move when the content does.
    """

    __triggers__: ClassVar[frozenset[str]] = REVISION_TRIGGERS

    verified: Mapped[bool]
    primary: Mapped[bool]
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


def parts_column(member: str) -> MappedColumn[Any]:
    """The column `parts` of a record with a member that stands in a table of its own.

    It is a copy of that member, kept by the trigger `copy_parts`: so a change of a part is a change of the whole, which
    moves its revision and stands in its history.
    """
    # sort_order: it stands behind the columns that were there before it.
    return mapped_column(JSONB, sort_order=1, server_default=text(f"""'{{"{member}": []}}'"""))


class SourcedRecord(Record):
    """What nearly every fact carries: a record whose source is one text."""

    source: Mapped[str | None]


NAME_LENGTH_CHECK = "length(name) BETWEEN 1 AND 300"


def calendar_check(column: str) -> str:
    """The text of a check that admits the days that the service speaks of: the years 1900 to 2199."""
    return f"{column} BETWEEN '{FIRST_YEAR}-01-01' AND '{LAST_YEAR}-12-31'"


SLUG_CHECK = "code ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(code) <= 40"
"""The text of a check that admits codes that read well in an address: `pemilu-2024`, `class-1`."""


def one_of_check(column: str, choices: Any) -> str:
    """The text of a check that admits the words of a Literal only."""
    return f"{column} IN ({', '.join(repr(word) for word in get_args(choices))})"
