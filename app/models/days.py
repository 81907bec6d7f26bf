"""Days of which not all are known: how they are ordered, counted, and compared with a span of days."""

from collections.abc import Container, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, cast, func, literal_column


def first_known_day_or_infinity(*days: Any) -> ColumnElement[date]:
    """The first of these days that is known, else the end of time: an order in which the unknown comes last."""
    first_known_day: ColumnElement[date] = func.coalesce(*days, literal_column("'infinity'::date"), type_=Date)
    return first_known_day


def days_until(column: Any, day: Any) -> ColumnElement[int | None]:
    """The days from a day to a known one, negative once it is past; null where that is not known."""
    days: ColumnElement[int | None] = column - cast(day, Date)
    return days


def overlap_conditions(first: Any, last: Any, filters: Container[str]) -> Iterator[ColumnElement[bool]]:
    """The filters `from_` and `to`, if given: days that overlap these. Where only one is known, it is both."""
    if "from_" in filters:
        yield func.coalesce(last, first) >= bindparam("from_")
    if "to" in filters:
        yield func.coalesce(first, last) <= bindparam("to")
