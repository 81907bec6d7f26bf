"""The filters, orders and search that all lists of a meeting's participants share."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Text, bindparam, select

from app import models
from app.core.collection import ActiveFilters, Collection, Conditions, ReferenceFilter
from app.core.db.documents import Document, Expression
from app.roll_access import name_search

_participant, _assignment = models.Participant, models.ParticipantSession
MEETING = bindparam("meeting", type_=Text)


def build_collection(
    document: Document, conditions: Conditions, updated_at: Expression = models.Participant.updated_at
) -> Collection:
    """Build the Collection of documents about a meeting's participants, with the filters and search that all share.

    Args:
        document: The documents.
        conditions: Yields the SQL conditions of the filters in use.
        updated_at: The SQL of the member `updated_at`, by which the list can be sorted.
    """
    return Collection(
        document,
        _participant,
        conditions=conditions,
        sorts={"id": [], "updated_at": [updated_at]},
        references={
            "organization": ReferenceFilter(models.Organization.code, "/v1/organizations"),
            "session": ReferenceFilter(
                models.Session.code, "/v1/meetings/{code}/sessions", condition=models.Session.meeting == MEETING
            ),
        },
        folded_text=name_search.names_expression(_participant),
        search_condition=name_search.build_search_condition(_participant),
        rank_limit=name_search.MAX_RANKED_MATCHES,
    )


def filter_conditions(filters: ActiveFilters, *columns: str) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of the meeting, of filters in use among `columns`, and of `session` if in use."""
    yield _participant.meeting == MEETING
    for name in columns:
        if name in filters:
            yield _participant.__table__.c[name] == bindparam(name)
    if "session" in filters:
        yield (
            select(_assignment.participant)
            .where(
                _assignment.meeting == _participant.meeting,
                _assignment.session == bindparam("session"),
                _assignment.participant == _participant.id,
            )
            .correlate(_participant)
            .exists()
        )
