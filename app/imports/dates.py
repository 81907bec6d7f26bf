"""Dates as people write them: 2022-06-13, 13/06/2022, 13 Juni 2022, 13-Jun-22, with months in Indonesian or English."""

import re
from typing import NamedTuple

from app.core.languages import Text

MONTHS = (
    *(("januari", "january"), ("februari", "february", "pebruari"), ("maret", "march"), ("april",), ("mei", "may")),
    *(("juni", "june"), ("juli", "july"), ("agustus", "august", "agt", "ags"), ("september", "sept")),
    *(("oktober", "october"), ("november", "nopember"), ("desember", "december")),
)
MONTH_NUMBERS = {
    form: number for number, names in enumerate(MONTHS, 1) for name in names for form in (name, name[:3], name[:4])
}
FIRST_YEAR_OF_TWO_DIGITS = 1930  # as Excel reads a year of two digits: 30 is 1930, 29 is 2029
MIDNIGHT = r"(?:[T ]0?0[:.]00(?:[:.]00(?:\.0+)?)?)?"
YEAR_FIRST = re.compile(rf"([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}}){MIDNIGHT}")
YEAR_LAST = re.compile(rf"([0-9]{{1,2}})([-/.])([0-9]{{1,2}})\2([0-9]{{4}}){MIDNIGHT}")
DAY_MONTH_YEAR = re.compile(r"(?:[^\W\d_]+'?[^\W\d_]*, *)?([0-9]{1,2})[ .-]+([^\W\d_]+)\.?[ -]+([0-9]{4}|[0-9]{2})")
MONTH_DAY_YEAR = re.compile(r"([^\W\d_]+)\.? +([0-9]{1,2}),? +([0-9]{4})")
MONTH_YEAR = re.compile(r"([^\W\d_]+)\.?[ -]+([0-9]{4})")
NUMBER_YEAR = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})")
YEAR = re.compile(r"[0-9]{4}(-[0-9]{2})?")
DATE_FORMS = Text(
    "Tulis tanggal seperti 2022-06-13, 13/06/2022 atau 13 Juni 2022, tahun 1900 sampai 2199.",
    "Write a date like 2022-06-13, 13/06/2022 or 13 Juni 2022, years 1900 to 2199.",
)
AMBIGUOUS_DATE = Text(
    "Angka pertama dapat berarti hari atau bulan. Tulis tanggal seperti 2022-06-05 atau 5 Juni 2022, atau nyatakan "
    "dengan date_order=dmy (--date-order dmy) bahwa semua tanggal dalam berkas mendahulukan hari.",
    "The first number can be the day or the month. Write the date like 2022-06-05 or 5 Juni 2022, or state with "
    "date_order=dmy (--date-order dmy) that all dates of the file have the day first.",
)


class WrittenDate(NamedTuple):
    """A date that somebody wrote, read as YYYY-MM-DD (or YYYY-MM, YYYY); it may not exist in the calendar."""

    iso: str
    is_ambiguous: bool = False
    """It can as well be a date with the month first."""


def read_date(text: str, *, day_first: bool, partial: bool) -> WrittenDate | None:
    """Read a date in one of the forms that people write; return None for any other text.

    A date in numbers has the day first, as in Indonesia. It is ambiguous if both numbers can be the month.

    Args:
        text: The text of the cell, without blanks around it.
        day_first: All dates of the file have the day first, so that none is ambiguous.
        partial: A month or a year is a date too.
    """
    if found := YEAR_FIRST.fullmatch(text):
        return WrittenDate(_format(found[1], found[3], found[4]))
    if found := YEAR_LAST.fullmatch(text):
        day, month = int(found[1]), int(found[3])
        is_ambiguous = not day_first and day <= len(MONTHS) and day != month
        return WrittenDate(_format(found[4], month, day), is_ambiguous) if month <= len(MONTHS) else None
    for pattern, year, month_name, day_group in ((DAY_MONTH_YEAR, 3, 2, 1), (MONTH_DAY_YEAR, 3, 1, 2)):
        if (found := pattern.fullmatch(text)) and (number := MONTH_NUMBERS.get(found[month_name].casefold())):
            return WrittenDate(_format(_expand_year(found[year]), number, found[day_group]))
    return _read_month(text) if partial else None


def _read_month(text: str) -> WrittenDate | None:
    """Read a month or a year: 2022-06, Juni 2022, 06/2022 or 2022; return None for any other text."""
    if YEAR.fullmatch(text):
        return WrittenDate(text)
    if (found := MONTH_YEAR.fullmatch(text)) and (number := MONTH_NUMBERS.get(found[1].casefold())):
        return WrittenDate(f"{found[2]}-{number:02}")
    if found := NUMBER_YEAR.fullmatch(text):
        return WrittenDate(f"{found[2]}-{int(found[1]):02}")
    return None


def _expand_year(year: str) -> int:
    """Return a year of four digits as it is, and one of two digits as Excel reads it."""
    if len(year) == len("2022"):
        return int(year)
    century = FIRST_YEAR_OF_TWO_DIGITS - FIRST_YEAR_OF_TWO_DIGITS % 100
    return century + int(year) + (100 if century + int(year) < FIRST_YEAR_OF_TWO_DIGITS else 0)


def _format(year: int | str, month: int | str, day: int | str) -> str:
    """Return the numbers of a date as YYYY-MM-DD."""
    return f"{int(year):04}-{int(month):02}-{int(day):02}"
