"""Days and hours as an Indonesian office writes them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
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
ZONES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
TO = "\N{EN DASH}"


def span(start: date, end: date) -> str:
    """Weekdays, then dates: nothing is said twice that both days share, be it a month or a year."""
    if start == end:
        return f"{weekday(start)}, {_day(end)}"
    if (start.year, start.month) == (end.year, end.month):
        first = str(start.day)
    elif start.year == end.year:
        first = f"{start.day} {MONTHS[start.month - 1]}"
    else:
        first = _day(start)
    return f"{weekday(start)}{TO}{weekday(end)}, {first}{TO}{_day(end)}"


def weekday(day: date) -> str:
    return DAYS[day.weekday()]


def short(day: date) -> str:
    """`Senin, 13/6`: for the heading of a column, below which a year has no room."""
    return f"{weekday(day)}, {day.day}/{day.month}"


def clock(instant: datetime, zone: str) -> str:
    """`09.00`: an Indonesian clock has a dot."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%H.%M")


def hour(instant: datetime, zone: str) -> str:
    return f"{clock(instant, zone)} {ZONES.get(zone, zone)}"


def moment(instant: datetime, zone: str) -> str:
    """`13 Juni 2022, 09.00 WIB`."""
    return f"{_day(instant.astimezone(ZoneInfo(zone)))}, {hour(instant, zone)}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
