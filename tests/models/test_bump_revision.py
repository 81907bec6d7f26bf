"""The trigger bump_revision: the first change of a row in a transaction increments its revision."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from app.models import Base
from tests.models.conftest import OpenConnection
from tests.models.row_changes import ROW_CHANGES, change_row, fetch_revision, key_condition, primary_key_of
from tests.models.test_cycles import wait_until_blocked
from tests.models.valid_rows import insert_row

TABLES_WITH_REVISION = [*dict.fromkeys(table for table, _, _ in ROW_CHANGES)]


def test_every_table_with_a_revision_is_tested() -> None:
    assert set(TABLES_WITH_REVISION) == {name for name, table in Base.metadata.tables.items() if "verified" in table.c}


@pytest.mark.parametrize("table", TABLES_WITH_REVISION)
async def test_inserted_revision_and_time_are_ignored(db: asyncpg.Connection, table: str) -> None:
    await insert_row(db, table, revision=77, updated_at=datetime(1999, 1, 1, tzinfo=UTC))
    revision, updated_at = await fetch_revision(db, table)
    assert revision == 1
    assert (datetime.now(UTC) - updated_at).total_seconds() < 60


@pytest.mark.parametrize(("table", "content", "same_content"), ROW_CHANGES)
async def test_only_changed_content_increments_the_revision(
    filled_db: asyncpg.Connection, table: str, content: str, same_content: str
) -> None:
    first = await fetch_revision(filled_db, table)
    assert first[0] == 1
    for assignments in (same_content, "revision = 9", "updated_at = '2000-01-01'"):
        await change_row(filled_db, table, assignments)
        assert await fetch_revision(filled_db, table) == first
    await change_row(filled_db, table, f"{content}, revision = 7, updated_at = '2000-01-01'")
    second = await fetch_revision(filled_db, table)
    assert second[0] == 2
    assert second[1] > first[1]


async def test_generated_columns_do_not_increment_the_revision(filled_db: asyncpg.Connection) -> None:
    """They are null in a BEFORE trigger: if they were compared, every update would be a change."""
    first = await fetch_revision(filled_db, "participants")
    await change_row(filled_db, "participants", "status = 'expected'")
    assert await fetch_revision(filled_db, "participants") == first
    await change_row(filled_db, "participants", "status = 'sick', name = 'Ève', organization = NULL")
    row = await filled_db.fetchrow(
        f"SELECT revision, open_status, folded FROM participants WHERE {key_condition('participants')}",
        *primary_key_of("participants").values(),
    )
    assert tuple(row or ()) == (2, "excused", "eve")


class TestOneTransaction:
    async def test_two_updates_increment_the_revision_once(self, filled_db: asyncpg.Connection) -> None:
        await change_row(filled_db, "organizations", "name = 'A'")
        first = await fetch_revision(filled_db, "organizations")
        await change_row(filled_db, "organizations", "name = 'B'")
        second = await fetch_revision(filled_db, "organizations")
        assert (first[0], second[0]) == (2, 2)
        assert second[1] > first[1]

    async def test_update_after_insert_keeps_the_first_revision(self, db: asyncpg.Connection) -> None:
        await insert_row(db, "organizations")
        await change_row(db, "organizations", "name = 'A'")
        assert (await fetch_revision(db, "organizations"))[0] == 1

    async def test_updates_in_savepoints_increment_the_revision_once(self, filled_db: asyncpg.Connection) -> None:
        for name in "AB":
            async with filled_db.transaction(), filled_db.transaction():
                await change_row(filled_db, "organizations", f"name = '{name}'")
        await change_row(filled_db, "organizations", "name = 'C'")
        assert (await fetch_revision(filled_db, "organizations"))[0] == 2

    async def test_update_rolled_back_to_a_savepoint_does_not_count(self, filled_db: asyncpg.Connection) -> None:
        savepoint = filled_db.transaction()
        await savepoint.start()
        await change_row(filled_db, "organizations", "name = 'A'")
        await savepoint.rollback()
        assert (await fetch_revision(filled_db, "organizations"))[0] == 1
        await change_row(filled_db, "organizations", "name = 'B'")
        assert (await fetch_revision(filled_db, "organizations"))[0] == 2

    @pytest.mark.parametrize("unchanged_first", [True, False])
    async def test_update_of_another_transaction_counts_separately(
        self, open_connection: OpenConnection, unchanged_first: bool
    ) -> None:
        """The other transaction's time is later than the start of this one, as if it belonged to this one."""
        first, second = await open_connection(), await open_connection()
        code = f"touched{unchanged_first}".lower()
        await insert_row(first, "organizations", code=code, kind="agency")
        rename = f"UPDATE organizations SET name = $1 WHERE code = '{code}'"
        async with first.transaction():
            await first.fetchval("SELECT now()")
            await second.execute(rename, "A")
            for name in ("A", "B") if unchanged_first else ("B",):
                await first.execute(rename, name)
        assert await first.fetchval(f"SELECT revision FROM organizations WHERE code = '{code}'") == 3

    async def test_update_after_waiting_for_another_counts_separately(self, open_connection: OpenConnection) -> None:
        first, second = await open_connection(), await open_connection()
        await insert_row(first, "organizations", code="waited", kind="agency")
        rename = "UPDATE organizations SET name = $1 WHERE code = 'waited'"
        transaction = first.transaction()
        await transaction.start()
        await first.execute(rename, "A")
        other = asyncio.create_task(second.execute(rename, "B"))
        await wait_until_blocked(first, second)
        await transaction.commit()
        await other
        assert await first.fetchval("SELECT revision FROM organizations WHERE code = 'waited'") == 3
