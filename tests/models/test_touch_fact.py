from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from app.models import Base
from tests.models.rows import GOOD, insert

CHANGES = [
    ("regions", "name = 'M'", "name = 'N'"),
    ("region_codes", "until = '2020-01-01'", "until = NULL"),
    ("organizations", "source = 'S'", "name_en = NULL"),
    ("divisions", "verified = true", "verified = false"),
    ("officials", "other_names = '{x}'", "other_names = '{}'"),
    ("appointments", "start_on = '2020-01'", "start_on = '2020'"),
    ("elections", "decided_on = '2022-06-09'", "name = 'N'"),
    ("stages", "note = 'X'", "rule = NULL"),
    ("meetings", "source_publisher = 'P'", "name = 'N'"),
    ("sessions", "topics = '{x}'", "topics = '{}'"),
    ("meeting_statements", "summary = 'T'", "summary = 'S'"),
    ("participants", "late = true", "status = 'expected'"),
    # What is open stays the same, and so does the text that search compares.
    ("participants", "status = 'sick', note = ''", "late = false"),
    ("participants", "name_as_printed = 'N'", "name_as_printed = NULL"),
]


async def stamp(db: asyncpg.Connection, table: str) -> tuple[Any, ...]:
    keys = [column.name for column in Base.metadata.tables[table].primary_key]
    where = " AND ".join(f"{key} = ${number}" for number, key in enumerate(keys, 1))
    row = await db.fetchrow(
        f"SELECT revision, updated_at FROM {table} WHERE {where}", *(GOOD[table][key] for key in keys)
    )
    return tuple(row or ())


async def change(db: asyncpg.Connection, table: str, assignments: str) -> None:
    keys = [column.name for column in Base.metadata.tables[table].primary_key]
    where = " AND ".join(f"{key} = ${number}" for number, key in enumerate(keys, 1))
    changed = await db.execute(f"UPDATE {table} SET {assignments} WHERE {where}", *(GOOD[table][key] for key in keys))
    assert changed == "UPDATE 1"


def test_each_table_with_revisions_is_changed_here() -> None:
    revised = {name for name, table in Base.metadata.tables.items() if "revision" in table.c}
    assert {table for table, _, _ in CHANGES} == revised


@pytest.mark.parametrize("table", dict.fromkeys(table for table, _, _ in CHANGES))
async def test_nobody_else_says_which_revision_it_is(db: asyncpg.Connection, table: str) -> None:
    await insert(db, table, revision=77, updated_at=datetime(1999, 1, 1, tzinfo=UTC))
    revision, updated_at = await stamp(db, table)
    assert revision == 1
    assert (datetime.now(UTC) - updated_at).total_seconds() < 60


@pytest.mark.parametrize(("table", "content", "same"), CHANGES)
async def test_only_a_change_of_content_counts(db: asyncpg.Connection, table: str, content: str, same: str) -> None:
    await insert(db, table)
    first = await stamp(db, table)
    assert first[0] == 1
    for nothing in (same, "revision = 9", "updated_at = '2000-01-01'"):
        await change(db, table, nothing)
        assert await stamp(db, table) == first
    await change(db, table, f"{content}, revision = 7, updated_at = '2000-01-01'")
    second = await stamp(db, table)
    assert second[0] == 2
    assert second[1] > first[1]


async def test_a_generated_column_follows_its_row_and_counts_nothing(db: asyncpg.Connection) -> None:
    """To the trigger it is null before the row is written: compared, it would make a change of everything."""
    await insert(db, "participants", status="sick", name="Éva", organization=None, office=None)
    first = await stamp(db, "participants")
    await change(db, "participants", "status = 'sick', name = 'Éva'")
    assert await stamp(db, "participants") == first
    await change(db, "participants", "status = 'absent', name = 'Ève'")
    row = await db.fetchrow(
        "SELECT revision, open_status, folded FROM participants WHERE id = $1", GOOD["participants"]["id"]
    )
    assert tuple(row or ()) == (2, "absent", "eve")
