"""For each table with revisions: a change of its valid row, and an update that changes nothing."""

from typing import Any

import asyncpg

from app.models import Base
from tests.models.valid_rows import VALID_ROWS

ROW_CHANGES = [
    ("regions", "name = 'M'", "name = 'N'"),
    ("region_codes", "until = '2020-01-01'", "until = NULL"),
    ("organizations", "source = 'S'", "name_en = NULL"),
    ("divisions", "verified = true", "verified = false"),
    ("officials", "other_names = '{x}'", "other_names = '{}'"),
    ("appointments", "start_on = '2020-01'", "start_on = '2020'"),
    ("elections", "decided_on = '2022-06-09'", "name = 'N'"),
    ("stages", "note = 'X'", "rule = NULL"),
    ("meetings", "audience = 'A'", "name = 'N'"),
    ("sessions", "topics = '{x}'", "topics = '{}'"),
    ("meeting_statements", "summary = 'T'", "summary = 'S'"),
    ("participants", "late = true", "status = 'expected'"),
    # The open status and the folded text stay the same.
    ("participants", "status = 'sick'", "late = false"),
    ("participants", "name_as_printed = 'N'", "name_as_printed = NULL"),
]
FIRST_CHANGES = [*{table: (table, content) for table, content, _ in reversed(ROW_CHANGES)}.values()]


def primary_key_of(table: str) -> dict[str, Any]:
    """Return the primary key of a table's valid row."""
    return {column.name: VALID_ROWS[table][column.name] for column in Base.metadata.tables[table].primary_key}


def key_condition(table: str, first_number: int = 1) -> str:
    return " AND ".join(f"{name} = ${number}" for number, name in enumerate(primary_key_of(table), first_number))


async def change_row(db: asyncpg.Connection, table: str, assignments: str) -> None:
    """Update the valid row of a table."""
    changed = await db.execute(
        f"UPDATE {table} SET {assignments} WHERE {key_condition(table)}", *primary_key_of(table).values()
    )
    assert changed == "UPDATE 1"


async def fetch_revision(db: asyncpg.Connection, table: str) -> tuple[Any, ...]:
    row = await db.fetchrow(
        f"SELECT revision, updated_at FROM {table} WHERE {key_condition(table)}", *primary_key_of(table).values()
    )
    return tuple(row or ())
