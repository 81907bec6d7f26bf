"""Synthetic rolls: a long mixed one, a short one with names, an empty one, and two that are restricted."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from tests.meetings.synthetic_meetings import ARIF, UNVERIFIED, Row, build_meeting, insert_rows

HASYIM = "01a20c10-0ad9-7584-8953-0eb59d6a8d90"
MUHAIMIN = "01a20c10-0afb-7557-aa41-a9f25fb14279"
TARMIZI = "01a20c10-0b0b-707f-a067-c1cb331aab40"

MEETINGS = (
    build_meeting("mixed", "2024-03-10", "2024-03-12"),
    build_meeting("named", "2024-03-10", "2024-03-12"),
    build_meeting("empty", "2024-03-10", "2024-03-12"),
    build_meeting("closed", "2024-03-10", "2024-03-12", roll="restricted"),
    build_meeting("closed-empty", "2024-03-10", "2024-03-12", roll="restricted"),
)
SESSIONS: tuple[Row, ...] = tuple(
    {"meeting": meeting, "code": code, "position": n, "kind": "class", "name": f"Kelas {code}", **UNVERIFIED}
    for meeting, codes in (("mixed", "zulu alfa mike nobody"), ("empty", "alfa"), ("closed", "alfa only-here"))
    for n, code in enumerate(codes.split(), 1)
)

ORGANIZATIONS = ("kpu", "kpu-31", "kpu-32", "kpu-31.71", "kpu-31.72", "kpu-94", "bawaslu", "kemendagri", None)
OFFICES = ("chair", "member", "secretary", "secretary_general", None)
STATUSES = ("expected", "present", "represented", "excused", "sick", "on_duty_elsewhere", "on_leave", "absent")
SESSION_CHOICES: tuple[tuple[str, ...], ...] = ((), ("zulu",), ("alfa",), ("mike",), ("alfa", "zulu"), ("mike", "zulu"))


def participant_id(roll: int, n: int) -> str:
    return f"01b00000-0000-7000-80{roll:02}-{n:012}"


def participant_row(roll: int, n: int, meeting: str, status: str, **rest: Any) -> Row:
    return {"id": participant_id(roll, n), "meeting": meeting, "status": status, **UNVERIFIED, **rest}


def _create_mixed_roll() -> tuple[tuple[Row, ...], dict[str, tuple[str, ...]]]:
    """Return 400 participants of all kinds, not ordered by id, and the sessions of each by id."""
    random = Random(2022)
    rows, sessions = [], {}
    for n in random.sample(range(1000), 400):
        status = random.choice(STATUSES)
        row = participant_row(
            1,
            n,
            "mixed",
            status,
            name=f"Peserta {n}",
            organization=random.choice(ORGANIZATIONS),
            office=random.choice(OFFICES),
            late=status in ("present", "represented") and random.random() < 0.3,
        )
        rows.append(row)
        sessions[row["id"]] = random.choice(SESSION_CHOICES)
    return tuple(rows), sessions


MIXED, SESSIONS_OF_MIXED = _create_mixed_roll()

# The represented are inserted before their representatives.
NAMED = (
    participant_row(2, 5, "named", "represented", organization="kpu-94", office="chair"),
    participant_row(2, 6, "named", "represented", official=HASYIM, organization="kpu", office="chair"),
    participant_row(
        2, 7, "named", "sick", name="Siti Nur'aini Wonda", note="Dirawat karena sakit: sick.", organization="kpu-94"
    ),
    participant_row(2, 8, "named", "excused", name="Yosep Rumbiak", note="Acara keluarga."),
    participant_row(2, 0, "named", "present", name="Muhaimun"),
    participant_row(2, 1, "named", "present", name="Agus Satu", represents=participant_id(2, 5), organization="kpu-94"),
    participant_row(2, 2, "named", "present", name="Agus Dua", represents=participant_id(2, 6), organization="kpu"),
    participant_row(2, 3, "named", "present", name="Agus Tiga", represents=participant_id(2, 7), organization="kpu-94"),
    participant_row(2, 4, "named", "present", official=TARMIZI, organization="kpu-31", capacity="committee"),
    participant_row(
        2,
        9,
        "named",
        "present",
        official=MUHAIMIN,
        organization="kpu-31",
        office="member",
        capacity="speaker",
        late=True,
        arrived_at=datetime.fromisoformat("2024-03-10T09:12:30+09:00"),
        left_at=datetime.fromisoformat("2024-03-10T17:00:00+09:00"),
        name_as_printed="Xaverius Djokja",
        note="Naik kapal.",
        source="Daftar hadir",
    ),
)

RESTRICTED = (
    participant_row(3, 1, "closed", "present", official=ARIF, organization="kpu", office="secretary_general"),
    participant_row(3, 2, "closed", "sick", name="Rahasia Sekali", organization="kpu-94", note="Opname."),
    participant_row(
        3, 3, "closed", "present", name="Rahasia Juga", name_as_printed="Rahasya", organization="kpu-94", late=True
    ),
)
SESSIONS_OF_RESTRICTED = {participant_id(3, 1): ("alfa",), participant_id(3, 2): ("alfa", "only-here")}


def assignment_rows(meeting: str, sessions: Mapping[str, tuple[str, ...]]) -> list[Row]:
    """Return the rows that assign participants to the sessions given by their ids."""
    return [
        {"meeting": meeting, "session": session, "participant": participant}
        for participant, codes in sessions.items()
        for session in codes
    ]


async def insert_rolls(url: str, *, mixed: bool = True) -> None:
    """Insert the synthetic rolls; without the participants of the mixed one it takes a tenth of the time."""
    await insert_rows(url, "meetings", MEETINGS)
    await insert_rows(url, "sessions", SESSIONS)
    await insert_rows(url, "participants", (*(MIXED if mixed else ()), *NAMED, *RESTRICTED))
    sessions = assignment_rows("mixed", SESSIONS_OF_MIXED) if mixed else []
    await insert_rows(url, "participant_sessions", sessions + assignment_rows("closed", SESSIONS_OF_RESTRICTED))
