"""The trigger that rejects changes of a meeting with which its participants would be anonymised earlier."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from tests.models.valid_rows import insert_row

CONSTRAINT = "ck_meetings_erasure_nearer"
TWO_CLIENTS = "SELECT set_config('rakornas.two_clients', 'on', true)"
# The meeting m-1 has a participant.
SET_DATES = """
UPDATE meetings SET start_on = '2026-12-07', end_on = '2026-12-08', retention_days = 30, time_zone = 'Asia/Jakarta'
WHERE code = 'm-1'
"""
NEARER = [
    "start_on = '2026-12-06', end_on = '2026-12-07'",
    "end_on = '2026-12-07'",
    "retention_days = 29",
    "time_zone = 'Asia/Jayapura'",
    "end_on = '2026-12-09', retention_days = 28",
    "end_on = '2026-12-07', cancelled_on = '2026-12-01'",
]
LATER = [
    "end_on = '2026-12-09'",
    "retention_days = 31",
    "retention_days = NULL",
    "time_zone = 'UTC'",
    "time_zone = 'Asia/Jayapura', retention_days = 31",
    "end_on = '2026-12-07', retention_days = 31",
    "start_on = '2026-12-01'",
    "cancelled_on = '2026-12-01'",
]


@pytest_asyncio.fixture
async def dated(db: asyncpg.Connection) -> asyncpg.Connection:
    await db.execute(TWO_CLIENTS)
    await db.execute(SET_DATES)
    await db.execute("SELECT set_config('rakornas.two_clients', '', true)")
    return db


async def update_meeting(db: asyncpg.Connection, assignments: str, code: str = "m-1") -> None:
    async with db.transaction():
        await db.execute(f"UPDATE meetings SET {assignments} WHERE code = '{code}'")


async def require_rejected(db: asyncpg.Connection, assignments: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await update_meeting(db, assignments)
    assert (raised.value.constraint_name, raised.value.table_name) == (CONSTRAINT, "meetings")


@pytest.mark.parametrize("assignments", NEARER)
async def test_earlier_erasure_is_rejected(dated: asyncpg.Connection, assignments: str) -> None:
    await require_rejected(dated, assignments)


@pytest.mark.parametrize("assignments", LATER)
async def test_later_erasure_is_accepted(dated: asyncpg.Connection, assignments: str) -> None:
    await update_meeting(dated, assignments)


@pytest.mark.parametrize("assignments", NEARER)
async def test_earlier_erasure_is_accepted_with_two_clients(dated: asyncpg.Connection, assignments: str) -> None:
    await dated.execute(TWO_CLIENTS)
    await update_meeting(dated, assignments)


async def test_first_retention_period_is_rejected(dated: asyncpg.Connection) -> None:
    """Without a period the participants are kept for ever."""
    await update_meeting(dated, "retention_days = NULL")
    await require_rejected(dated, "retention_days = 36500")


async def test_going_later_first_allows_no_way_back(dated: asyncpg.Connection) -> None:
    await update_meeting(dated, "end_on = '2027-11-08', retention_days = 8")
    await require_rejected(dated, "end_on = '2026-12-08', retention_days = 30")


async def test_participants_deleted_in_the_same_transaction_count(
    open_connection: Callable[[], Awaitable[asyncpg.Connection]],
) -> None:
    connection = await open_connection()
    async with connection.transaction():
        await insert_row(connection, "meetings", code="m-nearer", retention_days=30)
        await insert_row(connection, "participants", id=UUID(int=999), meeting="m-nearer")
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("DELETE FROM participants WHERE meeting = 'm-nearer'")
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("UPDATE meetings SET retention_days = 29 WHERE code = 'm-nearer'")
    await transaction.rollback()
