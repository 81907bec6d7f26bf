"""The history: each transaction that changes a row adds one version, which is known from its commit on."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from app.models import Base
from tests.core.db.extreme_rows import PUBLIC_COLLECTIONS
from tests.models.conftest import OpenConnection
from tests.models.random_transactions import SELECT_ORGANIZATIONS, run_random_transaction
from tests.models.row_changes import FIRST_CHANGES, change_row
from tests.models.valid_rows import VALID_ROWS, insert_row

MICROSECOND = timedelta(microseconds=1)
SET_CONSTRAINTS_IMMEDIATE = "SET CONSTRAINTS ALL IMMEDIATE"
SELECT_HISTORY_VIEWS = "SELECT table_name::text FROM information_schema.views WHERE table_schema = 'history'"
SELECT_VERSION_TABLES = (
    "SELECT relname::text FROM pg_class WHERE relnamespace = 'history'::regnamespace AND relname ~ '_rows$'"
)
SELECT_COLUMNS = """
    SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
# They have no revisions and no history; changes of some of them are in the audit trail.
TABLES_WITHOUT_HISTORY = {
    name
    for name in Base.metadata.tables
    if name.startswith(("audit_", "client"))
    or name in ("used_assertions", "signing_keys", "service_keys", "idempotency_keys", "revisions")
}
# Scans and corrections have their own times instead of versions. What depends on them is derived, also for the past.
DERIVED_VIEWS = {"badges", "device_clocks", "scans", "roll_corrections"}
DERIVED_VIEWS |= {"classified_scans", "entries_and_exits", "derived_attendance", "derived_presence", "attendance"}
DERIVED_VIEWS |= {"meeting_days"}
DERIVED_VIEWS |= {"live_roll_lines", "roll_lines", "roll_headings", "roll_presence", "roll_plenaries"}
TABLES_WITHOUT_HISTORY |= (DERIVED_VIEWS & set(Base.metadata.tables)) | {"clock_readings", "attendance_counts"}
TABLES_WITHOUT_HISTORY |= {"devices", "device_resets"}
TABLES_WITHOUT_HISTORY |= {"roll_digests", "roll_secrets"}
PART_CHANGES = [
    ("closed_rolls", "place = 'P'"),
    ("closed_roll_lines", "late = true"),
    ("meeting_corrections", "recorded = 'I'"),
    ("session_speakers", "role = 'R'"),
    ("participant_sessions", f"participant = '{VALID_ROWS['participants']['id']}'"),
]


class HistoryReader:
    """A connection that writes, and one that reads as the service does, through the views of the history."""

    def __init__(self, writes: asyncpg.Connection, reads: asyncpg.Connection) -> None:
        self.writes, self.reads = writes, reads

    async def commit(self, *statements: str) -> datetime:
        """Run these statements in a transaction and return its stamp."""
        async with self.writes.transaction():
            for statement in statements:
                await self.writes.execute(statement)
        return await self.fetch_stamp()

    async def fetch_stamp(self) -> datetime:
        """Return the stamp of the newest commit."""
        stamp: datetime = await self.writes.fetchval("SELECT stamp FROM history.clock")
        return stamp

    async def fetch_as_known_at(self, instant: datetime, sql: str) -> list[tuple[Any, ...]]:
        await self.reads.execute("SELECT set_config('rakornas.known_at', $1, false)", instant.isoformat())
        return [tuple(row) for row in await self.reads.fetch(sql)]

    async def fetch_names(self, like: str, *instants: datetime) -> list[dict[str, str]]:
        """Return the names of organizations by code, as known at each instant."""
        sql = f"SELECT code, name FROM organizations WHERE code LIKE '{like}%'"
        return [dict(await self.fetch_as_known_at(instant, sql)) for instant in instants]

    async def count_versions(self, like: str) -> int:
        """Count the versions of these organizations."""
        count: int = await self.writes.fetchval(
            "SELECT count(*) FROM history.organizations_rows WHERE code LIKE $1 || '%'", like
        )
        return count


@pytest_asyncio.fixture
async def history(open_connection: OpenConnection) -> HistoryReader:
    history = HistoryReader(await open_connection(), await open_connection())
    await history.reads.execute("SET search_path = history, public")
    return history


def insert_sql(code: str, name: str = "N") -> str:
    return (
        'INSERT INTO organizations (code, name, kind, verified, "primary")'
        f" VALUES ('{code}', '{name}', 'agency', false, false)"
    )


def rename_sql(code: str, name: str) -> str:
    return f"UPDATE organizations SET name = '{name}' WHERE code = '{code}'"


def delete_sql(code: str) -> str:
    return f"DELETE FROM organizations WHERE code = '{code}'"


def update_code_sql(code: str, to: str) -> str:
    return f"UPDATE organizations SET code = '{to}' WHERE code = '{code}'"


class TestTables:
    def test_every_table_with_history_has_a_change(self) -> None:
        changed = {table for table, _ in (*FIRST_CHANGES, *PART_CHANGES)}
        assert changed == set(Base.metadata.tables) - TABLES_WITHOUT_HISTORY

    async def test_tables_and_views_of_the_history_exist(self, filled_db: asyncpg.Connection) -> None:
        of_the_record = set(Base.metadata.tables) - TABLES_WITHOUT_HISTORY
        assert {row[0] for row in await filled_db.fetch(SELECT_VERSION_TABLES)} == {
            f"{table}_rows" for table in of_the_record
        }
        assert {row[0] for row in await filled_db.fetch(SELECT_HISTORY_VIEWS)} == of_the_record | DERIVED_VIEWS

    @pytest.mark.parametrize("name", PUBLIC_COLLECTIONS)
    def test_public_documents_read_only_tables_with_history(self, name: str) -> None:
        assert PUBLIC_COLLECTIONS[name].document.tables
        assert PUBLIC_COLLECTIONS[name].document.tables.isdisjoint(TABLES_WITHOUT_HISTORY - DERIVED_VIEWS)

    @pytest.mark.parametrize("table", sorted(set(Base.metadata.tables) - TABLES_WITHOUT_HISTORY))
    async def test_history_has_the_columns_of_the_table(self, filled_db: asyncpg.Connection, table: str) -> None:
        """In the same order, because versions are inserted as whole rows."""
        columns = [tuple(row) for row in await filled_db.fetch(SELECT_COLUMNS, f"public.{table}")]
        assert len(columns) > 2
        assert [tuple(row) for row in await filled_db.fetch(SELECT_COLUMNS, f"history.{table}")] == columns
        rows = [tuple(row) for row in await filled_db.fetch(SELECT_COLUMNS, f"history.{table}_rows")]
        assert rows == [("added_by", "bigint"), ("removed_by", "bigint"), *columns]

    @pytest.mark.parametrize(("table", "changed"), [*FIRST_CHANGES, *PART_CHANGES])
    async def test_change_adds_a_version(self, filled_db: asyncpg.Connection, table: str, changed: str) -> None:
        before = await fetch_rows(filled_db, table)
        await filled_db.execute(SET_CONSTRAINTS_IMMEDIATE)
        await change_row(filled_db, table, changed)
        stamp = await filled_db.fetchval("SELECT stamp FROM history.clock")
        for instant, expected in ((stamp - MICROSECOND, before), (stamp, await fetch_rows(filled_db, table))):
            await filled_db.execute("SELECT set_config('rakornas.known_at', $1, true)", instant.isoformat())
            assert await fetch_rows(filled_db, f"history.{table}") == expected
        assert await fetch_rows(filled_db, table) != before


@pytest.mark.parametrize("table", sorted(set(Base.metadata.tables) - TABLES_WITHOUT_HISTORY))
async def test_truncate_is_rejected(filled_db: asyncpg.Connection, table: str) -> None:
    """TRUNCATE would not run the row triggers that write the history."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await filled_db.execute(f"TRUNCATE {table} CASCADE")


async def fetch_rows(connection: asyncpg.Connection, table: str) -> list[str]:
    return [row[0] for row in await connection.fetch(f"SELECT version::text FROM {table} AS version ORDER BY 1")]


class TestInstants:
    async def test_version_is_known_from_its_commit_to_the_next(self, history: HistoryReader) -> None:
        made, changed = await history.commit(insert_sql("h1")), await history.commit(rename_sql("h1", "M"))
        deleted = await history.commit(delete_sql("h1"))
        instants = [stamp - offset for stamp in (made, changed, deleted) for offset in (MICROSECOND, timedelta())]
        none: dict[str, str] = {}
        assert await history.fetch_names("h1", *instants) == [
            *(none, {"h1": "N"}, {"h1": "N"}, {"h1": "M"}, {"h1": "M"}, none)
        ]

    async def test_current_version_is_known_in_the_future(self, history: HistoryReader) -> None:
        stamp = await history.commit(insert_sql("h2"))
        assert await history.fetch_names("h2", stamp + timedelta(days=36500)) == [{"h2": "N"}]

    async def test_changes_in_one_transaction_are_one_version(self, history: HistoryReader) -> None:
        made = await history.commit(insert_sql("h3"))
        stamp = await history.commit(rename_sql("h3", "A"), rename_sql("h3", "B"), rename_sql("h3", "C"))
        assert await history.fetch_names("h3", stamp - MICROSECOND, stamp) == [{"h3": "N"}, {"h3": "C"}]
        assert await history.count_versions("h3") == 2
        assert made < stamp

    async def test_changed_key_moves_the_row(self, history: HistoryReader) -> None:
        await history.commit(insert_sql("h4a"))
        stamp = await history.commit(update_code_sql("h4a", "h4b"))
        assert await history.fetch_names("h4", stamp - MICROSECOND, stamp) == [{"h4a": "N"}, {"h4b": "N"}]

    async def test_two_rows_can_swap_their_keys(self, history: HistoryReader) -> None:
        await history.commit(insert_sql("h5a", "A"), insert_sql("h5b", "B"))
        stamp = await history.commit(
            update_code_sql("h5a", "h5c"), update_code_sql("h5b", "h5a"), update_code_sql("h5c", "h5b")
        )
        assert await history.fetch_names("h5", stamp - MICROSECOND, stamp) == [
            {"h5a": "A", "h5b": "B"},
            {"h5a": "B", "h5b": "A"},
        ]
        assert await history.count_versions("h5") == 4

    async def test_row_recreated_in_one_transaction_is_a_change(self, history: HistoryReader) -> None:
        await history.commit(insert_sql("h6"))
        stamp = await history.commit(delete_sql("h6"), insert_sql("h6", "M"))
        assert await history.fetch_names("h6", stamp - MICROSECOND, stamp) == [{"h6": "N"}, {"h6": "M"}]

    async def test_row_inserted_and_deleted_in_one_transaction_has_no_version(self, history: HistoryReader) -> None:
        before = await history.fetch_stamp()
        await history.commit(insert_sql("h7"), rename_sql("h7", "M"), delete_sql("h7"))
        assert await history.count_versions("h7") == 0
        transaction = history.writes.transaction()
        await transaction.start()
        await history.writes.execute(insert_sql("h7"))
        await history.writes.execute(SET_CONSTRAINTS_IMMEDIATE)
        assert await history.count_versions("h7") == 1
        await transaction.rollback()
        assert await history.count_versions("h7") == 0
        assert before <= await history.fetch_stamp() < before + timedelta(minutes=1)

    async def test_version_rolled_back_to_a_savepoint_is_removed(self, history: HistoryReader) -> None:
        await history.commit(insert_sql("h8"))
        undone, final = rename_sql("h8", "A"), rename_sql("h8", "B")
        await history.commit("SAVEPOINT one", undone, SET_CONSTRAINTS_IMMEDIATE, "ROLLBACK TO one", final)
        assert await history.fetch_names("h8", await history.fetch_stamp()) == [{"h8": "B"}]
        assert await history.count_versions("h8") == 2

    async def test_update_without_a_change_adds_no_commit(self, history: HistoryReader) -> None:
        before = await history.commit(insert_sql("h9"))
        assert await history.commit(rename_sql("h9", "N")) == before
        assert await history.count_versions("h9") == 1

    async def test_part_and_its_object_are_known_from_the_same_instant(self, history: HistoryReader) -> None:
        await insert_row(history.writes, "regions", code="78")
        await insert_row(history.writes, "region_codes", code="90.78", region="78")
        stamp = await history.fetch_stamp()
        parts = "SELECT parts::text FROM regions WHERE code = '78'"
        codes = "SELECT code FROM region_codes WHERE region = '78'"
        assert await history.fetch_as_known_at(stamp - MICROSECOND, codes) == []
        assert await history.fetch_as_known_at(stamp - MICROSECOND, parts) == [('{"previous_codes": []}',)]
        assert await history.fetch_as_known_at(stamp, codes) == [("90.78",)]
        assert "90.78" in (await history.fetch_as_known_at(stamp, parts))[0][0]


@pytest.mark.parametrize("seed", range(3))
async def test_random_history_can_be_read_at_every_instant(history: HistoryReader, seed: int) -> None:
    random = Random(seed)
    states: dict[datetime, list[tuple[Any, ...]]] = {}
    for _ in range(40):
        await run_random_transaction(history.writes, random)
        states[await history.fetch_stamp()] = [tuple(row) for row in await history.writes.fetch(SELECT_ORGANIZATIONS)]
    assert len(states) > 20
    for instant, rows in states.items():
        assert await history.fetch_as_known_at(instant, SELECT_ORGANIZATIONS) == rows
