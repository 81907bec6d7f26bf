"""SQL of elections."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from app import models
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import ROOT_PATH_PARAMETER, DayExpression, Document, DocumentSelect
from app.core.db.provenance import sourced_record_columns
from app.elections import payloads, schemas
from app.models.days import first_known_day_or_infinity
from app.writes.resource import Resource

_election = models.Election


def select_election(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an election document, one column per JSON member; it does not depend on the day."""
    return select(
        _election.code,
        _election.name,
        _election.name_en,
        _election.kind,
        _election.voting_on,
        _election.legal_basis,
        _election.decided_on,
        func.concat(ROOT_PATH_PARAMETER, literal_column("'/v1/stages?election='"), _election.code).label("stages_url"),
        *sourced_record_columns(_election),
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of the filter `kind`, if the request for elections uses it."""
    if "kind" in filters:
        yield _election.kind == bindparam("kind")


ELECTIONS = Collection(
    Document(schemas.Election, select_election),
    _election,
    conditions=_filter_conditions,
    sorts={
        "code": [],
        "name": [_election.name],
        "voting_on": [first_known_day_or_infinity(_election.voting_on)],
        "updated_at": [_election.updated_at],
    },
)

ELECTION = Resource(
    "elections", models.Election, ELECTIONS, address="/v1/elections/{code}", payload_model=payloads.ElectionMembers
)
