"""The same of elections, their stages, and meetings."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from tests.core.db.rows_of_bodies import FACT, FIRST, FULL, LAST, LONG, ODD, PERSON

BROKEN_OUT = '"}],"children":[{"x":"\\\\'
OPENS, ENDS = datetime(1900, 1, 1, 23, 59, 59, 999999, tzinfo=UTC), datetime(2199, 12, 31, 14, 59, 59, tzinfo=UTC)
RECORD = {"verified": False, "primary": False}
LISTED = {"organization": None, "office": None, **FACT}


def part(code: str, parent: str | None, position: int, **more: Any) -> dict[str, Any]:
    """A stage of the deep tree."""
    row = {"code": code, "election": "odd-deep", "parent": parent, "position": position, "kind": "activity", "round": 1}
    return {**row, "name": f"{BROKEN_OUT}{code}", **FACT, **more}


MEETINGS: dict[str, list[dict[str, Any]]] = {
    "elections": [
        {"code": "odd-bare", "name": ODD, "kind": "general", **FACT},
        {
            "code": "odd-deep",
            "name": BROKEN_OUT,
            "name_en": ODD,
            "kind": "regional_head",
            "voting_on": LAST,
            "legal_basis": LONG,
            "decided_on": FIRST,
            **FULL,
        },
    ],
    "stages": [
        part("odd-z", None, 2),
        part("odd-x", None, 10),  # after 2, though not as a text
        part("odd-w", None, 999),
        part("odd-b", "odd-z", 1),  # all beside each other, in one place
        part("odd-a", "odd-z", 1),
        part("odd-c", "odd-z", 1, name="{}[],"),
        part("odd-a1", "odd-a", 1, name="\\\\"),
        part("odd-a11", "odd-a1", 1, start_on=date(2022, 6, 14), end_on=date(2022, 6, 14)),
        part("odd-a12", "odd-a1", 2, start_on=date(2022, 6, 15), end_on=LAST),
        part(
            "odd-a2",
            "odd-a",
            2,
            name=ODD,
            name_en=ODD,
            start_on=FIRST,
            end_on=LAST,
            rule=LONG,
            round=9,
            legal_basis=LONG,
            note=LONG,
            **FULL,
        ),
        part("odd-x1", "odd-x", 1, start_on=date(2022, 6, 14)),
        part("odd-x2", "odd-x", 2, end_on=date(2022, 6, 14)),
    ],
    "meetings": [
        {
            "code": "odd-bare",
            "name": ODD,
            "kind": "other",
            "host": "odd",
            "time_zone": "Asia/Jayapura",
            "start_on": FIRST,
            "end_on": FIRST,
            "roll": "restricted",
            **RECORD,
        },
        {
            "code": "odd-full",
            "name": ODD,
            "name_en": ODD,
            "kind": "training",
            "host": "odd-00",
            "place": ODD,
            "time_zone": "Asia/Jayapura",
            "start_on": FIRST,
            "end_on": LAST,
            "cancelled_on": LAST,
            "election": "odd-deep",
            "audience": LONG,
            "purpose": LONG,
            "roll": "open",
            "places": 100_000,
            "retention_days": 36_500,
            "roll_closed_at": OPENS,
            "anonymised_at": ENDS,
            "source_publisher": LONG,
            "source_title": LONG,
            "verified": True,
            "primary": True,
        },
    ],
    "meeting_corrections": [
        {"meeting": "odd-full", "position": 1, "field": ODD, "printed": ODD, "recorded": LONG, "reason": ODD},
    ],
    "sessions": [
        {"meeting": "odd-full", "code": "bare", "position": 999, "kind": "closing", "name": ODD, **FACT},
        {
            "meeting": "odd-full",
            "code": "full",
            "position": 1,
            "kind": "discussion",
            "name": ODD,
            "name_en": ODD,
            "track": 99,
            "parallel_group": ODD,
            "starts_at": OPENS,
            "ends_at": ENDS,
            "room": ODD,
            "topics": [ODD, "", LONG],
            **FULL,
        },
    ],
    "session_speakers": [
        {"meeting": "odd-full", "session": "full", "position": 1, "name": ODD},
        {"meeting": "odd-full", "session": "full", "position": 2, "official": PERSON, "organization": "odd"},
        {
            "meeting": "odd-full",
            "session": "full",
            "position": 3,
            "organization": "odd-00",
            "division": "odd-2",
            "division_kind": "secretariat_unit",
            "role": LONG,
        },
    ],
    "meeting_statements": [
        {"id": UUID(int=5), "meeting": "odd-full", "name": ODD, "form": "spoken", "summary": LONG, **FACT},
        {
            "id": UUID(int=6),
            "meeting": "odd-full",
            "official": PERSON,
            "organization": "odd",
            "made_on": LAST,
            "form": "written",
            "summary": ODD,
            **FULL,
        },
    ],
    "participants": [
        {"id": UUID(int=10), "meeting": "odd-full", "name": ODD, **LISTED},
        {"id": UUID(int=11), "meeting": "odd-full", **LISTED, "organization": "odd", "office": "secretary"},
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
            "arrived_at": OPENS,
            "left_at": ENDS,
            "name_as_printed": ODD,
            "note": LONG,
            **FULL,
        },
        {"id": UUID(int=13), "meeting": "odd-full", "name": ODD, **LISTED, "represents": UUID(int=12)},
        *(
            {"id": UUID(int=20 + n), "meeting": "odd-full", "name": ODD, **LISTED, "status": status, "note": ODD}
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
