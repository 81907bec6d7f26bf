"""Finding people on the list of a meeting: by the name there, or by any name that the record has of the official."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from app import models
from app.core.db.documents import Expression
from app.core.db.similarity import alike

MOST_FOUND = 1_000  # names alike that are ranked: of 100,000 people a third may be alike, and ranking takes its time


def found_among(listed: Any) -> Callable[[Expression], ColumnElement[bool]]:
    """What `q` leaves of a list."""

    def found(words: Expression) -> ColumnElement[bool]:
        known = aliased(models.Official)
        # An array, not IN: so the indexes on both columns answer, where else the whole list would be gone through.
        officials = func.array(select(known.id).where(alike(known.folded, words)).scalar_subquery())
        return or_(alike(listed.folded, words), listed.official == func.any(officials))

    return found


def names_of(listed: Any) -> ColumnElement[str]:
    """The names that a line of a list has, folded."""
    known = aliased(models.Official)
    of_record = select(known.folded).where(known.id == listed.official).correlate(listed).scalar_subquery()
    names: ColumnElement[str] = func.concat_ws(literal_column("' '"), of_record, listed.folded)
    return names
