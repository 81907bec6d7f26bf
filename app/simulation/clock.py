"""Clocks of a simulated meeting: the correct one, and those of gates, which have an offset and sometimes jump."""

import time
from datetime import UTC, datetime, timedelta


class ReferenceClock:
    """The correct time: the system clock read once, then advanced by the monotonic clock.

    It runs evenly even if the system clock is set meanwhile.
    """

    def __init__(self) -> None:
        self._started_at = datetime.now(UTC)
        self._monotonic_start = time.monotonic()

    def now(self) -> datetime:
        """Return the correct time of the simulation in UTC, from which the gates' clocks deviate."""
        return self._started_at + timedelta(seconds=time.monotonic() - self._monotonic_start)


class GateClock:
    """The clock of a gate, with one skew for each epoch.

    A gate knows how far its clock has jumped, from a monotonic counter. So it can also tell the time of former epochs.
    """

    def __init__(self, reference: ReferenceClock, skews: list[timedelta]) -> None:
        self.reference = reference
        self.skews = skews
        self.epoch = 0

    def jump(self) -> None:
        """Begin the gate clock's next epoch, in which it has another error, as after somebody sets the clock."""
        self.epoch += 1

    def read(self, epoch: int) -> datetime:
        """Return the time that the gate's clock shows now with the error that it has in this epoch."""
        return self.reference.now() + self.skews[epoch]
