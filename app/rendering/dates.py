"""Format dates and times as Indonesian offices write them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
ZONE_ABBREVIATIONS = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
RANGE_DASH = "\N{EN DASH}"


def format_date_range(start: date, end: date) -> str:
    """Format a range of days in Indonesian, a month or year they share only once (`Senin–Rabu, 13–15 Juni 2022`)."""  # noqa: RUF002
    if start == end:
        return f"{format_weekday(start)}, {_format_date(end)}"
    if (start.year, start.month) == (end.year, end.month):
        first = str(start.day)
    elif start.year == end.year:
        first = f"{start.day} {MONTHS[start.month - 1]}"
    else:
        first = _format_date(start)
    return f"{format_weekday(start)}{RANGE_DASH}{format_weekday(end)}, {first}{RANGE_DASH}{_format_date(end)}"


def format_weekday(day: date) -> str:
    """Return the Indonesian name of the weekday of a date (`Senin`)."""
    return WEEKDAYS[day.weekday()]


def format_short_day(day: date) -> str:
    """Format a date in Indonesian without its year, for a narrow column (`Senin, 13/6`)."""
    return f"{format_weekday(day)}, {day.day}/{day.month}"


def format_time(instant: datetime, zone: str) -> str:
    """Format the time of day that an instant has in the time zone `zone`, with a dot (`09.00`)."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H.%M")


def is_past_midnight(instant: datetime, day: date, zone: str) -> bool:
    """Return whether an instant lies after the end of the date `day` in the time zone `zone`."""
    return instant.astimezone(ZoneInfo(zone)).date() > day


def format_time_of_day(instant: datetime, day: date, zone: str, separator: str = ".") -> str:
    """Format the time of an instant that belongs to the meeting's day `day` (`09.00`); past midnight as `24.30`."""
    time_of_day = measure_time_of_day(instant, day, zone)
    minutes = int(time_of_day.total_seconds() // 60)
    return f"{minutes // 60:02}{separator}{minutes % 60:02}"


def measure_time_of_day(instant: datetime, day: date, zone: str) -> timedelta:
    """Return the time since midnight of the meeting's day `day` by the clocks of the time zone `zone`.

    It is 24 hours or more for an instant past midnight, and without the days for one of the evening before.
    """
    local = instant.astimezone(ZoneInfo(zone))
    return timedelta(days=max(0, (local.date() - day).days), hours=local.hour, minutes=local.minute)


def format_time_with_zone(instant: datetime, zone: str) -> str:
    """Format the time of day that an instant has in the time zone `zone`, and name that zone (`09.00 WIB`)."""
    return f"{format_time(instant, zone)} {ZONE_ABBREVIATIONS.get(zone, zone)}"


def format_instant(instant: datetime, zone: str) -> str:
    """Format an instant's date and time in the time zone `zone`, in Indonesian (`13 Juni 2022, 09.00 WIB`)."""
    return f"{_format_date(instant.astimezone(ZoneInfo(zone)))}, {format_time_with_zone(instant, zone)}"


def _format_date(day: date) -> str:
    """Format a date in Indonesian (`13 Juni 2022`)."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
