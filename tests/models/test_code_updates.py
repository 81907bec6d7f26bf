"""Changing a code updates all references to it."""

from uuid import UUID

import asyncpg
import pytest_asyncio

from tests.models.valid_rows import HOUR, OTHER_OFFICIAL, PARTICIPANT, insert_row


async def test_region_and_organization_codes_update_their_references(db: asyncpg.Connection) -> None:
    await insert_row(db, "organizations", code="kpu-90", parent="kpu", region="90")
    await db.execute("UPDATE regions SET code = '80' WHERE code = '90'")
    await db.execute("UPDATE organizations SET code = 'kip' WHERE code = 'kpu'")
    row = await db.fetchrow("SELECT parent, region FROM organizations WHERE code = 'kpu-90'")
    assert tuple(row or ()) == ("kip", "80")


async def fetch_references(db: asyncpg.Connection, *columns: str) -> list[set[str]]:
    """Return the distinct values of each column (`table.column`)."""
    pairs = (place.split(".") for place in columns)
    return [{row[0] for row in await db.fetch(f"SELECT {column} FROM {table}")} for table, column in pairs]


@pytest_asyncio.fixture
async def full_meeting(db: asyncpg.Connection) -> asyncpg.Connection:
    """A meeting with rows in all tables that refer to it."""
    await db.execute("DELETE FROM participants WHERE meeting = 'm-2'")
    await db.execute("DELETE FROM sessions WHERE meeting = 'm-2'")
    await db.execute("DELETE FROM meetings WHERE code = 'm-2'")
    await insert_row(db, "meeting_corrections")
    await insert_row(db, "session_speakers", division="ri-1")
    await insert_row(db, "meeting_statements", organization="kpu")
    await insert_row(db, "participants", official=OTHER_OFFICIAL, represents=PARTICIPANT)
    await insert_row(db, "participant_sessions")
    for table in (
        "badges",
        "meeting_days",
        "device_resets",
        "clock_readings",
        "scans",
        "roll_corrections",
        "roll_digests",
    ):
        await insert_row(db, table)
    await db.execute("UPDATE meetings SET election = 'e-1' WHERE code = 'm-1'")
    await insert_row(db, "stages", parent="s-1")
    return db


MEETING_COLUMNS = (
    *("meeting_corrections.meeting", "sessions.meeting", "session_speakers.meeting"),
    *("meeting_statements.meeting", "participants.meeting", "participant_sessions.meeting"),
    *("badges.meeting", "device_clocks.meeting", "clock_readings.meeting", "scans.meeting"),
    *("attendance.meeting", "attendance_counts.meeting", "roll_corrections.meeting", "roll_digests.meeting"),
    *("roll_secrets.meeting", "meeting_days.meeting", "devices.meeting", "device_resets.meeting"),
)


async def test_meeting_code_updates_all_references(full_meeting: asyncpg.Connection) -> None:
    await full_meeting.execute("UPDATE meetings SET code = 'm-7' WHERE code = 'm-1'")
    assert await fetch_references(full_meeting, *MEETING_COLUMNS) == [{"m-7"}] * len(MEETING_COLUMNS)
    assert await full_meeting.fetchval("SELECT represents FROM participants WHERE id = $1", UUID(int=19)) == PARTICIPANT


async def test_codes_of_a_live_client_are_updated_and_those_of_a_revoked_one_are_not(
    full_meeting: asyncpg.Connection,
) -> None:
    await insert_row(full_meeting, "clients", organization="kpu", meeting="m-1")
    revoked = {"organization": "kpu", "meeting": "m-1", "revoked_at": HOUR}
    await insert_row(full_meeting, "clients", id=UUID(int=28), **revoked)
    await full_meeting.execute("UPDATE meetings SET code = 'm-7' WHERE code = 'm-1'")
    await full_meeting.execute("UPDATE organizations SET code = 'kip' WHERE code = 'kpu'")
    rows = await full_meeting.fetch(
        "SELECT organization, meeting, live_organization, live_meeting, revision FROM clients"
        " WHERE organization IS NOT NULL ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("kpu", "m-1", None, None, 1), ("kip", "m-7", "kip", "m-7", 3)]


async def test_session_code_updates_its_references(full_meeting: asyncpg.Connection) -> None:
    places = ("session_speakers.session", "participant_sessions.session")
    await full_meeting.execute("UPDATE sessions SET code = 'start' WHERE code = 'opening'")
    assert await fetch_references(full_meeting, *places) == [{"start"}] * len(places)


async def test_election_code_updates_its_references(full_meeting: asyncpg.Connection) -> None:
    await full_meeting.execute("UPDATE elections SET code = 'e-7' WHERE code = 'e-1'")
    assert await full_meeting.fetchval("SELECT election FROM meetings WHERE code = 'm-1'") == "e-7"
    stages = await full_meeting.fetch("SELECT code, election, parent FROM stages ORDER BY code")
    assert [tuple(row) for row in stages] == [("s-1", "e-7", None), ("s-2", "e-2", None), ("s-9", "e-7", "s-1")]


async def test_stage_code_updates_its_children(full_meeting: asyncpg.Connection) -> None:
    await full_meeting.execute("UPDATE stages SET code = 's-7' WHERE code = 's-1'")
    assert await full_meeting.fetchval("SELECT parent FROM stages WHERE code = 's-9'") == "s-7"


async def test_organization_and_division_codes_update_a_meeting(full_meeting: asyncpg.Connection) -> None:
    places = (
        *("meetings.host", "session_speakers.organization", "meeting_statements.organization"),
        "participants.organization",
    )
    await full_meeting.execute("UPDATE organizations SET code = 'kip' WHERE code = 'kpu'")
    await full_meeting.execute("UPDATE divisions SET code = 'ri-7' WHERE code = 'ri-1'")
    assert await fetch_references(full_meeting, *places) == [{"kip"}] * len(places)
    assert await fetch_references(full_meeting, "session_speakers.division") == [{"ri-7"}]


async def test_deleted_participant_is_removed_from_sessions(full_meeting: asyncpg.Connection) -> None:
    await full_meeting.execute("UPDATE participants SET represents = NULL")
    await full_meeting.execute("DELETE FROM participants WHERE id = $1", PARTICIPANT)
    assert await full_meeting.fetch("SELECT * FROM participant_sessions") == []
    assert await full_meeting.fetchval("SELECT count(*) FROM sessions") == 1
