"""Which day it is: a date of the zone that the service speaks for, never of the machine or of UTC."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years that the service speaks of."""


class LocalDay(NamedTuple):
    """A day, and how long it still lasts: an answer about "today" is worth nothing afterwards."""

    day: date
    seconds_left: int
    zone: tzinfo = UTC

    def resolve_as_of(self, as_of: date | None) -> tuple[date, int | None]:
        """The day that was asked for, which is true for ever, or this one and how long it lasts."""
        return (as_of, None) if as_of else (self.day, self.seconds_left)

    def date_of(self, instant: datetime | None) -> date | None:
        """Which day it was at an instant."""
        return instant.astimezone(self.zone).date() if instant else None

    def resolve_known_at(self, instant: datetime | None) -> tuple[date, int | None]:
        """The day and how long it lasts; of an instant, the day that it was, for ever."""
        return (self.day, self.seconds_left) if instant is None else (instant.astimezone(self.zone).date(), None)


def current_day(zone: tzinfo) -> LocalDay:
    now = datetime.now(zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), zone)
    # By the clock of the world, not of the wall: a day on which the zone changes its offset has other than 24 hours.
    return LocalDay(now.date(), int(midnight.timestamp() - now.timestamp()), zone)
