"""A change of the good row of each table whose changes count, and one that says what it says already."""

from typing import Any

import asyncpg

from app.models import Base
from tests.models.valid_rows import GOOD

CHANGES = [
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
    # What is open stays the same, and so does the text that search compares.
    ("participants", "status = 'sick'", "late = false"),
    ("participants", "name_as_printed = 'N'", "name_as_printed = NULL"),
]
FIRST_OF_EACH = [*{table: (table, content) for table, content, _ in reversed(CHANGES)}.values()]


def key_of(table: str) -> dict[str, Any]:
    """The key of a table's good row."""
    return {column.name: GOOD[table][column.name] for column in Base.metadata.tables[table].primary_key}


def same(table: str, first: int = 1) -> str:
    return " AND ".join(f"{name} = ${number}" for number, name in enumerate(key_of(table), first))


async def change(db: asyncpg.Connection, table: str, assignments: str) -> None:
    """Change the good row of a table."""
    changed = await db.execute(f"UPDATE {table} SET {assignments} WHERE {same(table)}", *key_of(table).values())
    assert changed == "UPDATE 1"


async def stamp(db: asyncpg.Connection, table: str) -> tuple[Any, ...]:
    row = await db.fetchrow(f"SELECT revision, updated_at FROM {table} WHERE {same(table)}", *key_of(table).values())
    return tuple(row or ())
