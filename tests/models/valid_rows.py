"""A valid row of each table, to be changed by tests, and the rows it refers to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from app.models import Base

OFFICIAL, OTHER_OFFICIAL = UUID(int=1), UUID(int=2)
PARTICIPANT, OTHER_PARTICIPANT = UUID(int=11), UUID(int=12)
CLIENT = UUID(int=21)
HASH = bytes(32)
HOUR = datetime(2022, 6, 13, 12, tzinfo=UTC)
UNVERIFIED = {"verified": False, "primary": False}
VALID_ROWS: dict[str, dict[str, Any]] = {
    "regions": {"code": "92", "name": "N", "type": "province", "time_zone": "Asia/Jakarta", "autonomous": True},
    "region_codes": {"code": "90.01", "region": "90", "parent": "90"},
    "organizations": {"code": "kpu-92", "name": "N", "kind": "commission", "level": "province"},
    "divisions": {"code": "p7-9", "kind": "division", "level": "province", "name": "N"},
    "officials": {"id": UUID(int=9), "name": "N"},
    "appointments": {
        "id": UUID(int=9),
        "official": OFFICIAL,
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
        "official": OFFICIAL,
        "form": "spoken",
        "summary": "S",
    },
    "participants": {"id": UUID(int=19), "meeting": "m-1", "organization": "kpu", "office": "member"},
    "participant_sessions": {"meeting": "m-1", "session": "opening", "participant": PARTICIPANT},
    "clients": {"id": UUID(int=29), "name": "N", "scopes": ["audit:read"]},
    "client_secrets": {"id": UUID(int=29), "client": CLIENT, "slot": 1, "digest": HASH},
    "client_controllers": {"client": CLIENT, "controller": "https://issuer.example admin"},
    "used_assertions": {"client": CLIENT, "jti": "j-9", "expires_at": HOUR},
    "signing_keys": {
        "kid": "k-9",
        "private_key": "{}",
        "signs_from": HOUR,
        "signs_until": HOUR + timedelta(days=1),
    },
    "audit_lines": {"id": 9, "operation": "load", "keys": ["regions/90"]},
    "audit_texts": {"line": 3, "salt": b"s" * 16, "text": "T"},
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
    "badges": {"id": UUID(int=39), "meeting": "m-1", "participant": PARTICIPANT, "digest": HASH},
    "meeting_days": {
        "meeting": "m-1",
        "day": date(2030, 1, 9),
        **dict.fromkeys(("begins_at", "cutoff_at", "ends_at"), HOUR),
    },
    "devices": {"meeting": "m-1", "device_id": "gate-9", "client": "c"},
    "device_resets": {"meeting": "m-1", "device_id": "gate-1", "reset_at": HOUR, "reset_by": "c", "reason": "R"},
    "device_clocks": {
        "meeting": "m-1",
        "device_id": "gate-1",
        "clock_epoch": 9,
        "period": 0,
        "first_shift": 5,
        "shift": 5,
    },
    "clock_readings": {
        "meeting": "m-1",
        "device_id": "gate-1",
        "clock_epoch": 0,
        "shift": 4,
        "received_at": HOUR,
        "period": 0,
    },
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
        "period": 0,
        "reported_outcome": "badge_unknown",
        "client": "c",
    },
    # Its row and that of `roll_secrets` must be deleted first, because triggers have inserted them.
    "attendance": {
        "meeting": "m-2",
        "participant": OTHER_PARTICIPANT,
        "sessions": [],
        "status": "expected",
        "late": False,
    },
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
        "kind": "status",
        "participant": PARTICIPANT,
        "status": "excused",
        "reason": "R",
        "requested_by": "c",
    },
    "roll_digests": {"digest": "0" * 64, "meeting": "m-1", "lines": 1},
    "roll_secrets": {"meeting": "m-2"},
    "closed_rolls": {
        "meeting": "m-2",
        "closed_at": HOUR,
        "name": "M",
        "time_zone": "Asia/Jakarta",
        **dict.fromkeys(("start_on", "end_on"), date(2030, 1, 9)),
        "sessions": "[]",
    },
    "closed_roll_lines": {
        "meeting": "m-2",
        "participant": UUID(int=39),
        "capacity": "delegate",
        "sessions": [],
        "status": "expected",
        "late": False,
        **dict.fromkeys(("days", "intervals", "stays"), "[]"),
    },
    # A key without a row, because the trigger writes the revisions of rows.
    "revisions": {"resource": "regions", "key": "99", "revision": 1, "action": "created", "commit": 1, "after": "{}"},
}


async def insert_row(connection: asyncpg.Connection, table: str, **columns: Any) -> None:
    """Insert the valid row of a table with these columns changed; generated identities may be set too."""
    row = {**(UNVERIFIED if "verified" in Base.metadata.tables[table].c else {}), **VALID_ROWS[table], **columns}
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({places})", *row.values())


async def insert_referenced_rows(connection: asyncpg.Connection) -> None:
    """Insert the rows to which the valid rows refer.

    Two elections with a stage each, two meetings with a session and a participant each; a client; three lines of the
    audit trail, of which two are sealed and one is below a root.
    """
    await insert_row(connection, "regions", code="90")
    await insert_row(connection, "organizations", code="kpu", level="national")
    await insert_row(connection, "organizations", code="bawaslu", kind="agency")
    await insert_row(connection, "divisions", code="ri-1")
    for person in (OFFICIAL, OTHER_OFFICIAL):
        await insert_row(connection, "officials", id=person)
    for number, session, listed in ((1, "opening", PARTICIPANT), (2, "closing", OTHER_PARTICIPANT)):
        await insert_row(connection, "elections", code=f"e-{number}")
        await insert_row(connection, "stages", code=f"s-{number}", election=f"e-{number}")
        await insert_row(connection, "meetings", code=f"m-{number}")
        await insert_row(connection, "sessions", meeting=f"m-{number}", code=session)
        await insert_row(connection, "participants", meeting=f"m-{number}", id=listed, official=OFFICIAL)
    await connection.execute("DELETE FROM attendance WHERE participant = $1", OTHER_PARTICIPANT)
    await connection.execute("DELETE FROM roll_secrets WHERE meeting = 'm-2'")
    await insert_row(connection, "devices", device_id="gate-1")
    await insert_row(connection, "device_clocks", clock_epoch=0)
    await insert_row(connection, "clients", id=CLIENT)
    for number in (1, 2, 3):
        await insert_row(connection, "audit_lines", id=number)
    for number in (1, 2):
        await insert_row(connection, "audit_seals", position=number, line=number)
    await insert_row(connection, "audit_roots", hour=HOUR - timedelta(hours=1), position=1)


async def insert_appointment(connection: asyncpg.Connection, **columns: Any) -> None:
    await insert_row(connection, "appointments", **{"id": uuid4(), **columns})
