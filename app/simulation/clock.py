"""The clocks of a meeting: the true one, and those of the gates, which are wrong and sometimes jump."""

import time
from datetime import UTC, datetime, timedelta


class TrueClock:
    """The time of day, taken once and then counted on, so that it runs evenly whatever is done to the machine's."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._counted = time.monotonic()

    def now(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._counted)


class GateClock:
    """A clock that is off by so much in each epoch. What it would show in a former epoch can still be told.

    A device has a counter that runs evenly beside its clock: so it knows by how much that has jumped.
    """

    def __init__(self, true: TrueClock, skews: list[timedelta]) -> None:
        self.true = true
        self.skews = skews
        self.epoch = 0

    def jump(self) -> None:
        self.epoch += 1

    def shows(self, epoch: int) -> datetime:
        return self.true.now() + self.skews[epoch]
