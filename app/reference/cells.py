"""How the text of a cell becomes a value. What is wrong with it is the message of a ValueError."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.reference.flaws import shown

Convert = Callable[[str], Any]

FIRST_YEAR, LAST_YEAR = 1900, 2199
SEPARATOR = "; "
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")
SIZE = re.compile(r"[1-9][0-9]?")
PLACE = re.compile(r"[1-9][0-9]{0,2}")
CANONICAL_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def clean(cell: str) -> str:
    """Text in the one form in which equal texts are equal bytes. Bytes that are not UTF-8 come as lone surrogates."""
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


def text(cell: str) -> str:
    return cell


def day(cell: str) -> date:
    if not DATE.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a date YYYY-MM-DD")
    return _calendar_day(cell, cell)


def partial_date(cell: str) -> str:
    """A year, a month or a day."""
    if not PARTIAL_DATE.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a date YYYY, YYYY-MM or YYYY-MM-DD")
    _calendar_day(cell, cell + "-01-01"[len(cell) - 4 :])
    return cell


def _calendar_day(cell: str, full: str) -> date:
    try:
        found = date.fromisoformat(full)
    except ValueError:
        raise ValueError(f"{shown(cell)} is not in the calendar") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"{shown(cell)} is not within {FIRST_YEAR} to {LAST_YEAR}")
    return found


def instant(cell: str) -> datetime:
    """A point in time with its offset (RFC 3339)."""
    if not INSTANT.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not an instant YYYY-MM-DDThh:mm:ss+hh:mm")
    _calendar_day(cell, cell[:10])
    try:
        return datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{shown(cell)} is not on the clock") from None


def truth(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError(f"{shown(cell)} is neither true nor false")
    return cell == "true"


def size(cell: str) -> int:
    """The number of a body's members."""
    if not SIZE.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a whole number from 1 to 99")
    return int(cell)


def place(cell: str) -> int:
    """A place in an order."""
    if not PLACE.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a whole number from 1 to 999")
    return int(cell)


def identifier(cell: str) -> UUID:
    if not CANONICAL_UUID.fullmatch(cell):
        raise ValueError(f"{shown(cell)} is not a UUID in lower case")
    return UUID(cell)


def several(cell: str) -> tuple[str, ...]:
    """Texts separated by `; `."""
    parts = tuple(cell.split(SEPARATOR)) if cell else ()
    if any(not part or part != part.strip() or ";" in part for part in parts):
        raise ValueError(f"{shown(cell)} is not a list separated by {shown(SEPARATOR)}")
    return parts


def one_of(*values: str) -> Convert:
    """The converter that admits these values only."""

    def convert(cell: str) -> str:
        if cell not in values:
            raise ValueError(f"{shown(cell)} is none of {', '.join(values)}")
        return cell

    return convert
