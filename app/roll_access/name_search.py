"""Search of a meeting's participants by the name on the list or by any recorded name of the official."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from app import models
from app.core.db.documents import Expression
from app.core.db.similarity import similarity_condition

# Ranking takes time, and of 100,000 names a third may be similar to the words of a search.
MAX_RANKED_MATCHES = 1_000


def build_search_condition(participant: Any) -> Callable[[Expression], ColumnElement[bool]]:
    """Return a function that builds, from search words, the SQL condition that a participant's names resemble them."""

    def build_condition(words: Expression) -> ColumnElement[bool]:
        official = aliased(models.Official)
        # With an array instead of IN, Postgres uses the indexes on both columns and need not scan the whole list.
        officials = func.array(
            select(official.id).where(similarity_condition(official.folded, words)).scalar_subquery()
        )
        return or_(similarity_condition(participant.folded, words), participant.official == func.any(officials))

    return build_condition


def names_expression(participant: Any) -> ColumnElement[str]:
    """Return the SQL of a participant's folded names: that of the official, then that on the participant list."""
    official = aliased(models.Official)
    recorded = (
        select(official.folded).where(official.id == participant.official).correlate(participant).scalar_subquery()
    )
    names: ColumnElement[str] = func.concat_ws(literal_column("' '"), recorded, participant.folded)
    return names
