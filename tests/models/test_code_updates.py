"""A code that changes takes all references to it along."""

from uuid import UUID

import asyncpg
import pytest_asyncio

from tests.models.valid_rows import ON_LIST, OTHER, insert


async def test_of_a_region_and_an_organization(db: asyncpg.Connection) -> None:
    await insert(db, "organizations", code="kpu-90", parent="kpu", region="90")
    await db.execute("UPDATE regions SET code = '80' WHERE code = '90'")
    await db.execute("UPDATE organizations SET code = 'kip' WHERE code = 'kpu'")
    row = await db.fetchrow("SELECT parent, region FROM organizations WHERE code = 'kpu-90'")
    assert tuple(row or ()) == ("kip", "80")


async def referring(db: asyncpg.Connection, *places: str) -> list[set[str]]:
    """What stands in each of these columns."""
    pairs = (place.split(".") for place in places)
    return [{row[0] for row in await db.fetch(f"SELECT {column} FROM {table}")} for table, column in pairs]


@pytest_asyncio.fixture
async def held(db: asyncpg.Connection) -> asyncpg.Connection:
    """A meeting of which there is everything."""
    await db.execute("DELETE FROM participants WHERE meeting = 'm-2'")
    await db.execute("DELETE FROM sessions WHERE meeting = 'm-2'")
    await db.execute("DELETE FROM meetings WHERE code = 'm-2'")
    await insert(db, "meeting_corrections")
    await insert(db, "session_speakers", division="ri-1")
    await insert(db, "meeting_statements", organization="kpu")
    await insert(db, "participants", official=OTHER, represents=ON_LIST)
    await insert(db, "participant_sessions")
    for table in ("badges", "clock_readings", "scans", "roll_corrections", "roll_digests"):
        await insert(db, table)
    await db.execute("UPDATE meetings SET election = 'e-1' WHERE code = 'm-1'")
    await insert(db, "stages", parent="s-1")
    return db


OF_A_MEETING = (
    *("meeting_corrections.meeting", "sessions.meeting", "session_speakers.meeting"),
    *("meeting_statements.meeting", "participants.meeting", "participant_sessions.meeting"),
    *("badges.meeting", "device_clocks.meeting", "clock_readings.meeting", "scans.meeting"),
    *("attendance.meeting", "attendance_counts.meeting", "roll_corrections.meeting", "roll_digests.meeting"),
)


async def test_of_a_meeting(held: asyncpg.Connection) -> None:
    await held.execute("UPDATE meetings SET code = 'm-7' WHERE code = 'm-1'")
    assert await referring(held, *OF_A_MEETING) == [{"m-7"}] * len(OF_A_MEETING)
    assert await held.fetchval("SELECT represents FROM participants WHERE id = $1", UUID(int=19)) == ON_LIST


async def test_of_a_session(held: asyncpg.Connection) -> None:
    places = ("session_speakers.session", "participant_sessions.session")
    await held.execute("UPDATE sessions SET code = 'start' WHERE code = 'opening'")
    assert await referring(held, *places) == [{"start"}] * len(places)


async def test_of_an_election(held: asyncpg.Connection) -> None:
    await held.execute("UPDATE elections SET code = 'e-7' WHERE code = 'e-1'")
    assert await held.fetchval("SELECT election FROM meetings WHERE code = 'm-1'") == "e-7"
    stages = await held.fetch("SELECT code, election, parent FROM stages ORDER BY code")
    assert [tuple(row) for row in stages] == [("s-1", "e-7", None), ("s-2", "e-2", None), ("s-9", "e-7", "s-1")]


async def test_of_a_stage(held: asyncpg.Connection) -> None:
    await held.execute("UPDATE stages SET code = 's-7' WHERE code = 's-1'")
    assert await held.fetchval("SELECT parent FROM stages WHERE code = 's-9'") == "s-7"


async def test_of_an_organization_and_a_division_in_a_meeting(held: asyncpg.Connection) -> None:
    places = (
        *("meetings.host", "session_speakers.organization", "meeting_statements.organization"),
        "participants.organization",
    )
    await held.execute("UPDATE organizations SET code = 'kip' WHERE code = 'kpu'")
    await held.execute("UPDATE divisions SET code = 'ri-7' WHERE code = 'ri-1'")
    assert await referring(held, *places) == [{"kip"}] * len(places)
    assert await referring(held, "session_speakers.division") == [{"ri-7"}]


async def test_who_goes_from_the_list_goes_from_its_sessions(held: asyncpg.Connection) -> None:
    await held.execute("UPDATE participants SET represents = NULL")
    await held.execute("DELETE FROM participants WHERE id = $1", ON_LIST)
    assert await held.fetch("SELECT * FROM participant_sessions") == []
    assert await held.fetchval("SELECT count(*) FROM sessions") == 1
