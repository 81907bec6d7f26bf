"""SQL expressions for searching with `q` by trigram similarity (pg_trgm), best match first.

Folding removes case, accents and apostrophes. `similarity_condition` selects rows and uses the GIN index of a folded
column. `distance_expression` orders them; among rows with the same distance, `exact_name_condition` finds those with
exactly this name.
"""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, and_, bindparam, cast, func, select

from app.core.db.documents import Expression

# Subqueries, so that Postgres folds the words once. Plain calls would run for every row, and several times, once
# Postgres uses a generic plan.
FOLDED_QUERY = select(func.fold(bindparam("q", type_=Text), type_=Text)).scalar_subquery()
FOLDED_WORDS = select(func.fold(func.trim(bindparam("q", type_=Text)), type_=Text)).scalar_subquery()


def similarity_condition(folded: Expression, words: Expression) -> ColumnElement[bool]:
    """Return the SQL condition that a folded text contains words similar to these; it uses the column's GIN index."""
    likeness: ColumnElement[bool] = folded.op("%>", is_comparison=True)(words)
    return likeness


def distance_expression(folded: Expression) -> ColumnElement[Any]:
    """Return the SQL of the rounded distance of a folded text from `q`: 0 if it has all the words, up to 1.

    It is rounded, so that a page token can carry it exactly.
    """
    likeness = func.likeness(FOLDED_QUERY, folded)
    return func.round(cast(1 - likeness, Numeric(8, 7)), 4, type_=Numeric(5, 4))


def exact_name_condition(name: Expression) -> ColumnElement[bool]:
    """Return the SQL condition that a name equals the words of `q`, ignoring case, accents and apostrophes."""
    # Folding a name takes as long as everything else. Folding removes only apostrophes and the like, so a name that is
    # more than 8 letters longer than the words cannot be equal to them.
    return and_(func.length(name) <= func.length(FOLDED_WORDS) + 8, func.fold(name) == FOLDED_WORDS)
