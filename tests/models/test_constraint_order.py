"""Of several broken constraints Postgres reports the one that was created first: migrations must keep their order."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.models.valid_rows import CLIENT, PERSON, insert

NOBODY = UUID(int=99)
CHAIR = {"office": "chair", "standing": "definitive"}


async def refused(db: asyncpg.Connection, table: str, **changed: Any) -> str | None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        await insert(db, table, **changed)
    return refusal.value.constraint_name


async def test_an_appointment_that_is_there_already(db: asyncpg.Connection) -> None:
    await insert(db, "appointments", id=UUID(int=8), **CHAIR)
    assert await refused(db, "appointments", **CHAIR) == "ex_appointments_one_office_once"


@pytest.mark.parametrize(
    ("table", "changed", "constraint"),
    [
        ("meetings", {"host": "x", "election": "x"}, "fk_meetings_election_elections"),
        ("clients", {"organization": "x", "meeting": "x"}, "fk_clients_meeting_meetings"),
        ("appointments", {"division": "x", "official": NOBODY}, "fk_appointments_division_divisions"),
        ("appointments", {"organization": "x", "official": NOBODY}, "fk_appointments_official_officials"),
        (
            "participant_sessions",
            {"session": "x", "participant": NOBODY},
            "fk_participant_sessions_meeting_participant_participants",
        ),
        ("session_speakers", {"session": "x", "organization": "x"}, "fk_session_speakers_meeting_session_sessions"),
    ],
)
async def test_of_two_unknown_references(
    db: asyncpg.Connection, table: str, changed: dict[str, Any], constraint: str
) -> None:
    assert await refused(db, table, **changed) == constraint


async def test_what_is_in_the_way_of_a_deletion(db: asyncpg.Connection) -> None:
    await insert(db, "session_speakers", position=9, organization=None, official=PERSON)
    await insert(db, "meeting_statements")
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refusal:
        await db.execute("DELETE FROM officials WHERE id = $1", PERSON)
    assert refusal.value.table_name == "session_speakers"


async def test_a_meeting_s_sessions_before_its_clients(db: asyncpg.Connection) -> None:
    for table in ("participant_sessions", "session_speakers", "participants"):
        await db.execute(f"DELETE FROM {table} WHERE meeting = 'm-1'")
    await db.execute("UPDATE clients SET meeting = 'm-1' WHERE id = $1", CLIENT)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refusal:
        await db.execute("DELETE FROM meetings WHERE code = 'm-1'")
    assert refusal.value.table_name == "sessions"
