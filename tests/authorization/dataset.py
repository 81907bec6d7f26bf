"""Synthetic objects of KPU DKI Jakarta (own), of KPU Jawa Barat (other) and of both.

Every name begins with `Rahasia`, so that a problem that exposes one is noticed.
"""

from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from tests.meetings.synthetic_meetings import UNVERIFIED, Row, build_meeting, insert_rows

OWN, OTHER = "kpu-31", "kpu-32"
BELOW = "kpu-31.71"
SECRET_TEXT = "Rahasia"
CALLER_ID = "0197c0de-0000-7000-8000-00000000c11e"
MISSING_ID = "0197c0de-0000-7000-8000-000000000000"


def build_id(n: int) -> str:
    return f"01b00000-0000-7000-8077-{n:012}"


OWN_PERSON, OTHER_PERSON, BOTH_PERSON, PERSON_WITHOUT_OFFICE, CREATED_PERSON = (build_id(n) for n in range(1, 6))
OWN_OFFICE, OTHER_OFFICE, BOTH_OWN_OFFICE, BOTH_OTHER_OFFICE = (build_id(n) for n in range(11, 15))
OWN_STATEMENT, OTHER_STATEMENT = build_id(21), build_id(22)
OWN_CLIENT, OTHER_CLIENT = build_id(31), build_id(32)
OWN_SECRET, OTHER_SECRET = build_id(41), build_id(42)
# Codes of meetings, by owner and roll. EMPTY_MEETINGS can be deleted, because nothing references them.
MEETINGS = {
    ("own", "open"): "own-open",
    ("own", "restricted"): "own-closed",
    ("other", "open"): "other-open",
    ("other", "restricted"): "other-closed",
}
PLENARIES = {"own": "own-plenary", "other": "other-plenary"}
# By meeting: the ids of a participant, a stored scan, the scan that the tests send, and a requested correction.
PARTICIPANTS, SCANS, SENT_SCANS, CORRECTIONS = (
    {code: build_id(first + n) for n, code in enumerate(MEETINGS.values())} for first in (50, 60, 65, 70)
)
DIGESTS = {"own": "a" * 64, "other": "b" * 64}
EMPTY_MEETINGS = {"own": "own-bare", "other": "other-bare"}
ORGANIZATIONS = {"own": "bawaslu-31", "other": "bawaslu-32"}
HOSTS = {"own": BELOW, "other": OTHER}


def _build_appointment(id_: str, official: str, organization: str) -> Row:
    return {
        "id": id_,
        "official": official,
        "organization": organization,
        "office": "member",
        "standing": "acting",
        "start_on": "2030",
        **UNVERIFIED,
    }


def _build_organization(code: str, parent: str) -> Row:
    return {"code": code, "name": f"{SECRET_TEXT} {code}", "kind": "agency", "parent": parent, **UNVERIFIED}


def _build_meeting(owner: str, roll: str, code: str) -> Row:
    return build_meeting(code, "2030-03-10", "2030-03-12", host=HOSTS[owner], roll=roll, name=f"{SECRET_TEXT} {code}")


def _build_scan(code: str) -> Row:
    return {
        "meeting": code,
        "id": SCANS[code],
        "digest": bytes(16),
        "device_id": "gate-9",
        "clock_epoch": 0,
        "badge_text": f"{SECRET_TEXT} kartu",
        "direction": "in",
        "reported_outcome": "badge_unknown",
        "client": MISSING_ID,
        "period": 0,
        **dict.fromkeys(("scanned_at", "sent_at", "received_at"), datetime(2030, 3, 10, 3, tzinfo=UTC)),
    }


def build_rows() -> dict[str, list[Row]]:
    """Return the rows by table, referenced tables first."""
    people = (OWN_PERSON, OTHER_PERSON, BOTH_PERSON, PERSON_WITHOUT_OFFICE)
    rows: dict[str, list[Row]] = {
        "organizations": [
            _build_organization(ORGANIZATIONS["own"], BELOW),
            _build_organization(ORGANIZATIONS["other"], OTHER),
        ],
        "officials": [{"id": id_, "name": f"{SECRET_TEXT} {n}", **UNVERIFIED} for n, id_ in enumerate(people)],
        "appointments": [
            _build_appointment(OWN_OFFICE, OWN_PERSON, BELOW),
            _build_appointment(OTHER_OFFICE, OTHER_PERSON, OTHER),
            _build_appointment(BOTH_OWN_OFFICE, BOTH_PERSON, OWN),
            _build_appointment(BOTH_OTHER_OFFICE, BOTH_PERSON, OTHER),
        ],
        "meetings": [_build_meeting(*key, code) for key, code in MEETINGS.items()],
        "sessions": [],
        "meeting_statements": [],
        "participants": [],
        "devices": [],
        "device_clocks": [],
        "scans": [],
        "roll_corrections": [],
        "roll_digests": [
            {"digest": digest, "meeting": MEETINGS[owner, "restricted"], "lines": 1}
            for owner, digest in DIGESTS.items()
        ],
        "clients": [
            {"id": id_, "name": f"{SECRET_TEXT} {id_}", "scopes": ["changes:read"], "organization": organization}
            for id_, organization in ((OWN_CLIENT, OWN), (OTHER_CLIENT, OTHER))
        ],
        "client_secrets": [
            {"id": id_, "client": client, "slot": 1, "digest": bytes(32)}
            for id_, client in ((OWN_SECRET, OWN_CLIENT), (OTHER_SECRET, OTHER_CLIENT))
        ],
    }
    rows["meetings"] += [_build_meeting(owner, "restricted", code) for owner, code in EMPTY_MEETINGS.items()]
    rows["meetings"] += [
        {**_build_meeting(owner, "restricted", code), "kind": "plenary"} for owner, code in PLENARIES.items()
    ]
    for n, code in enumerate(MEETINGS.values()):
        session = {
            "meeting": code,
            "code": "alfa",
            "position": 1,
            "kind": "class",
            "name": f"{SECRET_TEXT} {code}",
            **UNVERIFIED,
        }
        rows["sessions"].append(session)
        rows["participants"].append(
            {
                "id": PARTICIPANTS[code],
                "meeting": code,
                "name": f"{SECRET_TEXT} orang {n}",
                "organization": BELOW if n < 2 else OTHER,
                "status": "present",
                **UNVERIFIED,
            }
        )
        device = {"meeting": code, "device_id": "gate-9"}
        rows["devices"].append({**device, "client": MISSING_ID})
        rows["device_clocks"].append({**device, **dict.fromkeys(("clock_epoch", "period", "first_shift", "shift"), 0)})
        rows["scans"].append(_build_scan(code))
        rows["roll_corrections"].append(
            {
                "id": CORRECTIONS[code],
                "meeting": code,
                "kind": "status",
                "participant": PARTICIPANTS[code],
                "status": "excused",
                "reason": f"{SECRET_TEXT} sebab",
                "requested_by": MISSING_ID,
            }
        )
    for id_, owner in ((OWN_STATEMENT, "own"), (OTHER_STATEMENT, "other")):
        statement: dict[str, Any] = {
            "organization": HOSTS[owner],
            "form": "spoken",
            "summary": f"{SECRET_TEXT}.",
            **UNVERIFIED,
        }
        rows["meeting_statements"].append(
            {"id": id_, "meeting": MEETINGS[owner, "open"], "made_on": date(2030, 3, 10), **statement}
        )
    return rows


async def insert_dataset(url: str) -> None:
    """Insert the rows, and an official without office who was created by the caller of all requests."""
    for table, rows in build_rows().items():
        await insert_rows(url, table, rows)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT set_config('rakornas.client', $1, false)", CALLER_ID)
        insert_official = 'INSERT INTO officials (id, name, verified, "primary") VALUES ($1, $2, false, false)'
        await connection.execute(insert_official, CREATED_PERSON, f"{SECRET_TEXT} baru")
    finally:
        await connection.close()
