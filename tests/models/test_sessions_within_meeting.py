"""A session lies within the days of its meeting, as the clocks of its place tell them, whichever of the two changes."""

import asyncio
from datetime import date, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest

from tests.models.test_cycles import waits
from tests.models.valid_rows import insert, insert_what_they_lean_on

OUTSIDE = "ck_sessions_within_meeting"
WIT = timezone(timedelta(hours=9))
JAYAPURA, JAKARTA = "Asia/Jayapura", "Asia/Jakarta"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in Jayapura in June 2022; the meeting is there on the 13th to the 15th."""
    return datetime(2022, 6, day, hour, minute, tzinfo=WIT)


async def meet(db: asyncpg.Connection, **session: Any) -> None:
    """A meeting in Jayapura with one session."""
    await insert(db, "meetings", time_zone=JAYAPURA)
    await insert(db, "sessions", meeting="m-9", **session)


async def refused(db: asyncpg.Connection, sql: str, *values: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await db.execute(sql, *values)
    assert (raised.value.constraint_name, raised.value.table_name) == (OUTSIDE, "sessions")


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        (None, None),
        (at(13, 0), at(15, 23, 59)),
        (at(13, 0), None),
        (None, at(15, 23, 59)),
        (at(13, 1), at(13, 2)),  # which is still the 12th in UTC
        (at(15, 23, 30), at(15, 23, 59)),
        (at(15, 23), at(16, 0)),  # until midnight, which is the last day's end
    ],
)
async def test_a_session_within(db: asyncpg.Connection, starts_at: datetime | None, ends_at: datetime | None) -> None:
    await meet(db, starts_at=starts_at, ends_at=ends_at)
    await db.execute("UPDATE meetings SET name = 'M', end_on = '2022-06-15' WHERE code = 'm-9'")


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        (at(12, 23, 59), None),
        (at(16, 0), None),
        (at(16, 1), at(16, 2)),  # which is still the 15th in UTC
        (None, at(16, 0, 1)),
        (at(15, 23), at(16, 0, 1)),
        (at(12, 23), at(13, 1)),
    ],
)
async def test_a_session_outside(db: asyncpg.Connection, starts_at: datetime | None, ends_at: datetime | None) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await meet(db, starts_at=starts_at, ends_at=ends_at)
    assert raised.value.constraint_name == OUTSIDE


async def test_a_session_does_not_move_out(db: asyncpg.Connection) -> None:
    await meet(db, starts_at=at(14, 9), ends_at=at(14, 10))
    await db.execute("UPDATE sessions SET starts_at = $1, ends_at = $2 WHERE meeting = 'm-9'", at(15, 9), at(15, 10))
    await refused(db, "UPDATE sessions SET ends_at = $1 WHERE meeting = 'm-9'", at(16, 9))


async def test_a_session_does_not_move_to_a_meeting_of_other_days(db: asyncpg.Connection) -> None:
    await meet(db, starts_at=at(14, 9))
    await insert(db, "meetings", code="later", start_on=date(2022, 7, 1), end_on=date(2022, 7, 1))
    await refused(db, "UPDATE sessions SET meeting = 'later' WHERE meeting = 'm-9'")


@pytest.mark.parametrize(
    "changed", ["start_on = '2022-06-14'", "end_on = '2022-06-12', start_on = '2022-06-10'", "time_zone = 'UTC'"]
)
async def test_a_meeting_does_not_move_away(db: asyncpg.Connection, changed: str) -> None:
    await meet(db, starts_at=at(13, 0, 30))
    await refused(db, f"UPDATE meetings SET {changed} WHERE code = 'm-9'")


async def test_a_session_at_half_past_eleven_in_the_night_is_of_the_day_of_its_place(db: asyncpg.Connection) -> None:
    """In Jakarta and in UTC it is of the day before, as long as the clocks there show it."""
    await meet(db, starts_at=at(16, 0, 30) - timedelta(hours=1))
    await db.execute("UPDATE meetings SET start_on = '2022-06-15' WHERE code = 'm-9'")
    await db.execute("UPDATE meetings SET time_zone = $1 WHERE code = 'm-9'", JAKARTA)
    await db.execute("UPDATE sessions SET starts_at = $1 WHERE meeting = 'm-9'", at(16, 1, 30))  # 23.30 in Jakarta
    await refused(db, "UPDATE meetings SET time_zone = $1 WHERE code = 'm-9'", JAYAPURA)


async def test_a_meeting_moves_where_no_hour_is_known(db: asyncpg.Connection) -> None:
    await meet(db, starts_at=None)
    await db.execute("UPDATE meetings SET start_on = '2023-01-01', end_on = '2023-01-01', time_zone = 'UTC'")


async def test_another_meetings_sessions_do_not_count(db: asyncpg.Connection) -> None:
    await meet(db, starts_at=at(14, 9))
    await db.execute("UPDATE meetings SET start_on = '2023-01-01', end_on = '2023-01-01' WHERE code = 'm-1'")


@pytest.mark.parametrize("meeting_first", [True, False])
async def test_both_move_at_once(database_url: str, meeting_first: bool) -> None:
    """Each alone is right, so only one of them may come through."""
    one, two = [await asyncpg.connect(database_url, command_timeout=20) for _ in range(2)]
    try:
        await insert_what_they_lean_on(one)
        await meet(one, starts_at=at(14, 9))
        shorter = "UPDATE meetings SET start_on = '2022-06-14' WHERE code = 'm-9'"
        earlier = "UPDATE sessions SET starts_at = '2022-06-13T03:00:00Z' WHERE meeting = 'm-9'"
        first, second = (shorter, earlier) if meeting_first else (earlier, shorter)
        transaction = one.transaction()
        await transaction.start()
        await one.execute(first)
        other = asyncio.create_task(refused(two, second))
        await waits(one, two)
        await transaction.commit()
        await other
    finally:
        await one.close()
        await two.close()
