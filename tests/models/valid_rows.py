"""A good row of each table, to change one thing of, and what it leans on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from app.models import Base

PERSON, OTHER = UUID(int=1), UUID(int=2)
ON_LIST, ON_OTHER_LIST = UUID(int=11), UUID(int=12)
CLIENT = UUID(int=21)
HASH = bytes(32)
HOUR = datetime(2022, 6, 13, 12, tzinfo=UTC)
FACT = {"verified": False, "primary": False}
GOOD: dict[str, dict[str, Any]] = {
    "regions": {"code": "92", "name": "N", "type": "province", "time_zone": "Asia/Jakarta", "autonomous": True},
    "region_codes": {"code": "90.01", "region": "90", "parent": "90"},
    "organizations": {"code": "kpu-92", "name": "N", "kind": "commission", "level": "province"},
    "divisions": {"code": "p7-9", "kind": "division", "level": "province", "name": "N"},
    "officials": {"id": UUID(int=9), "name": "N"},
    "appointments": {
        "id": UUID(int=9),
        "official": PERSON,
        "organization": "kpu",
        "office": "member",
        "standing": "definitive",
        "start_on": "2020",
    },
    "elections": {"code": "e-9", "name": "N", "kind": "general"},
    "stages": {"code": "s-9", "election": "e-1", "position": 1, "kind": "stage", "name": "N", "round": 1},
    "meetings": {
        "code": "m-9",
        "name": "N",
        "kind": "plenary",
        "host": "kpu",
        "time_zone": "Asia/Jakarta",
        "start_on": date(2022, 6, 13),
        "end_on": date(2022, 6, 15),
        "roll": "open",
    },
    "meeting_corrections": {
        "meeting": "m-1",
        "position": 1,
        "field": "F",
        "printed": "P",
        "recorded": "H",
        "reason": "R",
    },
    "sessions": {"meeting": "m-1", "code": "c-9", "position": 1, "kind": "class", "name": "N"},
    "session_speakers": {"meeting": "m-1", "session": "opening", "position": 1, "organization": "kpu"},
    "meeting_statements": {
        "id": UUID(int=9),
        "meeting": "m-1",
        "official": PERSON,
        "form": "spoken",
        "summary": "S",
    },
    "participants": {"id": UUID(int=19), "meeting": "m-1", "organization": "kpu", "office": "member"},
    "participant_sessions": {"meeting": "m-1", "session": "opening", "participant": ON_LIST},
    "clients": {"id": UUID(int=29), "name": "N", "scopes": ["audit:read"]},
    "client_secrets": {"id": UUID(int=29), "client": CLIENT, "slot": 1, "digest": HASH},
    "used_assertions": {"client": CLIENT, "jti": "j-9", "expires_at": HOUR},
    "signing_keys": {
        "kid": "k-9",
        "private_key": "{}",
        "signs_from": HOUR,
        "signs_until": HOUR + timedelta(days=1),
    },
    "audit_lines": {"id": 9, "operation": "load", "keys": ["regions/90"]},
    "audit_seals": {"position": 9, "line": 3, "hash": HASH},
    "audit_roots": {"hour": HOUR, "position": 2, "hash": HASH},
    "idempotency_keys": {
        "client": str(CLIENT),
        "key": "k-9",
        "fingerprint": HASH,
        "status": 201,
        "headers": "{}",
        "body": b"",
    },
    "badges": {"id": UUID(int=39), "meeting": "m-1", "participant": ON_LIST, "digest": HASH},
    "device_clocks": {"meeting": "m-1", "device_id": "gate-9", "clock_epoch": 0, "shift": 5},
    "clock_readings": {"meeting": "m-1", "device_id": "gate-1", "clock_epoch": 0, "shift": 4, "received_at": HOUR},
    "scans": {
        "meeting": "m-1",
        "id": UUID(int=39),
        "digest": HASH,
        "device_id": "gate-1",
        "clock_epoch": 0,
        "badge_text": "T",
        "direction": "in",
        "scanned_at": HOUR,
        "sent_at": HOUR,
        "received_at": HOUR,
        "after_closing": False,
        "reported_outcome": "badge_unknown",
        "client": "c",
    },
    # Of a participant whose line is taken away first: the trigger has written it.
    "attendance": {"meeting": "m-2", "participant": ON_OTHER_LIST, "sessions": [], "status": "expected", "late": False},
    "attendance_counts": {
        "meeting": "m-1",
        "family": "all",
        "organization": "",
        "office": "",
        "session": "",
        "slot": 99,
        **dict.fromkeys(("invited", "expected"), 1),
        **dict.fromkeys(("present", "represented", "excused", "on_duty_elsewhere", "on_leave", "absent", "late"), 0),
    },
    "roll_corrections": {
        "id": UUID(int=39),
        "meeting": "m-1",
        "participant": ON_LIST,
        "status": "excused",
        "reason": "R",
        "requested_by": "c",
    },
    "roll_digests": {"digest": "0" * 64, "meeting": "m-1", "lines": 1},
    # A key that no row has: the revisions of rows are written by the trigger.
    "revisions": {"resource": "regions", "key": "99", "revision": 1, "action": "created", "commit": 1, "after": "{}"},
}


async def insert(connection: asyncpg.Connection, table: str, **changed: Any) -> None:
    """A good row, but for what is changed. A number that the database gives may be given here too."""
    row = {**(FACT if "verified" in Base.metadata.tables[table].c else {}), **GOOD[table], **changed}
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({places})", *row.values())


async def insert_what_they_lean_on(connection: asyncpg.Connection) -> None:
    """Two of whatever has something of its own: an election its stage, a meeting its session and participant.

    And a client, and three lines of the audit trail, two of them sealed, one below a root.
    """
    await insert(connection, "regions", code="90")
    await insert(connection, "organizations", code="kpu", level="national")
    await insert(connection, "organizations", code="bawaslu", kind="agency")
    await insert(connection, "divisions", code="ri-1")
    for person in (PERSON, OTHER):
        await insert(connection, "officials", id=person)
    for number, session, listed in ((1, "opening", ON_LIST), (2, "closing", ON_OTHER_LIST)):
        await insert(connection, "elections", code=f"e-{number}")
        await insert(connection, "stages", code=f"s-{number}", election=f"e-{number}")
        await insert(connection, "meetings", code=f"m-{number}")
        await insert(connection, "sessions", meeting=f"m-{number}", code=session)
        await insert(connection, "participants", meeting=f"m-{number}", id=listed, official=PERSON)
    await connection.execute("DELETE FROM attendance WHERE participant = $1", ON_OTHER_LIST)
    await insert(connection, "device_clocks", device_id="gate-1")
    await insert(connection, "clients", id=CLIENT)
    for number in (1, 2, 3):
        await insert(connection, "audit_lines", id=number)
    for number in (1, 2):
        await insert(connection, "audit_seals", position=number, line=number)
    await insert(connection, "audit_roots", hour=HOUR - timedelta(hours=1), position=1)


async def appoint(connection: asyncpg.Connection, **changed: Any) -> None:
    await insert(connection, "appointments", **{"id": uuid4(), **changed})
