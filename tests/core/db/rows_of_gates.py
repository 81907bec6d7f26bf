"""The same of a list with its letters, of badges, what gates have seen of them, and corrections of a roll."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.core.db.rows_of_bodies import FACT, LAST, LONG, ODD
from tests.core.db.rows_of_meetings import ENDS, LISTED, OPENS
from tests.core.db.rows_of_trail import FRACTION, HASH

MEETING, SEEN = "odd-bare", UUID(int=40)
LIVE, REVOKED, TAKEN_OFF = UUID(int=42), UUID(int=43), UUID(int=53)
DEVICE = ODD[:100]
MOST = 2**31 - 1


def scan(n: int, told: str, badge: UUID | None, **more: Any) -> dict[str, Any]:
    """What the one device has seen, a second after what it saw before."""
    row = {"meeting": MEETING, "id": UUID(int=n), "digest": HASH, "device_id": DEVICE, "clock_epoch": MOST}
    row |= {"badge": badge, "direction": "in", "scanned_at": OPENS + timedelta(seconds=n), "sent_at": FRACTION}
    return {**row, "received_at": FRACTION, "after_closing": False, "reported_outcome": told, "client": LONG, **more}


GATES: dict[str, list[dict[str, Any]]] = {
    "participants": [
        {
            "id": SEEN,
            "meeting": MEETING,
            "name": ODD,
            **LISTED,
            "status": "sick",
            "status_reason": LONG,
            "letter_number": ODD,
            "letter_dated_on": LAST,
        },
        {"id": UUID(int=41), "meeting": MEETING, **FACT, "organization": "odd", "letter_number": ODD},
        {
            "id": UUID(int=39),
            "meeting": MEETING,
            "name": ODD,
            **LISTED,
            "represents": UUID(int=41),
            "capacity": "guest",
        },
        {"id": UUID(int=38), "meeting": MEETING, "name": ODD, **LISTED, "represents": UUID(int=39)},
    ],
    "badges": [
        {"id": REVOKED, "meeting": MEETING, "participant": SEEN, "digest": HASH[::-1], "revoked_at": OPENS},
        {"id": LIVE, "meeting": MEETING, "participant": SEEN, "digest": HASH},
        {"id": TAKEN_OFF, "meeting": MEETING, "participant": UUID(int=54), "digest": HASH[1:] + HASH[:1]},
    ],
    "device_clocks": [{"meeting": MEETING, "device_id": DEVICE, "clock_epoch": MOST, "shift": -1}],
    "scans": [
        scan(44, "first_entry", LIVE),
        scan(45, "already_entered", LIVE, session=ODD, sequence=2**53 - 1),
        scan(46, "exit", LIVE, direction="out", session=ODD),
        scan(47, "badge_revoked", REVOKED),
        scan(55, "not_invited", TAKEN_OFF),
        scan(48, "meeting_closed", LIVE, after_closing=True),
        scan(49, "badge_unknown", None, badge_text=LONG, scanned_at=ENDS),
        scan(
            50, "already_entered", LIVE, annulled_at=FRACTION, annulled_by=ODD, annulment_reason=LONG, request_id=LONG
        ),
    ],
    "roll_corrections": [
        {
            "id": UUID(int=51),
            "meeting": MEETING,
            "participant": SEEN,
            "status": "sick",
            "reason": LONG[:5000],
            "requested_by": ODD,
        },
        {
            "id": UUID(int=52),
            "meeting": MEETING,
            "scan": UUID(int=44),
            "reason": ODD,
            "requested_by": ODD,
            "requested_at": FRACTION,
            "confirmed_by": LONG,
            "confirmed_at": FRACTION,
        },
    ],
}
