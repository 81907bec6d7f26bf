"""What the service tells in the end, held against the ledger, scan by scan and line by line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.simulation import rules
from app.simulation.http_client import Json
from app.simulation.ledger import Ledger
from app.simulation.organizer import Organizer


async def compare(ledger: Ledger, organizer: Organizer) -> rules.Verdicts:
    """Read all that was stored, and add to the ledger's differences."""
    listed = await organizer.all_pages("check-ins")
    verdicts = rules.derive(ledger, {one["scan_id"]: one["outcome"] for one in listed})
    compare_scans(ledger, verdicts, listed)
    compare_roll(ledger, verdicts, await organizer.all_pages("attendance"))
    compare_summary(ledger, verdicts, await organizer.one("attendance/summary"))
    return verdicts


def compare_scans(ledger: Ledger, verdicts: rules.Verdicts, listed: Sequence[Json]) -> None:
    """Each scan that was acknowledged is there once, with both its clocks, what was told and what it comes to."""
    times = Counter(one["scan_id"] for one in listed)
    for id_, made in ledger.scans.items():
        if made.told is None:
            ledger.differ(f"Scan {id_} was never acknowledged.")
        elif not times[id_]:
            ledger.differ(f"Scan {id_} was acknowledged, and is lost.")
    for id_, often in times.items():
        if id_ not in ledger.scans:
            ledger.differ(f"Scan {id_} is on the list, and no gate has made it.")
        elif often > 1:
            ledger.differ(f"Scan {id_} is on the list {often} times.")
    for one in listed:
        scan = ledger.scans.get(one["scan_id"])
        if scan is None or scan.told is None:
            continue
        badge = ledger.badges.get(scan.badge)
        if scan.is_verified is not None and scan.is_verified != (badge is not None):
            ledger.differ(f"Scan {scan.id}: its gate took the badge for {'good' if scan.is_verified else 'no badge'}.")
        expected = {
            "participant": badge.participant if badge else None,
            "outcome": verdicts.outcomes[scan.id],
            "told": scan.told,
            "direction": scan.direction,
            "session": scan.session,
            "scanned_at": scan.scanned_at,
            "effective_at": rules.effective_at(ledger, scan),
            "device_id": scan.device,
            "clock_epoch": scan.epoch,
            "sequence": scan.sequence,
            "badge_text": None if badge else scan.badge,
        }
        whose = one["participant"] and one["participant"]["id"]
        _hold(ledger, f"Scan {scan.id}", expected, {**one, "participant": whose})


def compare_roll(ledger: Ledger, verdicts: rules.Verdicts, listed: Sequence[Json]) -> None:
    """Everybody who was asked is on the roll once, and came when the scans say."""
    on_roll = Counter(one["id"] for one in listed)
    for id_ in verdicts.lines.keys() | on_roll.keys():
        if on_roll[id_] != 1 or id_ not in verdicts.lines:
            ledger.differ(f"Participant {id_} is on the roll {on_roll[id_]} times.")
    for one in listed:
        if line := verdicts.lines.get(one["id"]):
            _hold(ledger, f"Participant {one['id']}", line._asdict(), one)


def compare_summary(ledger: Ledger, verdicts: rules.Verdicts, summary: Json) -> None:
    """The numbers are those of the roll."""
    lines = verdicts.lines.values()
    expected = {
        "invited": len(lines),
        "expected": sum(line.status == "expected" for line in lines),
        "present": sum(line.status == "present" for line in lines),
        "late": sum(line.late for line in lines),
    }
    _hold(ledger, "The summary", expected, summary)


def _hold(ledger: Ledger, what: str, expected: Mapping[str, Any], given: Json) -> None:
    for name, value in expected.items():
        found = given[name]
        if isinstance(found, str) and (isinstance(value, datetime) or name in ("arrived_at", "left_at")):
            found = datetime.fromisoformat(found)
        if found != value:
            ledger.differ(f"{what}: {name} is {found}, and must be {value}.")
