"""The clock that states when a submission was received."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _current_time() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@dataclass
class ReceiptClock:
    """One per worker. Tests replace `now`."""

    now: Callable[[], datetime] = _current_time
