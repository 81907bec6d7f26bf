"""Build the document of a quorum from a plenary, its members and their presence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.core.datetimes import format_instant
from app.core.languages import Text
from app.core.problems import ErrorDetail
from app.quorum.presence import NO_QUORUM_PERIOD, PresenceInterval, compute_quorum_period
from app.quorum.repository import CommissionMember, Plenary
from app.quorum.rules import Rule, find_rule


def build_quorum_document(
    plenary: Plenary,
    at: datetime,
    members: Sequence[CommissionMember],
    intervals: Sequence[PresenceInterval],
    *,
    shows_presence: bool,
) -> dict[str, Any]:
    """Build a `schemas.Quorum` document: which members are present at an instant, and whether they are a quorum.

    Without `shows_presence` the document does not say which of the members were present.
    """
    # Anonymisation keeps no count of the present members, so afterwards nothing is known about the quorum.
    is_anonymised = plenary.anonymised_at is not None
    rule = find_rule(plenary.level, plenary.seats) if plenary.seats else None
    applicable_rule = None if is_anonymised else rule
    present = {interval.official for interval in intervals if interval.contains(at)}
    period = NO_QUORUM_PERIOD
    if applicable_rule:
        period = compute_quorum_period(intervals, applicable_rule.present_at_least, at)
    return {
        "meeting": {"code": plenary.code, "name": plenary.name},
        "organization": {"code": plenary.host, "name": plenary.host_name},
        "at": at,
        "seats": plenary.seats,
        "rule": rule._asdict() if rule else None,
        "members": [
            {
                "official": {"id": member.official, "name": member.name},
                "office": member.office,
                "certain": member.certain,
                "present": member.official in present if shows_presence else None,
            }
            for member in members
        ],
        "present": len(present),
        "needed": rule.present_at_least if rule else None,
        "met": len(present) >= applicable_rule.present_at_least if applicable_rule else None,
        "since": period.since,
        "first_met_at": period.first_met_at,
        "reason": "anonymised" if is_anonymised else _explain_missing_rule(rule, plenary.seats),
    }


def _explain_missing_rule(rule: Rule | None, seats: int | None) -> str | None:
    """Return the reason code for a missing quorum rule, or None if there is a rule."""
    if rule:
        return None
    return "no_rule" if seats else "seats_unknown"


def build_outside_meeting_error(begins_at: datetime, ends_at: datetime) -> ErrorDetail:
    """Build the error of a parameter `at` that is not within the days of the plenary."""
    begin, end = map(format_instant, (begins_at, ends_at))
    message = Text(
        f"Harus pada hari-hari rapat, dari {begin} sampai {end}.",
        f"Must be within the days of the meeting, from {begin} to {end}.",
    )
    return ErrorDetail("outside_meeting", message, parameter="at")
