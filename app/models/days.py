"""SQL expressions for dates that may be unknown: sorting, counting days, and overlapping periods."""

from collections.abc import Container, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, cast, func, literal_column


def first_known_day_or_infinity(*days: Any) -> ColumnElement[date]:
    """Return the SQL of the first argument that is not null, else infinity, so that unknown days sort last."""
    first_known_day: ColumnElement[date] = func.coalesce(*days, literal_column("'infinity'::date"), type_=Date)
    return first_known_day


def days_until(column: Any, day: Any) -> ColumnElement[int | None]:
    """Return the SQL of the days from `day` to the column's day: negative if it is past, null if unknown."""
    days: ColumnElement[int | None] = column - cast(day, Date)
    return days


def overlap_conditions(first: Any, last: Any, filters: Container[str]) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions that the period `first` to `last` overlaps the filters `from_` and `to`, where given.

    If only one of the two days is known, it counts as both.
    """
    if "from_" in filters:
        yield func.coalesce(last, first) >= bindparam("from_")
    if "to" in filters:
        yield func.coalesce(first, last) <= bindparam("to")
