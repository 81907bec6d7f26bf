"""Lists of a meeting's participants: what each of them can be asked for, however its documents look."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Text, bindparam, select

from app import models
from app.core.collection import ActiveFilters, Collection, Conditions, ReferenceFilter
from app.core.db.documents import Document
from app.roll_access import name_search

_listed, _assigned = models.Participant, models.ParticipantSession
MEETING = bindparam("meeting", type_=Text)


def collection(document: Document, conditions: Conditions) -> Collection:
    """A list of documents, one for each participant of the bound meeting that meets the conditions."""
    return Collection(
        document,
        _listed,
        conditions=conditions,
        sorts={"id": [], "updated_at": [_listed.updated_at]},
        references={
            "organization": ReferenceFilter(models.Organization.code, "/v1/organizations"),
            "session": ReferenceFilter(
                models.Session.code, "/v1/meetings/{code}/sessions", within=models.Session.meeting == MEETING
            ),
        },
        folded=name_search.names_of(_listed),
        found=name_search.found_among(_listed),
        most=name_search.MOST_FOUND,
    )


def asked(given: ActiveFilters, *columns: str) -> Iterator[ColumnElement[bool]]:
    """The meeting, those of these columns that were given, and the session that somebody is assigned to."""
    yield _listed.meeting == MEETING
    for name in columns:
        if name in given:
            yield _listed.__table__.c[name] == bindparam(name)
    if "session" in given:
        yield (
            select(_assigned.participant)
            .where(
                _assigned.meeting == _listed.meeting,
                _assigned.session == bindparam("session"),
                _assigned.participant == _listed.id,
            )
            .correlate(_listed)
            .exists()
        )
