"""The first change of a row in a transaction moves its revision; what changes nothing, and what follows, does not."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from app.models import Base
from tests.models.conftest import Connect
from tests.models.row_changes import CHANGES, change, key_of, same, stamp
from tests.models.test_cycles import waits
from tests.models.valid_rows import insert

TABLES = [*dict.fromkeys(table for table, _, _ in CHANGES)]


def test_each_table_with_revisions_is_changed_here() -> None:
    assert set(TABLES) == {name for name, table in Base.metadata.tables.items() if "verified" in table.c}


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_else_says_which_revision_it_is(db: asyncpg.Connection, table: str) -> None:
    await insert(db, table, revision=77, updated_at=datetime(1999, 1, 1, tzinfo=UTC))
    revision, updated_at = await stamp(db, table)
    assert revision == 1
    assert (datetime.now(UTC) - updated_at).total_seconds() < 60


@pytest.mark.parametrize(("table", "content", "same_content"), CHANGES)
async def test_only_a_change_of_content_counts(
    record: asyncpg.Connection, table: str, content: str, same_content: str
) -> None:
    first = await stamp(record, table)
    assert first[0] == 1
    for nothing in (same_content, "revision = 9", "updated_at = '2000-01-01'"):
        await change(record, table, nothing)
        assert await stamp(record, table) == first
    await change(record, table, f"{content}, revision = 7, updated_at = '2000-01-01'")
    second = await stamp(record, table)
    assert second[0] == 2
    assert second[1] > first[1]


async def test_a_generated_column_follows_its_row_and_counts_nothing(record: asyncpg.Connection) -> None:
    """To the trigger it is null before the row is written: compared, it would make a change of everything."""
    first = await stamp(record, "participants")
    await change(record, "participants", "status = 'expected'")
    assert await stamp(record, "participants") == first
    await change(record, "participants", "status = 'sick', name = 'Ève', organization = NULL")
    row = await record.fetchrow(
        f"SELECT revision, open_status, folded FROM participants WHERE {same('participants')}",
        *key_of("participants").values(),
    )
    assert tuple(row or ()) == (2, "excused", "eve")


class TestOneTransactionIsOneChange:
    async def test_however_many_statements_it_takes(self, record: asyncpg.Connection) -> None:
        await change(record, "organizations", "name = 'A'")
        first = await stamp(record, "organizations")
        await change(record, "organizations", "name = 'B'")
        second = await stamp(record, "organizations")
        assert (first[0], second[0]) == (2, 2)
        assert second[1] > first[1]

    async def test_also_of_a_row_that_it_has_made(self, db: asyncpg.Connection) -> None:
        await insert(db, "organizations")
        await change(db, "organizations", "name = 'A'")
        assert (await stamp(db, "organizations"))[0] == 1

    async def test_each_change_in_a_savepoint_of_its_own(self, record: asyncpg.Connection) -> None:
        for name in "AB":
            async with record.transaction(), record.transaction():
                await change(record, "organizations", f"name = '{name}'")
        await change(record, "organizations", "name = 'C'")
        assert (await stamp(record, "organizations"))[0] == 2

    async def test_what_was_rolled_back_to_a_savepoint_was_none(self, record: asyncpg.Connection) -> None:
        savepoint = record.transaction()
        await savepoint.start()
        await change(record, "organizations", "name = 'A'")
        await savepoint.rollback()
        assert (await stamp(record, "organizations"))[0] == 1
        await change(record, "organizations", "name = 'B'")
        assert (await stamp(record, "organizations"))[0] == 2

    @pytest.mark.parametrize("nothing_first", [True, False])
    async def test_what_another_has_changed_since_it_began_is_not_its_own(
        self, connect: Connect, nothing_first: bool
    ) -> None:
        """Its own stamp is later than this transaction's beginning, and so looks like one of it."""
        one, two = await connect(), await connect()
        code = f"touched{nothing_first}".lower()
        await insert(one, "organizations", code=code, kind="agency")
        rename = f"UPDATE organizations SET name = $1 WHERE code = '{code}'"
        async with one.transaction():
            await one.fetchval("SELECT now()")
            await two.execute(rename, "A")
            for name in ("A", "B") if nothing_first else ("B",):
                await one.execute(rename, name)
        assert await one.fetchval(f"SELECT revision FROM organizations WHERE code = '{code}'") == 3

    async def test_what_another_has_changed_while_it_waited(self, connect: Connect) -> None:
        one, two = await connect(), await connect()
        await insert(one, "organizations", code="waited", kind="agency")
        rename = "UPDATE organizations SET name = $1 WHERE code = 'waited'"
        transaction = one.transaction()
        await transaction.start()
        await one.execute(rename, "A")
        other = asyncio.create_task(two.execute(rename, "B"))
        await waits(one, two)
        await transaction.commit()
        await other
        assert await one.fetchval("SELECT revision FROM organizations WHERE code = 'waited'") == 3
