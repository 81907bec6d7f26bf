"""Canaries: words that occur only in the personal columns of a database. Also the secrets of that database."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg

from app import operations
from app.auth import Scope
from app.clients import maintenance
from tests.meetings.synthetic_meetings import UNVERIFIED, Row, build_meeting, insert_rows

SCANNED_AT = datetime(2024, 3, 10, 3, tzinfo=UTC)
RESTRICTED_MEETING, OPEN_MEETING = "canary-closed", "canary-open"


def build_id(n: int) -> str:
    return f"01b00000-0000-7000-8066-{n:012}"


# Participants of the restricted roll, who must not be exposed.
HIDDEN_IDS = [build_id(n) for n in range(1, 4)]
SICK_PARTICIPANT = build_id(5)  # of the open roll; a filter must not expose the sickness
CANARIES = {
    "name": "Zulkenari Namawati",
    "printed": "Zulkenari Cetakwati",
    "note": "Zulkenari Catatan",
    "represented": "Zulkenari Diwakili",
    "deputy": "Zulkenari Wakilwati",
    "excuse": "Zulkenari Izinnya",
    "illness": "Zulkenari Demamnya",
    "letter": "Zulkenari Suratnya",
    "why": "Zulkenari Sebabnya",
    "scanned": "Zulkenari Kartunya",
    "asked": "Zulkenari Koreksinya",
}
# Sent by a caller; must be neither echoed nor logged.
SENT_CANARY = "Zulkenari Kiriman"


def build_participants() -> tuple[Row, ...]:
    def person(n: int, at: str, status: str, **rest: Any) -> Row:
        return {"id": build_id(n), "meeting": at, "status": status, "organization": "kpu-32", **UNVERIFIED, **rest}

    return (
        person(
            *(1, RESTRICTED_MEETING, "sick"),
            name=CANARIES["name"],
            name_as_printed=CANARIES["printed"],
            note=CANARIES["note"],
            letter_number=CANARIES["letter"],
            status_reason=CANARIES["why"],
        ),
        person(2, RESTRICTED_MEETING, "represented", name=CANARIES["represented"]),
        person(3, RESTRICTED_MEETING, "present", name=CANARIES["deputy"], represents=build_id(2)),
        person(4, OPEN_MEETING, "excused", name="Siti Terbuka", note=CANARIES["excuse"]),
        person(5, OPEN_MEETING, "sick", name="Budi Terbuka", note=CANARIES["illness"]),
        person(6, OPEN_MEETING, "present", name="Agus Terbuka", represents=build_id(5)),
    )


async def insert_canaries(url: str) -> None:
    meetings = [
        build_meeting(code, "2024-03-10", "2024-03-12", roll=roll)
        for code, roll in ((RESTRICTED_MEETING, "restricted"), (OPEN_MEETING, "open"))
    ]
    await insert_rows(url, "meetings", meetings)
    sessions = [
        {"meeting": code, "code": "alfa", "position": 1, "kind": "class", "name": "A"}
        for code in (RESTRICTED_MEETING, OPEN_MEETING)
    ]
    await insert_rows(url, "sessions", [{**session, **UNVERIFIED} for session in sessions])
    await insert_rows(url, "participants", build_participants())
    assignments = [
        {"meeting": participant["meeting"], "session": "alfa", "participant": participant["id"]}
        for participant in build_participants()
    ]
    await insert_rows(url, "participant_sessions", assignments)
    device = {"meeting": RESTRICTED_MEETING, "device_id": "g"}
    await insert_rows(url, "devices", [{**device, "client": "c"}])
    clock = dict.fromkeys(("clock_epoch", "period", "first_shift", "shift"), 0)
    await insert_rows(url, "device_clocks", [{**device, **clock}])
    scan = {"device_id": "g", "clock_epoch": 0, "badge_text": CANARIES["scanned"], "direction": "in", "client": "c"}
    scan |= {"reported_outcome": "badge_unknown", "period": 0, "digest": bytes(16)}
    scan |= {"id": build_id(7), "meeting": RESTRICTED_MEETING}
    await insert_rows(url, "scans", [{**scan, **dict.fromkeys(("scanned_at", "sent_at", "received_at"), SCANNED_AT)}])
    correction = {
        "id": build_id(8),
        "meeting": RESTRICTED_MEETING,
        "kind": "status",
        "participant": build_id(1),
        "status": "excused",
        "requested_by": "c",
    }
    await insert_rows(url, "roll_corrections", [{**correction, "reason": CANARIES["asked"]}])
    connection = await asyncpg.connect(url)
    try:  # an hour ago, because known_at must not be too recent
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("UPDATE history.commits SET stamp = stamp - interval '1 hour'")
    finally:
        await connection.close()


def create_client(url: str, scopes: list[str], **binding: str) -> tuple[str, str]:
    """Create a client like the command line does, and return its id and secret."""
    members = {"name": "kenari", "scopes": scopes or [str(scope) for scope in Scope], **binding}
    id_, secret = operations.run_in_transaction(
        url, lambda transaction: maintenance.create_client(transaction, members)
    )
    return id_, secret or ""


async def fetch_secrets(url: str) -> Mapping[str, str]:
    """Return the private signing keys, the digests of client secrets and the key of page tokens."""
    connection = await asyncpg.connect(url)
    try:
        keys = await connection.fetch("SELECT private_key::text FROM signing_keys")
        digests = await connection.fetch("SELECT encode(digest, 'hex') FROM client_secrets")
        service_keys = await connection.fetch("SELECT encode(key, 'hex') FROM service_keys")
    finally:
        await connection.close()
    secrets = {f"private key {n}": json.loads(key)["d"] for n, (key,) in enumerate(keys)}
    secrets |= {f"digest {n}": digest for n, (digest,) in enumerate(digests)}
    return secrets | {f"service key {n}": key for n, (key,) in enumerate(service_keys)}


# Raises a database error whose message contains the inserted name.
CREATE_FAILING_TRIGGER = """
    CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'cannot keep %', NEW.name USING ERRCODE = '{}', DETAIL = NEW.name;
    END $$;
    CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON officials FOR EACH ROW EXECUTE FUNCTION fail()"""
DROP_FAILING_TRIGGER = "DROP TRIGGER fail ON officials"
BREAK_TABLE, REPAIR_TABLE = (
    "ALTER TABLE participants RENAME note TO noted",
    "ALTER TABLE participants RENAME noted TO note",
)


async def execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
