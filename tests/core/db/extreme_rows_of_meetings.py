"""Extreme rows of elections, stages and meetings."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from tests.core.db.extreme_rows_of_organizations import (
    FIRST_DAY,
    FULL_RECORD,
    LAST_DAY,
    LONG_TEXT,
    MINIMAL_RECORD,
    ODD_TEXT,
    PERSON,
)

JSON_FRAGMENT = '"}],"children":[{"x":"\\\\'
FIRST_INSTANT, LAST_INSTANT = (
    datetime(1900, 1, 1, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2199, 12, 31, 14, 59, 59, tzinfo=UTC),
)
UNVERIFIED = {"verified": False, "primary": False}
MINIMAL_PARTICIPANT = {"organization": None, "office": None, **MINIMAL_RECORD}


def stage_row(code: str, parent: str | None, position: int, **columns: Any) -> dict[str, Any]:
    """Return a row of a stage in the deep tree."""
    row = {"code": code, "election": "odd-deep", "parent": parent, "position": position, "kind": "activity", "round": 1}
    return {**row, "name": f"{JSON_FRAGMENT}{code}", **MINIMAL_RECORD, **columns}


ROWS: dict[str, list[dict[str, Any]]] = {
    "elections": [
        {"code": "odd-bare", "name": ODD_TEXT, "kind": "general", **MINIMAL_RECORD},
        {
            "code": "odd-deep",
            "name": JSON_FRAGMENT,
            "name_en": ODD_TEXT,
            "kind": "regional_head",
            "voting_on": LAST_DAY,
            "legal_basis": LONG_TEXT,
            "decided_on": FIRST_DAY,
            **FULL_RECORD,
        },
    ],
    "stages": [
        stage_row("odd-z", None, 2),
        stage_row("odd-x", None, 10),  # after 2 as a number, before it as text
        stage_row("odd-w", None, 999),
        stage_row("odd-b", "odd-z", 1),  # same parent and same position
        stage_row("odd-a", "odd-z", 1),
        stage_row("odd-c", "odd-z", 1, name="{}[],"),
        stage_row("odd-a1", "odd-a", 1, name="\\\\"),
        stage_row("odd-a11", "odd-a1", 1, start_on=date(2022, 6, 14), end_on=date(2022, 6, 14)),
        stage_row("odd-a12", "odd-a1", 2, start_on=date(2022, 6, 15), end_on=LAST_DAY),
        stage_row(
            "odd-a2",
            "odd-a",
            2,
            name=ODD_TEXT,
            name_en=ODD_TEXT,
            start_on=FIRST_DAY,
            end_on=LAST_DAY,
            rule=LONG_TEXT,
            round=9,
            legal_basis=LONG_TEXT,
            note=LONG_TEXT,
            **FULL_RECORD,
        ),
        stage_row("odd-x1", "odd-x", 1, start_on=date(2022, 6, 14)),
        stage_row("odd-x2", "odd-x", 2, end_on=date(2022, 6, 14)),
    ],
    "meetings": [
        {
            "code": "odd-bare",
            "name": ODD_TEXT,
            "kind": "other",
            "host": "odd",
            "time_zone": "Asia/Jayapura",
            "start_on": FIRST_DAY,
            "end_on": date(1900, 1, 5),
            "roll": "restricted",
            **UNVERIFIED,
        },
        {
            "code": "odd-full",
            "name": ODD_TEXT,
            "name_en": ODD_TEXT,
            "kind": "training",
            "host": "odd-00",
            "place": ODD_TEXT,
            "time_zone": "Asia/Jayapura",
            "start_on": FIRST_DAY,
            "end_on": date(1900, 12, 31),
            "cancelled_on": LAST_DAY,
            "election": "odd-deep",
            "audience": LONG_TEXT,
            "purpose": LONG_TEXT,
            "roll": "open",
            "places": 100_000,
            "retention_days": 36_500,
            "roll_closed_at": FIRST_INSTANT,
            "anonymised_at": LAST_INSTANT,
            "source_publisher": LONG_TEXT,
            "source_title": LONG_TEXT,
            "verified": True,
            "primary": True,
        },
    ],
    "meeting_corrections": [
        {
            "meeting": "odd-full",
            "position": 1,
            "field": ODD_TEXT,
            "printed": ODD_TEXT,
            "recorded": LONG_TEXT,
            "reason": ODD_TEXT,
        },
    ],
    "sessions": [
        {"meeting": "odd-bare", "code": "full", "position": 1, "kind": "opening", "name": ODD_TEXT, **MINIMAL_RECORD},
        {"meeting": "odd-full", "code": "bare", "position": 999, "kind": "closing", "name": ODD_TEXT, **MINIMAL_RECORD},
        {
            "meeting": "odd-full",
            "code": "full",
            "position": 1,
            "kind": "discussion",
            "name": ODD_TEXT,
            "name_en": ODD_TEXT,
            "track": 99,
            "parallel_group": ODD_TEXT,
            "starts_at": FIRST_INSTANT,
            "ends_at": datetime(1900, 12, 31, 14, 59, 59, tzinfo=UTC),
            "room": ODD_TEXT,
            "topics": [ODD_TEXT, "", LONG_TEXT],
            **FULL_RECORD,
        },
    ],
    "session_speakers": [
        {"meeting": "odd-full", "session": "full", "position": 1, "name": ODD_TEXT},
        {"meeting": "odd-full", "session": "full", "position": 2, "official": PERSON, "organization": "odd"},
        {
            "meeting": "odd-full",
            "session": "full",
            "position": 3,
            "organization": "odd-00",
            "division": "odd-2",
            "division_kind": "secretariat_unit",
            "role": LONG_TEXT,
        },
    ],
    "meeting_statements": [
        {
            "id": UUID(int=5),
            "meeting": "odd-full",
            "name": ODD_TEXT,
            "form": "spoken",
            "summary": LONG_TEXT,
            **MINIMAL_RECORD,
        },
        {
            "id": UUID(int=6),
            "meeting": "odd-full",
            "official": PERSON,
            "organization": "odd",
            "made_on": LAST_DAY,
            "form": "written",
            "summary": ODD_TEXT,
            **FULL_RECORD,
        },
    ],
    "participants": [
        {"id": UUID(int=10), "meeting": "odd-full", "name": ODD_TEXT, **MINIMAL_PARTICIPANT},
        {
            "id": UUID(int=11),
            "meeting": "odd-full",
            **MINIMAL_PARTICIPANT,
            "organization": "odd",
            "office": "secretary",
        },
        {
            "id": UUID(int=12),
            "meeting": "odd-full",
            "official": PERSON,
            "organization": "odd-00",
            "office": "chair",
            "capacity": "observer",
            "represents": UUID(int=11),
            "status": "present",
            "late": True,
            "arrived_at": FIRST_INSTANT,
            "left_at": LAST_INSTANT,
            "name_as_printed": ODD_TEXT,
            "note": LONG_TEXT,
            **FULL_RECORD,
        },
        {
            "id": UUID(int=13),
            "meeting": "odd-full",
            "name": ODD_TEXT,
            **MINIMAL_PARTICIPANT,
            "represents": UUID(int=12),
        },
        *(
            {
                "id": UUID(int=20 + n),
                "meeting": "odd-full",
                "name": ODD_TEXT,
                **MINIMAL_PARTICIPANT,
                "status": status,
                "note": ODD_TEXT,
            }
            for n, status in enumerate(
                ("represented", "excused", "sick", "on_duty_elsewhere", "on_leave", "absent", "present")
            )
        ),
    ],
    "participant_sessions": [
        {"meeting": "odd-full", "session": "full", "participant": UUID(int=number)} for number in (10, 12, 22)
    ]
    + [{"meeting": "odd-full", "session": "bare", "participant": UUID(int=12)}],
}
