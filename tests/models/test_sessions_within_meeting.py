"""The trigger that keeps a session within the days of its meeting, in the meeting's time zone."""

import asyncio
from datetime import date, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest

from tests.models.test_cycles import wait_until_blocked
from tests.models.valid_rows import insert_referenced_rows, insert_row

CONSTRAINT = "ck_sessions_within_meeting"
WIT = timezone(timedelta(hours=9))
JAYAPURA, JAKARTA = "Asia/Jayapura", "Asia/Jakarta"


def june(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time in Jayapura in June 2022; the meeting is from the 13th to the 15th."""
    return datetime(2022, 6, day, hour, minute, tzinfo=WIT)


async def insert_meeting_with_session(db: asyncpg.Connection, **session: Any) -> None:
    """Insert a meeting in Jayapura with one session."""
    await insert_row(db, "meetings", time_zone=JAYAPURA)
    await insert_row(db, "sessions", meeting="m-9", **session)


async def require_rejected(db: asyncpg.Connection, sql: str, *values: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await db.execute(sql, *values)
    assert (raised.value.constraint_name, raised.value.table_name) == (CONSTRAINT, "sessions")


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        (None, None),
        (june(13, 0), june(15, 23, 59)),
        (june(13, 0), None),
        (None, june(15, 23, 59)),
        (june(13, 1), june(13, 2)),  # which is still the 12th in UTC
        (june(15, 23, 30), june(15, 23, 59)),
        (june(15, 23), june(16, 0)),  # until midnight at the end of the last day
        (june(15, 20), june(16, 1, 30)),  # past midnight
        (june(15, 20), june(16, 12)),
    ],
)
async def test_session_within_the_days_is_accepted(
    db: asyncpg.Connection, starts_at: datetime | None, ends_at: datetime | None
) -> None:
    await insert_meeting_with_session(db, starts_at=starts_at, ends_at=ends_at)
    await db.execute("UPDATE meetings SET name = 'M', end_on = '2022-06-15' WHERE code = 'm-9'")


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        (june(12, 23, 59), None),
        (june(16, 0), None),
        (june(16, 1), june(16, 2)),  # which is still the 15th in UTC
        (None, june(16, 0, 1)),
        (june(15, 23), june(16, 12, 1)),
        (june(12, 23), june(13, 1)),
    ],
)
async def test_session_outside_the_days_is_rejected(
    db: asyncpg.Connection, starts_at: datetime | None, ends_at: datetime | None
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await insert_meeting_with_session(db, starts_at=starts_at, ends_at=ends_at)
    assert raised.value.constraint_name == CONSTRAINT


async def test_moving_a_session_outside_is_rejected(db: asyncpg.Connection) -> None:
    await insert_meeting_with_session(db, starts_at=june(14, 9), ends_at=june(14, 10))
    await db.execute(
        "UPDATE sessions SET starts_at = $1, ends_at = $2 WHERE meeting = 'm-9'", june(15, 9), june(15, 10)
    )
    await require_rejected(db, "UPDATE sessions SET ends_at = $1 WHERE meeting = 'm-9'", june(16, 13))


async def test_moving_a_session_to_a_meeting_on_other_days_is_rejected(db: asyncpg.Connection) -> None:
    await insert_meeting_with_session(db, starts_at=june(14, 9))
    await insert_row(db, "meetings", code="later", start_on=date(2022, 7, 1), end_on=date(2022, 7, 1))
    await require_rejected(db, "UPDATE sessions SET meeting = 'later' WHERE meeting = 'm-9'")


@pytest.mark.parametrize(
    "changed", ["start_on = '2022-06-14'", "end_on = '2022-06-12', start_on = '2022-06-10'", "time_zone = 'UTC'"]
)
async def test_moving_a_meeting_away_from_its_sessions_is_rejected(db: asyncpg.Connection, changed: str) -> None:
    await insert_meeting_with_session(db, starts_at=june(13, 0, 30))
    await require_rejected(db, f"UPDATE meetings SET {changed} WHERE code = 'm-9'")


async def test_day_of_a_session_depends_on_the_time_zone(db: asyncpg.Connection) -> None:
    """In Jakarta and in UTC the same instant is on the day before."""
    await insert_meeting_with_session(db, starts_at=june(16, 0, 30) - timedelta(hours=1))
    await db.execute("UPDATE meetings SET start_on = '2022-06-15' WHERE code = 'm-9'")
    await db.execute("UPDATE meetings SET time_zone = $1 WHERE code = 'm-9'", JAKARTA)
    await db.execute("UPDATE sessions SET starts_at = $1 WHERE meeting = 'm-9'", june(16, 1, 30))  # 23.30 in Jakarta
    await require_rejected(db, "UPDATE meetings SET time_zone = $1 WHERE code = 'm-9'", JAYAPURA)


async def test_meeting_with_sessions_without_times_can_be_moved(db: asyncpg.Connection) -> None:
    await insert_meeting_with_session(db, starts_at=None)
    await db.execute("UPDATE meetings SET start_on = '2023-01-01', end_on = '2023-01-01', time_zone = 'UTC'")


async def test_sessions_of_other_meetings_are_ignored(db: asyncpg.Connection) -> None:
    await insert_meeting_with_session(db, starts_at=june(14, 9))
    await db.execute("UPDATE meetings SET start_on = '2023-01-01', end_on = '2023-01-01' WHERE code = 'm-1'")


@pytest.mark.parametrize("meeting_first", [True, False])
async def test_only_one_of_two_concurrent_moves_is_accepted(database_url: str, meeting_first: bool) -> None:
    """Each of them alone would be valid."""
    first_connection, second_connection = [await asyncpg.connect(database_url, command_timeout=20) for _ in range(2)]
    try:
        await insert_referenced_rows(first_connection)
        await insert_meeting_with_session(first_connection, starts_at=june(14, 9))
        shorten_meeting = "UPDATE meetings SET start_on = '2022-06-14' WHERE code = 'm-9'"
        move_session = "UPDATE sessions SET starts_at = '2022-06-13T03:00:00Z' WHERE meeting = 'm-9'"
        first, second = (shorten_meeting, move_session) if meeting_first else (move_session, shorten_meeting)
        transaction = first_connection.transaction()
        await transaction.start()
        await first_connection.execute(first)
        other = asyncio.create_task(require_rejected(second_connection, second))
        await wait_until_blocked(first_connection, second_connection)
        await transaction.commit()
        await other
    finally:
        await first_connection.close()
        await second_connection.close()
