"""The SQL of officials."""

from collections.abc import Iterator

from sqlalchemy import Boolean, ColumnElement, bindparam, cast, func, null, select

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.documents import AS_OF, Day, Document, Rows, json_list, json_object
from app.core.db.provenance import fact_members
from app.core.db.statements import Statement
from app.models.officials import holds_on
from app.officials import payloads, schemas
from app.writes.resource import Resource

_person, _held = models.Official, models.Appointment


def official(day: Day) -> Rows:
    return select(
        _person.id,
        _person.name,
        _person.other_names,
        json_list(
            json_object(
                id=_held.id,
                organization=references.organization_reference(_held.organization),
                office=_held.office,
                standing=_held.standing,
                division=references.division_reference(_held.division),
                term=_held.term,
                start_on=_held.start_on,
                end_on=_held.end_on,
                seen_on=_held.seen_on,
                certain=cast(null(), Boolean) if day is None else holds_on(_held.certain, day),
                end_reason=_held.end_reason,
                legal_basis=_held.legal_basis,
                source=_held.source,
                verified=_held.verified,
                primary=_held.primary,
            ),
            func.lower(_held.possible).desc(),
            _held.id.desc(),
            where=_held_by_person(day),
        ).label("appointments"),
        *fact_members(_person),
    )


def _held_by_person(day: Day) -> ColumnElement[bool]:
    by_person = _held.official == _person.id
    return by_person if day is None else by_person & holds_on(_held.possible, day)


def _conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """One appointment must fulfil all that is asked: who chaired one body and sat in another chaired not both."""
    asked = [name for name in ("organization", "division", "office", "standing") if name in given]
    if asked or "as_of" in given:
        held_as_asked = (_held.__table__.c[name] == bindparam(name) for name in asked)
        yield (
            select(_held.id)
            .where(_held_by_person(AS_OF if "as_of" in given else None), *held_as_asked)
            .correlate(_person)
            .exists()
        )


OFFICIALS = Collection(
    Document(schemas.Official, official),
    _person,
    conditions=_conditions,
    sorts={"name": [_person.name], "updated_at": [_person.updated_at]},
    references={
        "organization": ReferenceFilter(models.Organization.code, "/v1/organizations"),
        "division": ReferenceFilter(models.Division.code, "/v1/divisions"),
    },
    as_of_hides_items=False,
)

# Somebody without an appointment is nobody's: whoever writes people may add one, and appoint them.
OFFICIAL = Resource(
    "officials",
    _person,
    OFFICIALS,
    address="/v1/officials/{id}",
    payload_model=payloads.OfficialContent,
    key_columns=("id",),
    owner_query=Statement(select(_held.organization).where(_held.official == bindparam("id")).distinct()),
)
