"""The simulator's own book: what its gates have seen, and what they were answered."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

REPEATED = 200
STORED = 201


@dataclass
class Scan:
    """A scan as it was made, and what has been answered to it."""

    id: str
    badge: str
    direction: str
    session: str | None
    scanned_at: datetime
    sequence: int
    device: str
    epoch: int
    true_at: datetime
    was_online: bool
    is_verified: bool | None = None
    """What a gate without the network made of the badge by itself."""
    told: str | None = None
    unsure: bool = False
    """An attempt may have stored it, whose answer was lost."""


class Badge(NamedTuple):
    """Whose a token is; where it was revoked, between which instants by the clock of the service."""

    participant: str
    revoked_after: datetime | None = None
    revoked_by: datetime | None = None


@dataclass
class Ledger:
    """Everything that was done to a meeting. What cannot be is written down among the `differences`."""

    badges: dict[str, Badge] = field(default_factory=dict)
    seats: dict[str, list[str]] = field(default_factory=dict)
    starts: dict[str, datetime | None] = field(default_factory=dict)
    groups: dict[str, str | None] = field(default_factory=dict)
    scans: dict[str, Scan] = field(default_factory=dict)
    shifts: dict[tuple[str, int], timedelta] = field(default_factory=dict)
    """From the clock of a device to the service's, the least that was answered."""
    last_shifts: dict[tuple[str, int], timedelta] = field(default_factory=dict)
    entered: dict[str, str] = field(default_factory=dict)
    """Of each participant, the scan that was told of a first entry."""
    differences: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def differ(self, sentence: str) -> None:
        self.differences.append(sentence)

    def made(self, scan: Scan) -> None:
        self.scans[scan.id] = scan
        self.count["scans"] += 1
        self.count["online" if scan.was_online else "offline"] += 1

    def answered(self, scan: Scan, status: int, outcome: str, effective_at: datetime, *, unsure: bool) -> None:
        """An answer: the first one of a scan may say that it is stored, each after it must say the same again."""
        if scan.told is None:
            scan.told = outcome
            self._first(scan, outcome)
            if status != STORED and not (unsure or scan.unsure):
                self.differ(f"Scan {scan.id} was sent for the first time, and answered {status} as if stored before.")
        elif (status, outcome) != (REPEATED, scan.told):
            self.differ(f"Scan {scan.id} was told {scan.told} and, when sent again, {status} {outcome}.")
        self._clock(scan, effective_at)

    def _first(self, scan: Scan, outcome: str) -> None:
        badge = self.badges.get(scan.badge)
        if outcome != "first_entry":
            return
        if badge is None:
            self.differ(f"Scan {scan.id} of no badge of this meeting was told first_entry.")
        elif (other := self.entered.setdefault(badge.participant, scan.id)) != scan.id:
            self.differ(f"Participant {badge.participant} was told first_entry twice: {other} and {scan.id}.")

    def _clock(self, scan: Scan, effective_at: datetime) -> None:
        """A clock is read by the quickest post there was, so that what is told of it only ever falls."""
        key = (scan.device, scan.epoch)
        shift = effective_at - scan.scanned_at
        self.last_shifts[key] = shift
        self.shifts[key] = min(self.shifts.get(key, shift), shift)
