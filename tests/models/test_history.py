"""What was known at an instant: every change of the record is kept, once for each transaction that made one."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from app.models import Base
from tests.core.db.extreme_rows import PUBLIC_COLLECTIONS
from tests.models import random_transactions
from tests.models.conftest import Connect
from tests.models.row_changes import FIRST_OF_EACH, change
from tests.models.valid_rows import GOOD, insert

MICROSECOND = timedelta(microseconds=1)
IMMEDIATELY = "SET CONSTRAINTS ALL IMMEDIATE"
HISTORIES = "SELECT table_name::text FROM information_schema.views WHERE table_schema = 'history'"
KEPT = "SELECT relname::text FROM pg_class WHERE relnamespace = 'history'::regnamespace AND relname ~ '_rows$'"
COLUMNS = """
    SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
# They have no revisions and no history: what is remembered of them is the audit trail, or nothing.
NOT_OF_THE_RECORD = {
    name
    for name in Base.metadata.tables
    if name.startswith(("audit_", "client"))
    or name in ("used_assertions", "signing_keys", "service_keys", "idempotency_keys", "revisions")
}
# What gates have seen is never changed, and remembered as it was received, as are corrections; what follows of it is
# derived, also then.
FOLLOWS = {"badges", "device_clocks", "scans", "roll_corrections"}
FOLLOWS |= {"classified_scans", "entries_and_exits", "derived_attendance", "attendance"}
NOT_OF_THE_RECORD |= (FOLLOWS & set(Base.metadata.tables)) | {"clock_readings", "attendance_counts"}
NOT_OF_THE_RECORD |= {"roll_digests"}
MORE_CHANGES = [
    ("meeting_corrections", "recorded = 'I'"),
    ("session_speakers", "role = 'R'"),
    ("participant_sessions", f"participant = '{GOOD['participants']['id']}'"),
]


class Record:
    """One connection that writes, and one that reads as the service does: through the views of what was known."""

    def __init__(self, writes: asyncpg.Connection, reads: asyncpg.Connection) -> None:
        self.writes, self.reads = writes, reads

    async def commit(self, *statements: str) -> datetime:
        """The stamp of a transaction of these statements."""
        async with self.writes.transaction():
            for statement in statements:
                await self.writes.execute(statement)
        return await self.stamp()

    async def stamp(self) -> datetime:
        """Of the newest commit."""
        found: datetime = await self.writes.fetchval("SELECT stamp FROM history.clock")
        return found

    async def at(self, instant: datetime, sql: str) -> list[tuple[Any, ...]]:
        await self.reads.execute("SELECT set_config('rakornas.known_at', $1, false)", instant.isoformat())
        return [tuple(row) for row in await self.reads.fetch(sql)]

    async def names(self, like: str, *instants: datetime) -> list[dict[str, str]]:
        """The names of bodies by code, at each instant."""
        sql = f"SELECT code, name FROM organizations WHERE code LIKE '{like}%'"
        return [dict(await self.at(instant, sql)) for instant in instants]

    async def kept(self, like: str) -> int:
        """How many states of these bodies are kept."""
        found: int = await self.writes.fetchval(
            "SELECT count(*) FROM history.organizations_rows WHERE code LIKE $1 || '%'", like
        )
        return found


@pytest_asyncio.fixture
async def record_of_all(connect: Connect) -> Record:
    record = Record(await connect(), await connect())
    await record.reads.execute("SET search_path = history, public")
    return record


def new(code: str, name: str = "N") -> str:
    return (
        'INSERT INTO organizations (code, name, kind, verified, "primary")'
        f" VALUES ('{code}', '{name}', 'agency', false, false)"
    )


def named(code: str, name: str) -> str:
    return f"UPDATE organizations SET name = '{name}' WHERE code = '{code}'"


def gone(code: str) -> str:
    return f"DELETE FROM organizations WHERE code = '{code}'"


def moved(code: str, to: str) -> str:
    return f"UPDATE organizations SET code = '{to}' WHERE code = '{code}'"


class TestOfEachTable:
    def test_each_is_of_the_record_or_is_not(self) -> None:
        changed = {table for table, _ in (*FIRST_OF_EACH, *MORE_CHANGES)}
        assert changed == set(Base.metadata.tables) - NOT_OF_THE_RECORD

    async def test_each_of_the_record_has_a_history(self, record: asyncpg.Connection) -> None:
        of_the_record = set(Base.metadata.tables) - NOT_OF_THE_RECORD
        assert {row[0] for row in await record.fetch(KEPT)} == {f"{table}_rows" for table in of_the_record}
        assert {row[0] for row in await record.fetch(HISTORIES)} == of_the_record | FOLLOWS

    @pytest.mark.parametrize("name", PUBLIC_COLLECTIONS)
    def test_each_document_can_be_made_of_it(self, name: str) -> None:
        assert PUBLIC_COLLECTIONS[name].document.tables
        assert PUBLIC_COLLECTIONS[name].document.tables.isdisjoint(NOT_OF_THE_RECORD - FOLLOWS)

    @pytest.mark.parametrize("table", sorted(set(Base.metadata.tables) - NOT_OF_THE_RECORD))
    async def test_its_columns_are_the_tables(self, record: asyncpg.Connection, table: str) -> None:
        """In the same order, too: a row goes there as it is."""
        columns = [tuple(row) for row in await record.fetch(COLUMNS, f"public.{table}")]
        assert len(columns) > 2
        assert [tuple(row) for row in await record.fetch(COLUMNS, f"history.{table}")] == columns
        rows = [tuple(row) for row in await record.fetch(COLUMNS, f"history.{table}_rows")]
        assert rows == [("added_by", "bigint"), ("removed_by", "bigint"), *columns]

    @pytest.mark.parametrize(("table", "changed"), [*FIRST_OF_EACH, *MORE_CHANGES])
    async def test_a_change_is_kept_with_what_was_before(
        self, record: asyncpg.Connection, table: str, changed: str
    ) -> None:
        before = await rows(record, table)
        await record.execute(IMMEDIATELY)
        await change(record, table, changed)
        stamp = await record.fetchval("SELECT stamp FROM history.clock")
        for instant, then in ((stamp - MICROSECOND, before), (stamp, await rows(record, table))):
            await record.execute("SELECT set_config('rakornas.known_at', $1, true)", instant.isoformat())
            assert await rows(record, f"history.{table}") == then
        assert await rows(record, table) != before


@pytest.mark.parametrize("table", sorted(set(Base.metadata.tables) - NOT_OF_THE_RECORD))
async def test_nothing_goes_without_a_trace(record: asyncpg.Connection, table: str) -> None:
    """Row by row it is told; TRUNCATE would ask no trigger of a row."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await record.execute(f"TRUNCATE {table} CASCADE")


async def rows(connection: asyncpg.Connection, table: str) -> list[str]:
    return [row[0] for row in await connection.fetch(f"SELECT one::text FROM {table} AS one ORDER BY 1")]


class TestInstants:
    async def test_from_its_commit_to_the_next_a_row_is_what_it_was(self, record_of_all: Record) -> None:
        record = record_of_all
        made, changed = await record.commit(new("h1")), await record.commit(named("h1", "M"))
        deleted = await record.commit(gone("h1"))
        instants = [each - at for each in (made, changed, deleted) for at in (MICROSECOND, timedelta())]
        none: dict[str, str] = {}
        assert await record.names("h1", *instants) == [
            *(none, {"h1": "N"}, {"h1": "N"}, {"h1": "M"}, {"h1": "M"}, none)
        ]

    async def test_what_stands_there_is_known_from_now_on(self, record_of_all: Record) -> None:
        stamp = await record_of_all.commit(new("h2"))
        assert await record_of_all.names("h2", stamp + timedelta(days=36500)) == [{"h2": "N"}]

    async def test_two_changes_in_one_transaction_are_one(self, record_of_all: Record) -> None:
        made = await record_of_all.commit(new("h3"))
        stamp = await record_of_all.commit(named("h3", "A"), named("h3", "B"), named("h3", "C"))
        assert await record_of_all.names("h3", stamp - MICROSECOND, stamp) == [{"h3": "N"}, {"h3": "C"}]
        assert await record_of_all.kept("h3") == 2
        assert made < stamp

    async def test_a_key_that_changes(self, record_of_all: Record) -> None:
        await record_of_all.commit(new("h4a"))
        stamp = await record_of_all.commit(moved("h4a", "h4b"))
        assert await record_of_all.names("h4", stamp - MICROSECOND, stamp) == [{"h4a": "N"}, {"h4b": "N"}]

    async def test_two_that_change_their_keys_with_each_other(self, record_of_all: Record) -> None:
        await record_of_all.commit(new("h5a", "A"), new("h5b", "B"))
        stamp = await record_of_all.commit(moved("h5a", "h5c"), moved("h5b", "h5a"), moved("h5c", "h5b"))
        assert await record_of_all.names("h5", stamp - MICROSECOND, stamp) == [
            {"h5a": "A", "h5b": "B"},
            {"h5a": "B", "h5b": "A"},
        ]
        assert await record_of_all.kept("h5") == 4

    async def test_a_row_that_is_made_anew_where_it_was_deleted(self, record_of_all: Record) -> None:
        await record_of_all.commit(new("h6"))
        stamp = await record_of_all.commit(gone("h6"), new("h6", "M"))
        assert await record_of_all.names("h6", stamp - MICROSECOND, stamp) == [{"h6": "N"}, {"h6": "M"}]

    async def test_what_nobody_saw_is_not_kept(self, record_of_all: Record) -> None:
        before = await record_of_all.stamp()
        await record_of_all.commit(new("h7"), named("h7", "M"), gone("h7"))
        assert await record_of_all.kept("h7") == 0
        transaction = record_of_all.writes.transaction()
        await transaction.start()
        await record_of_all.writes.execute(new("h7"))
        await record_of_all.writes.execute(IMMEDIATELY)
        assert await record_of_all.kept("h7") == 1
        await transaction.rollback()
        assert await record_of_all.kept("h7") == 0
        assert before <= await record_of_all.stamp() < before + timedelta(minutes=1)

    async def test_what_was_rolled_back_to_a_savepoint_is_not_kept(self, record_of_all: Record) -> None:
        await record_of_all.commit(new("h8"))
        await record_of_all.commit(
            *("SAVEPOINT one", named("h8", "A"), IMMEDIATELY, "ROLLBACK TO one", named("h8", "B"))
        )
        assert await record_of_all.names("h8", await record_of_all.stamp()) == [{"h8": "B"}]
        assert await record_of_all.kept("h8") == 2

    async def test_what_says_what_it_said_takes_no_stamp(self, record_of_all: Record) -> None:
        before = await record_of_all.commit(new("h9"))
        assert await record_of_all.commit(named("h9", "N")) == before
        assert await record_of_all.kept("h9") == 1

    async def test_a_part_is_known_with_its_whole(self, record_of_all: Record) -> None:
        record = record_of_all
        await insert(record.writes, "regions", code="78")
        await insert(record.writes, "region_codes", code="90.78", region="78")
        stamp = await record.stamp()
        parts = "SELECT parts::text FROM regions WHERE code = '78'"
        codes = "SELECT code FROM region_codes WHERE region = '78'"
        assert await record.at(stamp - MICROSECOND, codes) == []
        assert await record.at(stamp - MICROSECOND, parts) == [('{"previous_codes": []}',)]
        assert await record.at(stamp, codes) == [("90.78",)]
        assert "90.78" in (await record.at(stamp, parts))[0][0]


@pytest.mark.parametrize("seed", range(3))
async def test_the_record_of_every_instant_comes_back(record_of_all: Record, seed: int) -> None:
    dice = Random(seed)
    was: dict[datetime, list[tuple[Any, ...]]] = {}
    for _ in range(40):
        await random_transactions.step(record_of_all.writes, dice)
        was[await record_of_all.stamp()] = [
            tuple(row) for row in await record_of_all.writes.fetch(random_transactions.BODIES)
        ]
    assert len(was) > 20
    for instant, rows in was.items():
        assert await record_of_all.at(instant, random_transactions.BODIES) == rows
