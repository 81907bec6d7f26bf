"""What a roll must be, by the ledger alone: the rules of the service written down a second time, in plain Python."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.simulation.ledger import Ledger, Scan


class Line(NamedTuple):
    """What the roll says of one participant."""

    status: str
    late: bool
    arrived_at: datetime | None
    left_at: datetime | None


class Verdicts(NamedTuple):
    """What each scan comes to, what the roll must say, and the scans that only the service can judge."""

    outcomes: dict[str, str]
    lines: dict[str, Line]
    undecided: set[str]


ABSENT = Line("expected", late=False, arrived_at=None, left_at=None)


def effective_at(ledger: Ledger, scan: Scan) -> datetime:
    return scan.scanned_at + ledger.shifts[scan.device, scan.epoch]


def derive(ledger: Ledger, judged: Mapping[str, str]) -> Verdicts:
    """All verdicts. `judged`: what the service says, taken of the scans that fall into the instant of a revocation."""
    outcomes: dict[str, str] = {}
    undecided: set[str] = set()
    counted: dict[str, list[Scan]] = {one: [] for one in ledger.seats}
    for scan in ledger.scans.values():
        if scan.told is None:
            continue
        if (outcome := _judge(ledger, scan)) is None:
            undecided.add(scan.id)
            was_revoked = judged.get(scan.id) == "badge_revoked"
            outcome = "badge_revoked" if was_revoked else _good(scan)
        outcomes[scan.id] = outcome
        if outcome in ("entry", "exit"):
            counted[ledger.badges[scan.badge].participant].append(scan)
    lines = {}
    for participant, scans in counted.items():
        in_order = sorted(scans, key=lambda scan: (effective_at(ledger, scan), scan.id))
        entries = [scan for scan in in_order if outcomes[scan.id] == "entry"]
        for n, scan in enumerate(entries):
            outcomes[scan.id] = "already_entered" if n else "first_entry"
        lines[participant] = _line(ledger, participant, entries[0], in_order[-1]) if entries else ABSENT
    return Verdicts(outcomes, lines, undecided)


def _judge(ledger: Ledger, scan: Scan) -> str | None:
    badge = ledger.badges.get(scan.badge)
    if badge is None:
        return "badge_unknown"
    if _sits_elsewhere(ledger, scan.session, ledger.seats[badge.participant]):
        return "not_invited"
    if badge.revoked_by and badge.revoked_after:
        if effective_at(ledger, scan) >= badge.revoked_by:
            return "badge_revoked"
        if effective_at(ledger, scan) >= badge.revoked_after:
            return None
    return _good(scan)


def _good(scan: Scan) -> str:
    return "exit" if scan.direction == "out" else "entry"


def _sits_elsewhere(ledger: Ledger, session: str | None, seats: list[str]) -> bool:
    group = ledger.groups.get(session) if session else None
    return group is not None and any(seat != session and ledger.groups[seat] == group for seat in seats)


def _line(ledger: Ledger, participant: str, first: Scan, last: Scan) -> Line:
    arrived = effective_at(ledger, first)
    begins = ledger.starts.get(first.session) if first.session else None
    if begins is None:
        seats = ledger.seats[participant]
        mine = [start for code, start in ledger.starts.items() if ledger.groups[code] is None or code in seats]
        begins = min((start for start in mine if start), default=None)
    left = effective_at(ledger, last) if last.direction == "out" else None
    return Line("present", begins is not None and arrived > begins, arrived, left)
