"""How `q` searches: words folded as the texts are, compared by their trigrams, the best first.

Folding leaves out case, accents and apostrophes. The index of a folded column answers `alike`; `distance` orders what
it found, and of what is equally alike, `is_whole` tells the one that has just this name.
"""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, and_, bindparam, cast, func, select

from app.core.db.documents import Expression

# Subqueries, so that the words are folded once. Mere calls would be run for every row, and several times, as soon as
# Postgres keeps a plan that is good for any words.
FOLDED_QUERY = select(func.fold(bindparam("q", type_=Text), type_=Text)).scalar_subquery()
FOLDED_WORDS = select(func.fold(func.trim(bindparam("q", type_=Text)), type_=Text)).scalar_subquery()


def matches(folded: Expression, words: Expression) -> ColumnElement[bool]:
    """Whether a folded text has words like these; the index on it answers."""
    likeness: ColumnElement[bool] = folded.op("%>", is_comparison=True)(words)
    return likeness


def distance(folded: Expression) -> ColumnElement[Any]:
    """From 0 for a text that has all the words to 1: best first goes upwards, as a key does.

    Rounded, so that a page token can carry it exactly.
    """
    likeness = func.likeness(FOLDED_QUERY, folded)
    return func.round(cast(1 - likeness, Numeric(8, 7)), 4, type_=Numeric(5, 4))


def is_exact_name(name: Expression) -> ColumnElement[bool]:
    """Whether a name is just the words of `q`, and no longer one that has them."""
    # To fold a name takes as long as all the rest. Folding takes letters away only where they are apostrophes and the
    # like, so a name that is so much longer than the words is another one.
    return and_(func.length(name) <= func.length(FOLDED_WORDS) + 8, func.fold(name) == FOLDED_WORDS)
