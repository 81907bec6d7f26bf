"""The trigger reject_parallel_sessions: nobody speaks in, or is assigned to, two parallel sessions."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.models.conftest import OpenConnection
from tests.models.test_cycles import wait_until_blocked
from tests.models.valid_rows import OFFICIAL, OTHER_OFFICIAL, PARTICIPANT, VALID_ROWS, insert_row

SPEAKERS, PARTICIPANTS = "session_speakers", "participant_sessions"
FOR_BOTH_TABLES = pytest.mark.parametrize("table", [SPEAKERS, PARTICIPANTS])
SAME_PERSON: dict[str, dict[str, Any]] = {
    SPEAKERS: {"official": OFFICIAL, "organization": None},
    PARTICIPANTS: {"participant": PARTICIPANT},
}


async def insert_sessions(db: asyncpg.Connection, meeting: str = "m-1", **groups: str | None) -> None:
    """Insert sessions of a meeting, by code with their parallel group or None."""
    for track, (code, group) in enumerate(groups.items(), 1):
        in_group = {"parallel_group": group, "track": track} if group else {}
        await insert_row(db, "sessions", meeting=meeting, code=code, **in_group)


async def insert_person(db: asyncpg.Connection, table: str, *codes: str, meeting: str = "m-1") -> None:
    """Insert the same person into each of these sessions."""
    for code in codes:
        await insert_row(db, table, meeting=meeting, session=code, **SAME_PERSON[table])


async def require_rejected(db: asyncpg.Connection, table: str, sql: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await db.execute(sql)
    assert (raised.value.constraint_name, raised.value.table_name) == (f"ck_{table}_parallel_sessions", table)


@FOR_BOTH_TABLES
async def test_person_in_two_parallel_sessions_is_rejected(db: asyncpg.Connection, table: str) -> None:
    await insert_sessions(db, a="g", b="g")
    await insert_person(db, table, "a")
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await insert_person(db, table, "b")
    assert (raised.value.constraint_name, raised.value.table_name) == (f"ck_{table}_parallel_sessions", table)


@FOR_BOTH_TABLES
async def test_person_in_sessions_of_different_groups_is_accepted(db: asyncpg.Connection, table: str) -> None:
    await insert_sessions(db, a="g", b="h", c=None, d=None)
    await insert_person(db, table, "a", "b", "c", "d")


@FOR_BOTH_TABLES
async def test_other_person_in_the_parallel_session_is_accepted(db: asyncpg.Connection, table: str) -> None:
    await insert_sessions(db, a="g", b="g")
    await insert_person(db, table, "a")
    if table == PARTICIPANTS:
        await insert_row(db, "participants", official=OTHER_OFFICIAL)
        await insert_row(db, PARTICIPANTS, session="b", participant=VALID_ROWS["participants"]["id"])
    else:
        await insert_row(db, SPEAKERS, session="b", official=OTHER_OFFICIAL, organization=None)
        await insert_row(db, SPEAKERS, session="b", position=2, official=None, name="N")
        await insert_row(
            db, SPEAKERS, session="a", position=2, official=None, name="N"
        )  # may be another person of that name


async def test_speaker_can_be_assigned_to_a_parallel_session(db: asyncpg.Connection) -> None:
    """A speaker may go to the other session after the speech."""
    await insert_sessions(db, a="g", b="g")
    await insert_person(db, SPEAKERS, "a")
    await insert_person(db, PARTICIPANTS, "b")


async def test_speaker_twice_in_one_session_is_accepted(db: asyncpg.Connection) -> None:
    await insert_sessions(db, a="g")
    await insert_person(db, SPEAKERS, "a")
    await insert_row(db, SPEAKERS, session="a", position=2, **SAME_PERSON[SPEAKERS])


async def test_same_group_name_in_another_meeting_is_accepted(db: asyncpg.Connection) -> None:
    await insert_sessions(db, a="g")
    await insert_sessions(db, "m-2", b="g")
    await insert_person(db, SPEAKERS, "a")
    await insert_person(db, SPEAKERS, "b", meeting="m-2")


@FOR_BOTH_TABLES
async def test_moving_a_person_to_a_parallel_session_is_rejected(db: asyncpg.Connection, table: str) -> None:
    await insert_sessions(db, a="g", b="g", c=None)
    await insert_person(db, table, "a", "c")
    await require_rejected(db, table, f"UPDATE {table} SET session = 'b' WHERE session = 'c'")


@FOR_BOTH_TABLES
async def test_moving_a_session_into_the_group_is_rejected(db: asyncpg.Connection, table: str) -> None:
    await insert_sessions(db, a="g", b=None)
    await insert_person(db, table, "a", "b")
    await require_rejected(db, table, "UPDATE sessions SET parallel_group = 'g', track = 9 WHERE code = 'b'")


@FOR_BOTH_TABLES
async def test_session_that_left_the_group_is_accepted(db: asyncpg.Connection, table: str) -> None:
    await insert_sessions(db, a="g", b="g")
    await insert_person(db, table, "a")
    await db.execute("UPDATE sessions SET parallel_group = 'h' WHERE code = 'b'")
    await insert_person(db, table, "b")


async def test_identifying_a_speaker_of_a_parallel_session_is_rejected(db: asyncpg.Connection) -> None:
    await insert_sessions(db, a="g", b="g")
    await insert_person(db, SPEAKERS, "a")
    await insert_row(db, SPEAKERS, session="b", organization=None, name="N")
    await require_rejected(
        db, SPEAKERS, f"UPDATE session_speakers SET name = NULL, official = '{OFFICIAL}' WHERE session = 'b'"
    )


@FOR_BOTH_TABLES
@pytest.mark.parametrize("moves_session", [False, True], ids=["both insert", "one moves a session"])
async def test_only_one_of_two_concurrent_transactions_is_accepted(
    open_connection: OpenConnection, table: str, moves_session: bool
) -> None:
    """Each of them alone would be valid."""
    first, second = await open_connection(), await open_connection()
    meeting = f"{table.replace('_', '-')}-{moves_session}".lower()
    person = {"meeting": meeting, **SAME_PERSON[table]}
    await insert_row(first, "meetings", code=meeting)
    await insert_sessions(first, meeting, a="g", b="g", c=None)
    if table == PARTICIPANTS:
        person["participant"] = uuid4()
        await insert_row(first, "participants", id=person["participant"], meeting=meeting, official=OFFICIAL)
    if moves_session:
        await insert_row(first, table, session="c", **person)
    join_group = f"UPDATE sessions SET parallel_group = 'g', track = 9 WHERE code = 'c' AND meeting = '{meeting}'"
    async with first.transaction():
        await insert_row(first, table, session="a", **person)
        other = asyncio.create_task(
            second.execute(join_group) if moves_session else insert_row(second, table, session="b", **person)
        )
        await wait_until_blocked(first, second)
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await other
    assert raised.value.constraint_name == f"ck_{table}_parallel_sessions"
