"""Synthetic meetings with every status on 10 March 2024, including the first and last days of each."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import asyncpg

Row = Mapping[str, Any]

MEMBERS = (
    "code name name_en kind host place time_zone start_on end_on cancelled_on election audience purpose status roll"
    " roll_closed_at places retention_days check_in_margin_minutes day_ends_at anonymised_at sessions statements"
    " source verified primary revision updated_at"
)
DAY = date(2024, 3, 10)
UNVERIFIED: Row = {"verified": False, "primary": False}
ARIF = "01a20c10-0af2-76d0-9353-aa8d5a05b554"
TIME_FORMAT = "2024-03-10T{}:00+09:00"


def build_meeting(
    code: str, start: str, end: str, *, cancelled: str | None = None, kind: str = "coordination", **rest: Any
) -> Row:
    return {
        "code": code,
        "name": f"Rapat {code}",
        "kind": kind,
        "host": "kpu",
        "time_zone": "Asia/Jakarta",
        "start_on": date.fromisoformat(start),
        "end_on": date.fromisoformat(end),
        "cancelled_on": date.fromisoformat(cancelled) if cancelled else None,
        "roll": "open",
        **UNVERIFIED,
        **rest,
    }


MEETINGS = (
    build_meeting("over", "2024-03-08", "2024-03-09"),
    build_meeting("last-day", "2024-03-09", "2024-03-10", kind="training"),
    build_meeting("one-day", "2024-03-10", "2024-03-10", host="kpu-31", roll="restricted", name="rapat kecil"),
    build_meeting("first-day", "2024-03-10", "2024-03-11", host="kpu-31", election="pemilu-2024", name="Élan"),
    build_meeting("ahead", "2024-03-11", "2024-03-12", kind="plenary", election="pilkada-2024", name="Zona"),
    build_meeting("called-off", "2024-03-08", "2024-03-12", cancelled="2024-03-10", kind="induction"),
    build_meeting("called-off-next-day", "2024-03-08", "2024-03-12", cancelled="2024-03-11", kind="other"),
    build_meeting("called-off-beforehand", "2024-04-01", "2024-04-02", cancelled="2024-03-09", name="Rapat ke-2"),
    build_meeting("called-off-afterwards", "2024-02-01", "2024-02-02", cancelled="2024-03-11", name="Rapat ke-2"),
    build_meeting(
        "papua",
        "2024-03-10",
        "2024-03-10",
        host="kpu-94",
        kind="induction",
        time_zone="Asia/Jayapura",
        place="Jayapura",
        name="Pembekalan Ba\u2019dan",
        roll="restricted",
    ),
)


def build_session(code: str, position: int, start: str | None = None, end: str | None = None, **rest: Any) -> Row:
    return {
        "meeting": "papua",
        "code": code,
        "position": position,
        "kind": "class",
        "name": f"Kelas {code}",
        "starts_at": datetime.fromisoformat(TIME_FORMAT.format(start)) if start else None,
        "ends_at": datetime.fromisoformat(TIME_FORMAT.format(end)) if end else None,
        **UNVERIFIED,
        **rest,
    }


SESSIONS = (
    build_session("late", 3),
    build_session("b", 2, "08:00", "09:30", room="Aula", topics=["Ba\u2019dan", "Jum'at", "Pemutakhiran Data Pemilih"]),
    build_session("a", 2, "00:30", track=1, parallel_group="pagi"),
    build_session("opening", 1, kind="opening"),  # the same code as in the reference meeting
)

# Speakers of each kind: an official, a division, a name, an organization; inserted in another order than `position`.
SPEAKERS: tuple[Row, ...] = (
    {"meeting": "papua", "session": "b", "position": 4, "organization": "lkpp"},
    {"meeting": "papua", "session": "b", "position": 1, "division": "ri-3", "organization": "kpu"},
    {"meeting": "papua", "session": "b", "position": 3, "official": ARIF, "role": "moderator"},
    {"meeting": "papua", "session": "b", "position": 2, "name": "Dr. Maria Wanggai", "role": "akademisi"},
)

STATEMENTS: tuple[Row, ...] = tuple(
    {
        "id": f"01b00000-0000-7000-8000-{n:012}",
        "meeting": "papua",
        "name": name,
        "made_on": made_on,
        "form": "spoken",
        "summary": f"Says {n}.",
        **UNVERIFIED,
    }
    for n, name, made_on in (
        (4, "Undated", None),
        (3, "Later", date(2024, 3, 11)),
        (2, "Same day, second", DAY),
        (1, "Same day, first", DAY),
    )
)

# Meeting, organization and status. KPU Banten (kpu-36) was present at two, one of them with a restricted roll.
ATTENDANCE = (
    ("over", "kpu-36", "expected"),
    ("last-day", "kpu-36", "represented"),
    ("one-day", "kpu-36", "present"),
    ("first-day", "kpu-36", "sick"),
    ("ahead", "kpu-36", "present"),
    ("ahead", "kpu-31", "present"),
    ("ahead", "kpu-36", "absent"),
    ("papua", "kpu-94", "present"),
    ("papua", None, "present"),
)
PARTICIPANTS: tuple[Row, ...] = tuple(
    {
        "id": f"01b00000-0000-7000-8001-{n:012}",
        "meeting": meeting,
        "name": f"Tamu {n}",
        "organization": organization,
        "status": status,
        **UNVERIFIED,
    }
    for n, (meeting, organization, status) in enumerate(ATTENDANCE)
)


async def insert_rows(url: str, table: str, rows: Iterable[Row]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for row in rows:
            names, places = ", ".join(f'"{name}"' for name in row), ", ".join(f"${n + 1}" for n in range(len(row)))
            await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())
    finally:
        await connection.close()


async def insert_meetings(url: str) -> None:
    for table, rows in (
        ("meetings", MEETINGS),
        ("sessions", SESSIONS),
        ("session_speakers", SPEAKERS),
        ("meeting_statements", STATEMENTS),
        ("participants", PARTICIPANTS),
    ):
        await insert_rows(url, table, rows)
