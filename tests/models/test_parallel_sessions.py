"""Nobody speaks, or is assigned to sit, in two sessions that run side by side, however it comes to that."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.models.conftest import Connect
from tests.models.test_cycles import waits
from tests.models.valid_rows import GOOD, ON_LIST, OTHER, PERSON, insert

SPEAKS, SITS = "session_speakers", "participant_sessions"
BOTH = pytest.mark.parametrize("table", [SPEAKS, SITS])
WHO: dict[str, dict[str, Any]] = {
    SPEAKS: {"official": PERSON, "organization": None},
    SITS: {"participant": ON_LIST},
}


async def sessions(db: asyncpg.Connection, meeting: str = "m-1", **groups: str | None) -> None:
    """Sessions of a meeting, each in its group or in none."""
    for track, (code, group) in enumerate(groups.items(), 1):
        in_group = {"parallel_group": group, "track": track} if group else {}
        await insert(db, "sessions", meeting=meeting, code=code, **in_group)


async def put(db: asyncpg.Connection, table: str, *codes: str, meeting: str = "m-1") -> None:
    """The same person in each of these sessions."""
    for code in codes:
        await insert(db, table, meeting=meeting, session=code, **WHO[table])


async def refused(db: asyncpg.Connection, table: str, sql: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await db.execute(sql)
    assert (raised.value.constraint_name, raised.value.table_name) == (f"ck_{table}_parallel_sessions", table)


@BOTH
async def test_two_sessions_of_a_group(db: asyncpg.Connection, table: str) -> None:
    await sessions(db, a="g", b="g")
    await put(db, table, "a")
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await put(db, table, "b")
    assert (raised.value.constraint_name, raised.value.table_name) == (f"ck_{table}_parallel_sessions", table)


@BOTH
async def test_sessions_one_after_another(db: asyncpg.Connection, table: str) -> None:
    await sessions(db, a="g", b="h", c=None, d=None)
    await put(db, table, "a", "b", "c", "d")


@BOTH
async def test_somebody_else_in_the_session_beside(db: asyncpg.Connection, table: str) -> None:
    await sessions(db, a="g", b="g")
    await put(db, table, "a")
    if table == SITS:
        await insert(db, "participants", official=OTHER)
        await insert(db, SITS, session="b", participant=GOOD["participants"]["id"])
    else:
        await insert(db, SPEAKS, session="b", official=OTHER, organization=None)
        await insert(db, SPEAKS, session="b", position=2, official=None, name="N")
        await insert(db, SPEAKS, session="a", position=2, official=None, name="N")  # whether it is the same, who knows


async def test_a_speaker_may_be_assigned_to_the_session_beside(db: asyncpg.Connection) -> None:
    """The plan may say so of a speaker who goes over when he has spoken."""
    await sessions(db, a="g", b="g")
    await put(db, SPEAKS, "a")
    await put(db, SITS, "b")


async def test_a_speaker_twice_in_one_session(db: asyncpg.Connection) -> None:
    await sessions(db, a="g")
    await put(db, SPEAKS, "a")
    await insert(db, SPEAKS, session="a", position=2, **WHO[SPEAKS])


async def test_the_same_group_of_another_meeting(db: asyncpg.Connection) -> None:
    await sessions(db, a="g")
    await sessions(db, "m-2", b="g")
    await put(db, SPEAKS, "a")
    await put(db, SPEAKS, "b", meeting="m-2")


@BOTH
async def test_who_is_moved_to_the_session_beside(db: asyncpg.Connection, table: str) -> None:
    await sessions(db, a="g", b="g", c=None)
    await put(db, table, "a", "c")
    await refused(db, table, f"UPDATE {table} SET session = 'b' WHERE session = 'c'")


@BOTH
async def test_a_session_that_is_moved_into_the_group(db: asyncpg.Connection, table: str) -> None:
    await sessions(db, a="g", b=None)
    await put(db, table, "a", "b")
    await refused(db, table, "UPDATE sessions SET parallel_group = 'g', track = 9 WHERE code = 'b'")


@BOTH
async def test_a_session_that_leaves_the_group(db: asyncpg.Connection, table: str) -> None:
    await sessions(db, a="g", b="g")
    await put(db, table, "a")
    await db.execute("UPDATE sessions SET parallel_group = 'h' WHERE code = 'b'")
    await put(db, table, "b")


async def test_a_speaker_who_is_named_after_all(db: asyncpg.Connection) -> None:
    await sessions(db, a="g", b="g")
    await put(db, SPEAKS, "a")
    await insert(db, SPEAKS, session="b", organization=None, name="N")
    await refused(db, SPEAKS, f"UPDATE session_speakers SET name = NULL, official = '{PERSON}' WHERE session = 'b'")


@BOTH
@pytest.mark.parametrize("moves", [False, True], ids=["both put", "one moves a session"])
async def test_two_at_once(connect: Connect, table: str, moves: bool) -> None:
    """Each alone is right, so only one of them may come through."""
    first, second = await connect(), await connect()
    meeting = f"{table.replace('_', '-')}-{moves}".lower()
    who = {"meeting": meeting, **WHO[table]}
    await insert(first, "meetings", code=meeting)
    await sessions(first, meeting, a="g", b="g", c=None)
    if table == SITS:
        who["participant"] = uuid4()
        await insert(first, "participants", id=who["participant"], meeting=meeting, official=PERSON)
    if moves:
        await insert(first, table, session="c", **who)
    join = f"UPDATE sessions SET parallel_group = 'g', track = 9 WHERE code = 'c' AND meeting = '{meeting}'"
    async with first.transaction():
        await insert(first, table, session="a", **who)
        other = asyncio.create_task(second.execute(join) if moves else insert(second, table, session="b", **who))
        await waits(first, second)
    with pytest.raises(asyncpg.CheckViolationError) as raised:
        await other
    assert raised.value.constraint_name == f"ck_{table}_parallel_sessions"
