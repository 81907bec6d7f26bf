"""The simulator's ledger: the scans that its gates made, and the results that the service returned."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

STATUS_REPEATED = 200
STATUS_STORED = 201


@dataclass
class RecordedScan:
    """A scan that a gate made, and the outcome that the service reported for it."""

    id: str
    badge: str
    direction: str
    session: str | None
    scanned_at: datetime
    """By the clock of the gate."""
    sequence: int
    device: str
    epoch: int
    true_at: datetime
    """By the reference clock."""
    was_online: bool
    accepted_offline: bool | None = None
    """The decision of a gate without a network; None if it was online."""
    reported_outcome: str | None = None
    """None until the service has acknowledged the scan."""
    is_ambiguous: bool = False
    """True if a request may have stored the scan although its response was lost."""


class Badge(NamedTuple):
    """The participant of a token; for a revoked one, the interval of the revocation by the service's clock."""

    participant: str
    revoked_after: datetime | None = None
    revoked_before: datetime | None = None


@dataclass
class Ledger:
    """All actions on a simulated meeting, and the contradictions found (`differences`)."""

    badges: dict[str, Badge] = field(default_factory=dict)
    """By token."""
    assignments: dict[str, list[str]] = field(default_factory=dict)
    """By participant id, the codes of the assigned sessions."""
    session_starts: dict[str, datetime | None] = field(default_factory=dict)
    parallel_groups: dict[str, str | None] = field(default_factory=dict)
    """By session code, the group of sessions that run in parallel."""
    scans: dict[str, RecordedScan] = field(default_factory=dict)
    """By scan id."""
    clock_offsets: dict[tuple[str, int], timedelta] = field(default_factory=dict)
    """By device and epoch, the least offset to the service's clock in any result so far."""
    last_clock_offsets: dict[tuple[str, int], timedelta] = field(default_factory=dict)
    """By device and epoch, the offset in the last result."""
    first_entries: dict[str, str] = field(default_factory=dict)
    """By participant id, the scan that was reported as the first entry."""
    differences: list[str] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    """Of single check-ins, in seconds."""

    def add_difference(self, sentence: str) -> None:
        """Add to the ledger a sentence about a difference between the expected and the actual result."""
        self.differences.append(sentence)

    def add_scan(self, scan: RecordedScan) -> None:
        """Add a scan that a gate made to the ledger, and count it as made online or offline."""
        self.scans[scan.id] = scan
        self.counters["scans"] += 1
        self.counters["online" if scan.was_online else "offline"] += 1

    def record_result(
        self, scan: RecordedScan, status: int, outcome: str, effective_at: datetime, *, is_ambiguous: bool
    ) -> None:
        """Store a result of a scan and its clock offset; add a difference if it contradicts an earlier result.

        `is_ambiguous`: an earlier attempt of the same request may have stored the scan.
        """
        if scan.reported_outcome is None:
            scan.reported_outcome = outcome
            self._record_first_entry(scan, outcome)
            if status != STATUS_STORED and not (is_ambiguous or scan.is_ambiguous):
                self.add_difference(f"Scan {scan.id} was sent for the first time, but the result has status {status}.")
        elif (status, outcome) != (STATUS_REPEATED, scan.reported_outcome):
            self.add_difference(
                f"Scan {scan.id} was reported as {scan.reported_outcome} and, when repeated, as {status} {outcome}."
            )
        self._record_clock_offset(scan, effective_at)

    def _record_first_entry(self, scan: RecordedScan, outcome: str) -> None:
        """If a scan was reported as a first entry, store that; a second one of a participant adds a difference."""
        badge = self.badges.get(scan.badge)
        if outcome != "first_entry":
            return
        if badge is None:
            self.add_difference(f"Scan {scan.id} of an unknown badge was reported as first_entry.")
        elif (other := self.first_entries.setdefault(badge.participant, scan.id)) != scan.id:
            self.add_difference(
                f"Participant {badge.participant} has two scans reported as first_entry: {other} and {scan.id}."
            )

    def _record_clock_offset(self, scan: RecordedScan, effective_at: datetime) -> None:
        """Store the gate's clock offset that a result implies, and the least one so far, which the service uses."""
        key = (scan.device, scan.epoch)
        offset = effective_at - scan.scanned_at
        self.last_clock_offsets[key] = offset
        self.clock_offsets[key] = min(self.clock_offsets.get(key, offset), offset)
