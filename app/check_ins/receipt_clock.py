"""The clock that states when a submission was received."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass
class ReceiptClock:
    """One per worker. Without `now`, a submission was received at the database's time, minus its wait in the worker.

    The database's clock is one for all workers, so a worker whose clock is wrong does not falsify the times of scans.
    Tests set `now`.
    """

    now: Callable[[], datetime] | None = None

    def read(self) -> datetime | None:
        """Return the time that a test has set; None: the database's time counts."""
        return self.now() if self.now else None
