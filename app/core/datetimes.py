"""Formats of dates and instants: one spelling of each (RFC 3339), years 1900 to 2199.

The service writes every instant in UTC with six fractional digits, and reads it with any offset and up to six.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.core.patterns import PARTIAL_DATE_PATTERN

DATE_PATTERN = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
TIME_OF_DAY = r"([01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT_PATTERN = rf"{DATE_PATTERN[:-1]}T{TIME_OF_DAY}:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-]{TIME_OF_DAY})$"
PartialDate = Annotated[
    str,
    Field(
        description="A day, a month or a year, as precise as the source: `2022-04-12`, `2018-05`, `2018`.",
        pattern=PARTIAL_DATE_PATTERN,
        examples=["2022-04-12", "2018"],
    ),
]
# Of any year: the clock of a device may be wrong by centuries.
WRITTEN_INSTANT_PATTERN = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{TIME_OF_DAY}:[0-5][0-9]\.[0-9]{{6}}\+00:00$"
# The same form for to_char() of Postgres, of a timestamp in UTC.
WRITTEN_INSTANT_SQL_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'
_INSTANT = re.compile(INSTANT_PATTERN.removesuffix("$"))


def parse_instant(value: Any) -> datetime:
    """Parse an RFC 3339 date-time with an offset, of the years 1900 to 2199, and return it in UTC.

    Raises:
        PydanticCustomError: The text has another form, another year or a date that does not exist.
    """
    if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        raise PydanticCustomError("not_an_instant", "RFC 3339 with an offset, 1900 to 2199")
    try:
        # UTC, because Postgres does not accept offsets of 16 hours or more, which RFC 3339 allows.
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        raise PydanticCustomError("no_such_day", "no such day in the calendar") from None


def format_instant(instant: datetime) -> str:
    """Return an instant in UTC with exactly six fractional digits, such as `2022-06-14T02:00:00.000000+00:00`."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def encode_json(document: Any) -> bytes:
    """Encode a document as JSON, with its instants as `format_instant` writes them, and other objects as text."""
    return orjson.dumps(document, default=_encode_value, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _encode_value(value: Any) -> str:
    """Return the text of a value for which JSON has no type."""
    return format_instant(value) if isinstance(value, datetime) else str(value)


WrittenInstant = Annotated[
    datetime,
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": WRITTEN_INSTANT_PATTERN}),
]
"""An instant in a response."""
