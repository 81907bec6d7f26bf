"""What the matrix is about: objects of KPU DKI Jakarta and below, of KPU Jawa Barat, of both and of nobody.

Every name in it is made up and begins with `Rahasia`, so that a refusal which tells of one is caught.
"""

from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from tests.meetings.made_up import FACT, Row, insert, meeting

OWN, OTHER = "kpu-31", "kpu-32"
BELOW = "kpu-31.71"
SECRET = "Rahasia"
CALLER = "0197c0de-0000-7000-8000-00000000c11e"
NOWHERE = "0197c0de-0000-7000-8000-000000000000"


def id_of(n: int) -> str:
    return f"01b00000-0000-7000-8077-{n:012}"


OWN_PERSON, OTHER_PERSON, BOTH_PERSON, LONE_PERSON, BEGUN_PERSON = (id_of(n) for n in range(1, 6))
OWN_OFFICE, OTHER_OFFICE, BOTH_OWN_OFFICE, BOTH_OTHER_OFFICE = (id_of(n) for n in range(11, 15))
OWN_SAID, OTHER_SAID = id_of(21), id_of(22)
OWN_CLIENT, OTHER_CLIENT = id_of(31), id_of(32)
OWN_SECRET, OTHER_SECRET = id_of(41), id_of(42)
# By whose meeting it is, and whether its roll is open. The bare ones have nothing that keeps them from being deleted.
MEETINGS = {
    ("own", "open"): "own-open",
    ("own", "restricted"): "own-closed",
    ("other", "open"): "other-open",
    ("other", "restricted"): "other-closed",
}
PLENARIES = {"own": "own-plenary", "other": "other-plenary"}
# Of each meeting: who is on its list, and by id what its gates have seen, what the matrix's gate has sent, and what was
# asked to be corrected.
LISTED, SCANS, SEEN, ASKED = (
    {code: id_of(first + n) for n, code in enumerate(MEETINGS.values())} for first in (50, 60, 65, 70)
)
DIGESTS = {"own": "a" * 64, "other": "b" * 64}
BARE = {"own": "own-bare", "other": "other-bare"}
ORGANIZATIONS = {"own": "bawaslu-31", "other": "bawaslu-32"}
HOSTS = {"own": BELOW, "other": OTHER}


def _appointment(id_: str, official: str, organization: str) -> Row:
    return {
        "id": id_,
        "official": official,
        "organization": organization,
        "office": "member",
        "standing": "acting",
        "start_on": "2030",
        **FACT,
    }


def _organization(code: str, parent: str) -> Row:
    return {"code": code, "name": f"{SECRET} {code}", "kind": "agency", "parent": parent, **FACT}


def _meeting(whose: str, roll: str, code: str) -> Row:
    return meeting(code, "2030-03-10", "2030-03-12", host=HOSTS[whose], roll=roll, name=f"{SECRET} {code}")


def _scan(code: str) -> Row:
    return {
        "meeting": code,
        "id": SCANS[code],
        "digest": bytes(16),
        "device_id": "gate-9",
        "clock_epoch": 0,
        "badge_text": f"{SECRET} kartu",
        "direction": "in",
        "reported_outcome": "badge_unknown",
        "client": NOWHERE,
        "after_closing": False,
        **dict.fromkeys(("scanned_at", "sent_at", "received_at"), datetime(2030, 3, 10, 3, tzinfo=UTC)),
    }


def rows() -> dict[str, list[Row]]:
    """By table, in the order in which they refer to each other."""
    people = (OWN_PERSON, OTHER_PERSON, BOTH_PERSON, LONE_PERSON)
    made: dict[str, list[Row]] = {
        "organizations": [_organization(ORGANIZATIONS["own"], BELOW), _organization(ORGANIZATIONS["other"], OTHER)],
        "officials": [{"id": id_, "name": f"{SECRET} {n}", **FACT} for n, id_ in enumerate(people)],
        "appointments": [
            _appointment(OWN_OFFICE, OWN_PERSON, BELOW),
            _appointment(OTHER_OFFICE, OTHER_PERSON, OTHER),
            _appointment(BOTH_OWN_OFFICE, BOTH_PERSON, OWN),
            _appointment(BOTH_OTHER_OFFICE, BOTH_PERSON, OTHER),
        ],
        "meetings": [_meeting(*key, code) for key, code in MEETINGS.items()],
        "sessions": [],
        "meeting_statements": [],
        "participants": [],
        "device_clocks": [],
        "scans": [],
        "roll_corrections": [],
        "roll_digests": [
            {"digest": digest, "meeting": MEETINGS[whose, "restricted"], "lines": 1}
            for whose, digest in DIGESTS.items()
        ],
        "clients": [
            {"id": id_, "name": f"{SECRET} {id_}", "scopes": ["changes:read"], "organization": organization}
            for id_, organization in ((OWN_CLIENT, OWN), (OTHER_CLIENT, OTHER))
        ],
        "client_secrets": [
            {"id": id_, "client": client, "slot": 1, "digest": bytes(32)}
            for id_, client in ((OWN_SECRET, OWN_CLIENT), (OTHER_SECRET, OTHER_CLIENT))
        ],
    }
    made["meetings"] += [_meeting(whose, "restricted", code) for whose, code in BARE.items()]
    made["meetings"] += [
        {**_meeting(whose, "restricted", code), "kind": "plenary"} for whose, code in PLENARIES.items()
    ]
    for n, code in enumerate(MEETINGS.values()):
        session = {"meeting": code, "code": "alfa", "position": 1, "kind": "class", "name": f"{SECRET} {code}", **FACT}
        made["sessions"].append(session)
        made["participants"].append(
            {
                "id": LISTED[code],
                "meeting": code,
                "name": f"{SECRET} orang {n}",
                "organization": BELOW if n < 2 else OTHER,
                "status": "present",
                **FACT,
            }
        )
        made["device_clocks"].append({"meeting": code, "device_id": "gate-9", "clock_epoch": 0, "shift": 0})
        made["scans"].append(_scan(code))
        made["roll_corrections"].append(
            {
                "id": ASKED[code],
                "meeting": code,
                "participant": LISTED[code],
                "status": "excused",
                "reason": f"{SECRET} sebab",
                "requested_by": NOWHERE,
            }
        )
    for id_, whose in ((OWN_SAID, "own"), (OTHER_SAID, "other")):
        said: dict[str, Any] = {"organization": HOSTS[whose], "form": "spoken", "summary": f"{SECRET}.", **FACT}
        made["meeting_statements"].append(
            {"id": id_, "meeting": MEETINGS[whose, "open"], "made_on": date(2030, 3, 10), **said}
        )
    return made


async def add(url: str) -> None:
    for table, made in rows().items():
        await insert(url, table, made)
    connection = await asyncpg.connect(url)
    try:  # by the client that all of the callers are, and not yet in any office
        await connection.execute("SELECT set_config('rakornas.client', $1, false)", CALLER)
        begun = 'INSERT INTO officials (id, name, verified, "primary") VALUES ($1, $2, false, false)'
        await connection.execute(begun, BEGUN_PERSON, f"{SECRET} baru")
    finally:
        await connection.close()
