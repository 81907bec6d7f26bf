"""Comparison of the stored scans, the roll and the summary with the ledger."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.simulation import rules
from app.simulation.http_client import Json
from app.simulation.ledger import Ledger
from app.simulation.organizer import Organizer


async def compare_with_service(ledger: Ledger, organizer: Organizer) -> rules.ExpectedRoll:
    """Fetch scans, roll and summary from the service, add differences to the ledger, return the expected roll."""
    scans = await organizer.fetch_all_items("check-ins")
    expected_roll = rules.derive_expected_roll(ledger, {scan["scan_id"]: scan["outcome"] for scan in scans})
    compare_scans(ledger, expected_roll, scans)
    compare_roll(ledger, expected_roll, await organizer.fetch_all_items("attendance"))
    compare_summary(ledger, expected_roll, await organizer.fetch_document("attendance/summary"))
    return expected_roll


def compare_scans(ledger: Ledger, expected_roll: rules.ExpectedRoll, listed: Sequence[Json]) -> None:
    """Add to the ledger each difference between the scans that the gates made and those that the service lists."""
    occurrences = Counter(item["scan_id"] for item in listed)
    for scan_id, scan in ledger.scans.items():
        if scan.reported_outcome is None:
            ledger.add_difference(f"Scan {scan_id} was never acknowledged.")
        elif not occurrences[scan_id]:
            ledger.add_difference(f"Scan {scan_id} was acknowledged but is not listed.")
    for scan_id, count in occurrences.items():
        if scan_id not in ledger.scans:
            ledger.add_difference(f"Scan {scan_id} is listed, but no gate made it.")
        elif count > 1:
            ledger.add_difference(f"Scan {scan_id} is listed {count} times.")
    for item in listed:
        recorded = ledger.scans.get(item["scan_id"])
        if recorded is None or recorded.reported_outcome is None:
            continue
        badge = ledger.badges.get(recorded.badge)
        if recorded.accepted_offline is not None and recorded.accepted_offline != (badge is not None):
            decision = "accepted" if recorded.accepted_offline else "rejected"
            ledger.add_difference(f"Scan {recorded.id}: its gate {decision} the badge while offline.")
        expected = {
            "participant": badge.participant if badge else None,
            "outcome": expected_roll.outcomes[recorded.id],
            "reported_outcome": recorded.reported_outcome,
            "direction": recorded.direction,
            "session": recorded.session,
            "scanned_at": recorded.scanned_at,
            "effective_at": rules.get_effective_at(ledger, recorded),
            "device_id": recorded.device,
            "clock_epoch": recorded.epoch,
            "sequence": recorded.sequence,
            "badge_text": None if badge else recorded.badge,
        }
        participant = item["participant"] and item["participant"]["id"]
        _compare_members(ledger, f"Scan {recorded.id}", expected, {**item, "participant": participant})


def compare_roll(ledger: Ledger, expected_roll: rules.ExpectedRoll, listed: Sequence[Json]) -> None:
    """Add to the ledger each difference between the expected roll and the roll that the service lists."""
    occurrences = Counter(item["id"] for item in listed)
    for participant in expected_roll.lines.keys() | occurrences.keys():
        if occurrences[participant] != 1 or participant not in expected_roll.lines:
            ledger.add_difference(f"Participant {participant} is on the roll {occurrences[participant]} times.")
    for item in listed:
        if line := expected_roll.lines.get(item["id"]):
            _compare_members(ledger, f"Participant {item['id']}", line._asdict(), item)


def compare_summary(ledger: Ledger, expected_roll: rules.ExpectedRoll, summary: Json) -> None:
    """Add to the ledger a difference for each count of the summary that is not that of the expected roll."""
    lines = expected_roll.lines.values()
    expected = {
        "invited": len(lines),
        "expected": sum(line.status == "expected" for line in lines),
        "present": sum(line.status == "present" for line in lines),
        "late": sum(line.late for line in lines),
    }
    _compare_members(ledger, "The summary", expected, summary)


def _compare_members(ledger: Ledger, subject: str, expected: Mapping[str, Any], document: Json) -> None:
    """Add to the ledger a difference for each member of a document that is not as expected."""
    for name, value in expected.items():
        actual = document[name]
        if isinstance(actual, str) and (isinstance(value, datetime) or name in ("arrived_at", "left_at")):
            actual = datetime.fromisoformat(actual)
        if actual != value:
            ledger.add_difference(f"{subject}: {name} is {actual}, but should be {value}.")
