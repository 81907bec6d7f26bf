"""Days of which not all are known: how they are ordered, counted, and compared with a span of days."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, literal_column


def last_of_days(*days: Any) -> ColumnElement[date]:
    """The first of these days that is known, else the end of time: an order in which the unknown comes last."""
    found: ColumnElement[date] = func.coalesce(*days, literal_column("'infinity'::date"), type_=Date)
    return found


def days_until(column: Any, day: Any) -> ColumnElement[int | None]:
    """The days from a day to a known one, negative once it is past; null where that is not known."""
    return column - cast(day, Date)


def overlaps(first: Any, last: Any, *, after: Any = None, before: Any = None) -> list[ColumnElement[bool]]:
    """Whether days from `first` to `last` meet those from `after` to `before`. One that is known stands for both."""
    conditions: list[ColumnElement[bool]] = []
    if after is not None:
        conditions.append(func.coalesce(last, first) >= after)
    if before is not None:
        conditions.append(func.coalesce(first, last) <= before)
    return conditions
