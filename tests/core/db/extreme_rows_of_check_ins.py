"""Extreme rows of participants with letters, of badges and their scans, and of corrections of a roll."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.core.db.extreme_rows_of_audit import HASH, INSTANT
from tests.core.db.extreme_rows_of_meetings import FIRST_INSTANT, LAST_INSTANT, MINIMAL_PARTICIPANT
from tests.core.db.extreme_rows_of_organizations import LAST_DAY, LONG_TEXT, MINIMAL_RECORD, ODD_TEXT

MEETING_CODE, SCANNED_PARTICIPANT = "odd-bare", UUID(int=40)
CLOSED_MEETING = "odd-full"
VALID_BADGE, REVOKED_BADGE, BADGE_OF_DELETED = UUID(int=42), UUID(int=43), UUID(int=53)
DEVICE_ID = ODD_TEXT[:100]
MAX_CLOCK_EPOCH = 2**31 - 1


def scan_row(number: int, reported_outcome: str, badge: UUID | None, **columns: Any) -> dict[str, Any]:
    """Return a row of a scan by the one device, `number` seconds after the first instant."""
    row = {
        "meeting": MEETING_CODE,
        "id": UUID(int=number),
        "digest": HASH,
        "device_id": DEVICE_ID,
        "clock_epoch": MAX_CLOCK_EPOCH,
    }
    row |= {
        "badge": badge,
        "direction": "in",
        "scanned_at": FIRST_INSTANT + timedelta(seconds=number),
        "sent_at": INSTANT,
    }
    return {
        **row,
        "received_at": INSTANT,
        "period": 0,
        "reported_outcome": reported_outcome,
        "client": LONG_TEXT,
        **columns,
    }


ROWS: dict[str, list[dict[str, Any]]] = {
    "participants": [
        {
            "id": SCANNED_PARTICIPANT,
            "meeting": MEETING_CODE,
            "name": ODD_TEXT,
            **MINIMAL_PARTICIPANT,
            "status": "sick",
            "status_reason": LONG_TEXT,
            "letter_number": ODD_TEXT,
            "letter_dated_on": LAST_DAY,
        },
        {
            "id": UUID(int=41),
            "meeting": MEETING_CODE,
            **MINIMAL_RECORD,
            "organization": "odd",
            "letter_number": ODD_TEXT,
        },
        {
            "id": UUID(int=39),
            "meeting": MEETING_CODE,
            "name": ODD_TEXT,
            **MINIMAL_PARTICIPANT,
            "represents": UUID(int=41),
            "capacity": "guest",
        },
        {
            "id": UUID(int=38),
            "meeting": MEETING_CODE,
            "name": ODD_TEXT,
            **MINIMAL_PARTICIPANT,
            "represents": UUID(int=39),
        },
    ],
    "badges": [
        {
            "id": REVOKED_BADGE,
            "meeting": MEETING_CODE,
            "participant": SCANNED_PARTICIPANT,
            "digest": HASH[::-1],
            "revoked_at": FIRST_INSTANT,
        },
        {"id": VALID_BADGE, "meeting": MEETING_CODE, "participant": SCANNED_PARTICIPANT, "digest": HASH},
        {"id": BADGE_OF_DELETED, "meeting": MEETING_CODE, "participant": UUID(int=54), "digest": HASH[1:] + HASH[:1]},
    ],
    "devices": [
        {"meeting": meeting, "device_id": DEVICE_ID, "client": LONG_TEXT} for meeting in (MEETING_CODE, CLOSED_MEETING)
    ],
    "device_resets": [
        {
            "meeting": MEETING_CODE,
            "device_id": DEVICE_ID,
            "reset_at": INSTANT,
            "reset_by": ODD_TEXT,
            "former_client": LONG_TEXT,
            "reason": LONG_TEXT,
            "legal_basis": ODD_TEXT,
        }
    ],
    "device_clocks": [
        {
            "meeting": meeting,
            "device_id": DEVICE_ID,
            "clock_epoch": MAX_CLOCK_EPOCH,
            "period": 0,
            "first_shift": 0,
            "shift": -1,
        }
        for meeting in (MEETING_CODE, CLOSED_MEETING)
    ],
    "clock_readings": [
        {
            "meeting": MEETING_CODE,
            "device_id": DEVICE_ID,
            "clock_epoch": MAX_CLOCK_EPOCH,
            "shift": -1,
            "received_at": INSTANT,
            "period": 0,
        }
    ],
    "scans": [
        scan_row(44, "first_entry", VALID_BADGE),
        scan_row(45, "re_entry", VALID_BADGE, session="full", sequence=2**53 - 1),
        scan_row(46, "exit", VALID_BADGE, direction="out", session="full"),
        scan_row(56, "already_entered", VALID_BADGE),
        scan_row(57, "another_day", VALID_BADGE, scanned_at=FIRST_INSTANT + timedelta(days=2)),
        scan_row(58, "outside_meeting", VALID_BADGE, scanned_at=INSTANT),
        scan_row(59, "session_unknown", VALID_BADGE, session=ODD_TEXT),
        scan_row(60, "clock_implausible", VALID_BADGE, scanned_at=LAST_INSTANT),
        scan_row(
            61,
            "late_upload",
            VALID_BADGE,
            meeting=CLOSED_MEETING,
            scanned_at=FIRST_INSTANT - timedelta(seconds=1),
            roll_closed_at=FIRST_INSTANT,
        ),
        scan_row(47, "badge_revoked", REVOKED_BADGE),
        scan_row(55, "not_invited", BADGE_OF_DELETED),
        scan_row(48, "meeting_closed", VALID_BADGE, meeting=CLOSED_MEETING, roll_closed_at=FIRST_INSTANT),
        scan_row(49, "badge_unknown", None, badge_text=LONG_TEXT, scanned_at=LAST_INSTANT),
        scan_row(
            50,
            "already_entered",
            VALID_BADGE,
            annulled_at=INSTANT,
            annulled_by=ODD_TEXT,
            annulment_reason=LONG_TEXT,
            request_id=LONG_TEXT,
        ),
    ],
    "roll_corrections": [
        {
            "id": UUID(int=51),
            "meeting": MEETING_CODE,
            "kind": "status",
            "participant": SCANNED_PARTICIPANT,
            "status": "sick",
            "reason": LONG_TEXT[:5000],
            "requested_by": ODD_TEXT,
        },
        {
            "id": UUID(int=52),
            "meeting": MEETING_CODE,
            "kind": "scan",
            "scan": UUID(int=44),
            "reason": ODD_TEXT,
            "requested_by": ODD_TEXT,
            "requested_at": INSTANT,
            "confirmed_by": LONG_TEXT,
            "confirmed_at": INSTANT,
        },
    ],
}
