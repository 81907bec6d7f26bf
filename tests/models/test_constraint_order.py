"""Of several violated constraints Postgres reports the one created first, so migrations must keep the order."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.models.valid_rows import CLIENT, OFFICIAL, insert_row

UNKNOWN_ID = UUID(int=99)
CHAIR = {"office": "chair", "standing": "definitive"}


async def violated_constraint(db: asyncpg.Connection, table: str, **changed: Any) -> str | None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        await insert_row(db, table, **changed)
    return refusal.value.constraint_name


async def test_repeated_appointment_reports_the_office_constraint(db: asyncpg.Connection) -> None:
    await insert_row(db, "appointments", id=UUID(int=8), **CHAIR)
    assert await violated_constraint(db, "appointments", **CHAIR) == "ex_appointments_one_office_once"


@pytest.mark.parametrize(
    ("table", "changed", "constraint"),
    [
        ("meetings", {"host": "x", "election": "x"}, "fk_meetings_election_elections"),
        ("clients", {"organization": "x", "meeting": "x"}, "fk_clients_live_meeting_meetings"),
        ("appointments", {"division": "x", "official": UNKNOWN_ID}, "fk_appointments_division_divisions"),
        ("appointments", {"organization": "x", "official": UNKNOWN_ID}, "fk_appointments_official_officials"),
        (
            "participant_sessions",
            {"session": "x", "participant": UNKNOWN_ID},
            "fk_participant_sessions_meeting_participant_participants",
        ),
        ("session_speakers", {"session": "x", "organization": "x"}, "fk_session_speakers_meeting_session_sessions"),
    ],
)
async def test_first_of_two_unknown_references_is_reported(
    db: asyncpg.Connection, table: str, changed: dict[str, Any], constraint: str
) -> None:
    assert await violated_constraint(db, table, **changed) == constraint


async def test_deletion_reports_speakers_before_statements(db: asyncpg.Connection) -> None:
    await insert_row(db, "session_speakers", position=9, organization=None, official=OFFICIAL)
    await insert_row(db, "meeting_statements")
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refusal:
        await db.execute("DELETE FROM officials WHERE id = $1", OFFICIAL)
    assert refusal.value.table_name == "session_speakers"


async def test_deletion_reports_sessions_before_clients(db: asyncpg.Connection) -> None:
    for table in ("participant_sessions", "session_speakers", "participants"):
        await db.execute(f"DELETE FROM {table} WHERE meeting = 'm-1'")
    await db.execute("UPDATE clients SET meeting = 'm-1' WHERE id = $1", CLIENT)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refusal:
        await db.execute("DELETE FROM meetings WHERE code = 'm-1'")
    assert refusal.value.table_name == "sessions"
