"""Format dates and times as Indonesian offices write them."""

from datetime import date, datetime
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


def format_time_with_zone(instant: datetime, zone: str) -> str:
    """Format the time of day that an instant has in the time zone `zone`, and name that zone (`09.00 WIB`)."""
    return f"{format_time(instant, zone)} {ZONE_ABBREVIATIONS.get(zone, zone)}"


def format_instant(instant: datetime, zone: str) -> str:
    """Format an instant's date and time in the time zone `zone`, in Indonesian (`13 Juni 2022, 09.00 WIB`)."""
    return f"{_format_date(instant.astimezone(ZoneInfo(zone)))}, {format_time_with_zone(instant, zone)}"


def _format_date(day: date) -> str:
    """Format a date in Indonesian (`13 Juni 2022`)."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
