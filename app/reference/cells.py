"""Parsers of CSV cells. A ValueError carries the message for the author of the file."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.reference.errors import quote_value

CellParser = Callable[[str], Any]

FIRST_YEAR, LAST_YEAR = 1900, 2199
LIST_SEPARATOR = "; "
DATE_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARTIAL_DATE_FORM = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
INSTANT_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")
MEMBER_COUNT_FORM = re.compile(r"[1-9][0-9]?")
POSITION_FORM = re.compile(r"[1-9][0-9]{0,2}")
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check_text(cell: str) -> str:
    """Return the cell unchanged if it is UTF-8 in NFC, without NUL or surrounding blanks; else raise ValueError.

    NFC makes equal texts equal bytes. Bytes that are not UTF-8 arrive as lone surrogates.

    Raises:
        ValueError: The cell has another form.
    """
    if "\0" in cell:
        raise ValueError("contains a NUL character")
    if not cell.isascii():
        if any("\ud800" <= letter <= "\udfff" for letter in cell):
            raise ValueError("is not UTF-8")
        if not unicodedata.is_normalized("NFC", cell):
            raise ValueError("is not in Unicode normalization form C")
    if cell != cell.strip():
        raise ValueError("begins or ends with a blank")
    return cell


def parse_text(cell: str) -> str:
    """Return the cell unchanged."""
    return cell


def parse_date(cell: str) -> date:
    """Parse a date YYYY-MM-DD of the years 1900 to 2199; ValueError for any other text."""
    if not DATE_FORM.fullmatch(cell):
        raise ValueError(f"{quote_value(cell)} is not a date YYYY-MM-DD")
    return _parse_calendar_date(cell, cell)


def parse_partial_date(cell: str) -> str:
    """Return a year, month or day of 1900 to 2199 (`2022`, `2022-06`, `2022-06-14`) unchanged; else ValueError."""
    if not PARTIAL_DATE_FORM.fullmatch(cell):
        raise ValueError(f"{quote_value(cell)} is not a date YYYY, YYYY-MM or YYYY-MM-DD")
    _parse_calendar_date(cell, cell + "-01-01"[len(cell) - 4 :])
    return cell


def _parse_calendar_date(cell: str, full_date: str) -> date:
    """Parse `full_date`, a day of the years 1900 to 2199; the ValueError for any other quotes `cell`."""
    try:
        parsed = date.fromisoformat(full_date)
    except ValueError:
        raise ValueError(f"{quote_value(cell)} is not a calendar date") from None
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        raise ValueError(f"{quote_value(cell)} is not within {FIRST_YEAR} to {LAST_YEAR}")
    return parsed


def parse_instant(cell: str) -> datetime:
    """Parse a date and time with UTC offset (RFC 3339) of the years 1900 to 2199; ValueError for any other text."""
    if not INSTANT_FORM.fullmatch(cell):
        raise ValueError(f"{quote_value(cell)} is not an instant YYYY-MM-DDThh:mm:ss+hh:mm")
    _parse_calendar_date(cell, cell[:10])
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{quote_value(cell)} is not a valid time of day") from None


def parse_boolean(cell: str) -> bool:
    """Parse `true` or `false`; ValueError for any other text."""
    if cell not in ("true", "false"):
        raise ValueError(f"{quote_value(cell)} is neither true nor false")
    return cell == "true"


def parse_member_count(cell: str) -> int:
    """Parse the number of members of an organization, 1 to 99; ValueError for any other text."""
    if not MEMBER_COUNT_FORM.fullmatch(cell):
        raise ValueError(f"{quote_value(cell)} is not a whole number from 1 to 99")
    return int(cell)


def parse_position(cell: str) -> int:
    """Parse a position in an order, 1 to 999; ValueError for any other text."""
    if not POSITION_FORM.fullmatch(cell):
        raise ValueError(f"{quote_value(cell)} is not a whole number from 1 to 999")
    return int(cell)


def parse_uuid(cell: str) -> UUID:
    """Parse a UUID in its canonical form, in lower case; ValueError for any other text."""
    if not UUID_FORM.fullmatch(cell):
        raise ValueError(f"{quote_value(cell)} is not a UUID in lower case")
    return UUID(cell)


def parse_list(cell: str) -> tuple[str, ...]:
    """Split a cell at each `; `; an empty cell is an empty list. ValueError if an item is empty or has a semicolon."""
    parts = tuple(cell.split(LIST_SEPARATOR)) if cell else ()
    if any(not part or part != part.strip() or ";" in part for part in parts):
        raise ValueError(f"{quote_value(cell)} is not a list separated by {quote_value(LIST_SEPARATOR)}")
    return parts


def make_choice_parser(*choices: str) -> CellParser:
    """Return a parser that returns these texts unchanged, and raises ValueError for any other."""

    def parse_choice(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"{quote_value(cell)} is not one of {', '.join(choices)}")
        return cell

    return parse_choice
