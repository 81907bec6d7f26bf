"""The current date in the time zone of the installation, not of the machine or UTC."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years of all dates and instants that the service accepts."""


class LocalDay(NamedTuple):
    """Today's date, and the seconds until it ends: a response about today is invalid afterwards."""

    day: date
    seconds_left: int
    zone: tzinfo = UTC

    def resolve_as_of(self, as_of: date | None) -> tuple[date, int | None]:
        """Return (as_of, None), or (today, seconds until midnight) if `as_of` is None."""
        return (as_of, None) if as_of else (self.day, self.seconds_left)

    def resolve_known_at(self, known_at: datetime | None) -> tuple[date, int | None]:
        """Return (date of `known_at` in this time zone, None), or (today, seconds until midnight) if it is None."""
        return (self.day, self.seconds_left) if known_at is None else (known_at.astimezone(self.zone).date(), None)

    def date_of(self, instant: datetime | None) -> date | None:
        """Return the date of an instant in the time zone of this object; None if the instant is None."""
        return instant.astimezone(self.zone).date() if instant else None


def current_day(zone: tzinfo) -> LocalDay:
    """Return today's date in a time zone, with the seconds until midnight."""
    now = datetime.now(zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), zone)
    # From timestamps, because a day on which the zone changes its offset does not have 24 hours.
    return LocalDay(now.date(), int(midnight.timestamp() - now.timestamp()), zone)
