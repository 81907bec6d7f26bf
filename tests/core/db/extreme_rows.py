"""All collections, and a database that contains extreme rows besides the reference data."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import asyncpg
import pytest_asyncio

from app.appointments.repository import APPOINTMENTS
from app.attendance.repository import ATTENDANCE_ITEMS as ATTENDED
from app.attendance.repository import FULL_LINES, PUBLIC_LINES
from app.audit.repository import LINES, ROOTS
from app.check_ins.repository import SCANS
from app.clients.repository import CLIENTS
from app.core.db.database import Database
from app.corrections.repository import CORRECTIONS
from app.devices.repository import DEVICES
from app.divisions.repository import DIVISIONS
from app.elections.repository import ELECTIONS
from app.meetings.repository import MEETINGS, SESSIONS, STATEMENTS
from app.officials.repository import OFFICIALS
from app.organizations.repository import ORGANIZATIONS, ROSTER
from app.participants.repository import PARTICIPANTS
from app.regions.repository import REGIONS
from app.search.repository import HITS
from app.settings import Settings
from app.stages.repository import STAGES
from tests.conftest import LOADED, copy_template, fetch_value
from tests.core.db import (
    extreme_rows_of_audit,
    extreme_rows_of_check_ins,
    extreme_rows_of_meetings,
    extreme_rows_of_organizations,
)

PUBLIC_COLLECTIONS = {
    "regions": REGIONS,
    "organizations": ORGANIZATIONS,
    "roster": ROSTER,
    "divisions": DIVISIONS,
    "officials": OFFICIALS,
    "appointments": APPOINTMENTS,
    "elections": ELECTIONS,
    "stages": STAGES,
    "meetings": MEETINGS,
    "sessions": SESSIONS,
    "statements": STATEMENTS,
    "attendance": PUBLIC_LINES,
    "hits": HITS,
}
PROTECTED_COLLECTIONS = {
    "in full": FULL_LINES,
    "attended": ATTENDED,
    "participants": PARTICIPANTS,
    "scans": SCANS,
    "corrections": CORRECTIONS,
    "devices": DEVICES,
    "clients": CLIENTS,
    "lines": LINES,
    "roots": ROOTS,
}
COLLECTIONS = {**PUBLIC_COLLECTIONS, **PROTECTED_COLLECTIONS}
ROWS = (
    extreme_rows_of_organizations.ROWS,
    extreme_rows_of_meetings.ROWS,
    extreme_rows_of_audit.ROWS,
    extreme_rows_of_check_ins.ROWS,
)
DERIVE_ATTENDANCE = "SELECT derive_attendance($1, ARRAY[$2::uuid])"


async def insert_rows(url: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, members in rows.items():
            for row in members:
                names = ", ".join(f'"{name}"' for name in row)
                places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
                await connection.execute(
                    f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({places})", *row.values()
                )
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="module")
async def database(server: str) -> AsyncIterator[Database]:
    """A database with the reference data and the extreme rows."""
    async for url in copy_template(server, LOADED):
        for rows in ROWS:
            await insert_rows(url, rows)
        await fetch_value(
            url,
            DERIVE_ATTENDANCE,
            extreme_rows_of_check_ins.MEETING_CODE,
            extreme_rows_of_check_ins.SCANNED_PARTICIPANT,
        )
        database = Database(Settings(DATABASE_URL=url))
        yield database
        await database.close()
