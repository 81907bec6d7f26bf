"""Days of which not all are known: how they are ordered, counted, and compared with a span of days."""

from collections.abc import Container, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, cast, func, literal_column


def last_of_days(*days: Any) -> ColumnElement[date]:
    """The first of these days that is known, else the end of time: an order in which the unknown comes last."""
    found: ColumnElement[date] = func.coalesce(*days, literal_column("'infinity'::date"), type_=Date)
    return found


def days_until(column: Any, day: Any) -> ColumnElement[int | None]:
    """The days from a day to a known one, negative once it is past; null where that is not known."""
    days: ColumnElement[int | None] = column - cast(day, Date)
    return days


def overlaps(first: Any, last: Any, given: Container[str]) -> Iterator[ColumnElement[bool]]:
    """The filters `from_` and `to`, if given: days that overlap these. Where only one is known, it is both."""
    if "from_" in given:
        yield func.coalesce(last, first) >= bindparam("from_")
    if "to" in given:
        yield func.coalesce(first, last) <= bindparam("to")
