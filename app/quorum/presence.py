"""Compute from the presence of a commission's members when a quorum was reached."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID


class PresenceInterval(NamedTuple):
    """A time during which a member was present, up to but not including `left_at` (None: still present).

    `entered_at` is None for a member who is a participant of the meeting and was never present.
    """

    participant: UUID
    official: UUID
    entered_at: datetime | None
    left_at: datetime | None

    def contains(self, at: datetime) -> bool:
        """Return whether the member was present at an instant: from entering up to, but not at, the time of leaving."""
        return self.entered_at is not None and self.entered_at <= at and (self.left_at is None or at < self.left_at)


class QuorumPeriod(NamedTuple):
    """The instant since which a quorum has been present without a break, and the instant at which one first was.

    `since` is None if there is no quorum, `first_met_at` if there never was one.
    """

    since: datetime | None
    first_met_at: datetime | None


NO_QUORUM_PERIOD = QuorumPeriod(None, None)


def compute_quorum_period(intervals: Sequence[PresenceInterval], needed: int, at: datetime) -> QuorumPeriod:
    """Return when the quorum (`needed` members) that lasts at an instant began, and when the first quorum began.

    Each is None if there is none. All entries and exits at one instant count as one change, so a member who leaves and
    enters at the same instant is present without a break. A member who takes part in several capacities counts once.
    """
    changes: Counter[datetime] = Counter()
    for entered_at, left_at in _list_presences(intervals):
        changes[entered_at] += 1
        if left_at is not None:
            changes[left_at] -= 1
    instants = sorted(instant for instant in changes if instant <= at)
    since: datetime | None = None
    first_met_at: datetime | None = None
    for instant, present in zip(instants, accumulate(changes[instant] for instant in instants), strict=True):
        if present < needed:
            since = None
        elif since is None:
            since = instant
            first_met_at = first_met_at or instant
    return QuorumPeriod(since, first_met_at)


def _list_presences(intervals: Sequence[PresenceInterval]) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield when each official was present, from entering to leaving, as times that do not overlap."""
    by_official: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    for interval in intervals:
        if interval.entered_at is not None:
            by_official.setdefault(interval.official, []).append((interval.entered_at, interval.left_at))
    for presences in by_official.values():
        (current_start, current_end), *others = sorted(presences, key=itemgetter(0))
        for entered_at, left_at in others:
            if current_end is not None and entered_at > current_end:
                yield current_start, current_end
                current_start, current_end = entered_at, left_at
            elif current_end is not None:
                current_end = None if left_at is None else max(current_end, left_at)
        yield current_start, current_end
