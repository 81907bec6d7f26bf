"""The rules of the roll, stated independently of the service: what follows from the scans in a ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.simulation.ledger import Ledger, RecordedScan


class ExpectedLine(NamedTuple):
    """The expected members of one participant on the roll."""

    status: str
    late: bool
    arrived_at: datetime | None
    left_at: datetime | None


class ExpectedRoll(NamedTuple):
    """The expected outcome of each scan (by scan id) and line of each participant (by participant id).

    `undecided`: ids of scans at the moment of a revocation, for which the outcome of the service is taken.
    """

    outcomes: dict[str, str]
    lines: dict[str, ExpectedLine]
    undecided: set[str]


NOT_ARRIVED = ExpectedLine("expected", late=False, arrived_at=None, left_at=None)


def get_effective_at(ledger: Ledger, scan: RecordedScan) -> datetime:
    """Return the time of a scan by the service's clock: the gate's time plus the least clock offset so far."""
    return scan.scanned_at + ledger.clock_offsets[scan.device, scan.epoch]


def derive_expected_roll(ledger: Ledger, listed_outcomes: Mapping[str, str]) -> ExpectedRoll:
    """Compute from the ledger the roll that the service must have after the acknowledged scans.

    `listed_outcomes` are the service's outcomes by scan id, used for the undecided scans.
    """
    outcomes: dict[str, str] = {}
    undecided: set[str] = set()
    effective_scans: dict[str, list[RecordedScan]] = {participant: [] for participant in ledger.assignments}
    for scan in ledger.scans.values():
        if scan.reported_outcome is None:
            continue
        if (outcome := _classify(ledger, scan)) is None:
            undecided.add(scan.id)
            was_revoked = listed_outcomes.get(scan.id) == "badge_revoked"
            outcome = "badge_revoked" if was_revoked else _classify_direction(scan)
        outcomes[scan.id] = outcome
        if outcome in ("entry", "exit"):
            effective_scans[ledger.badges[scan.badge].participant].append(scan)
    lines = {}
    for participant, scans in effective_scans.items():
        ordered = sorted(scans, key=lambda scan: (get_effective_at(ledger, scan), scan.id))
        entries = [scan for scan in ordered if outcomes[scan.id] == "entry"]
        outcomes |= _tell_entries_apart(ordered, outcomes)
        lines[participant] = _build_line(ledger, participant, entries[0], ordered[-1]) if entries else NOT_ARRIVED
    return ExpectedRoll(outcomes, lines, undecided)


def _tell_entries_apart(ordered: Sequence[RecordedScan], classifications: Mapping[str, str]) -> dict[str, str]:
    """Return the outcome of each entry (by scan id) of a participant, whose entries and exits are given in order.

    The first one is `first_entry`. An entry is `already_entered` if the scan before it at the same entrance is an entry
    too, else `re_entry`. All scans are of one day.
    """
    outcomes: dict[str, str] = {}
    previous: dict[str | None, str] = {}
    for scan in ordered:
        if classifications[scan.id] == "entry":
            is_inside = previous.get(scan.session) == "entry"
            outcomes[scan.id] = "first_entry" if not outcomes else "already_entered" if is_inside else "re_entry"
        previous[scan.session] = classifications[scan.id]
    return outcomes


def _classify(ledger: Ledger, scan: RecordedScan) -> str | None:
    """Return a scan's expected classification; None if unknowable, because its badge was just being revoked."""
    badge = ledger.badges.get(scan.badge)
    if badge is None:
        return "badge_unknown"
    if _is_assigned_elsewhere(ledger, scan.session, ledger.assignments[badge.participant]):
        return "not_invited"
    if badge.revoked_before and badge.revoked_after:
        if get_effective_at(ledger, scan) >= badge.revoked_before:
            return "badge_revoked"
        if get_effective_at(ledger, scan) >= badge.revoked_after:
            return None
    return _classify_direction(scan)


def _classify_direction(scan: RecordedScan) -> str:
    """Return the classification of a valid scan by its direction: `exit` for `out`, else `entry`."""
    return "exit" if scan.direction == "out" else "entry"


def _is_assigned_elsewhere(ledger: Ledger, session: str | None, assigned: list[str]) -> bool:
    """Return whether one of the `assigned` sessions of a participant is another one that runs parallel to `session`."""
    group = ledger.parallel_groups.get(session) if session else None
    return group is not None and any(code != session and ledger.parallel_groups[code] == group for code in assigned)


def _build_line(ledger: Ledger, participant: str, first: RecordedScan, last: RecordedScan) -> ExpectedLine:
    """Build the expected roll line of a participant who arrived, from the first entry and the last scan.

    A participant is late after the start of the session that the gate belongs to; at other gates, after the earliest
    start of the sessions that are for everyone or assigned to the participant.
    """
    arrived_at = get_effective_at(ledger, first)
    starts_at = ledger.session_starts.get(first.session) if first.session else None
    if starts_at is None:
        assigned = ledger.assignments[participant]
        starts = [
            start
            for code, start in ledger.session_starts.items()
            if ledger.parallel_groups[code] is None or code in assigned
        ]
        starts_at = min((start for start in starts if start), default=None)
    left_at = get_effective_at(ledger, last) if last.direction == "out" else None
    return ExpectedLine("present", starts_at is not None and arrived_at > starts_at, arrived_at, left_at)
