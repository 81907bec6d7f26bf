"""The SQL of appointments."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, bindparam, cast, func, literal_column, null, select, true
from sqlalchemy.dialects.postgresql import UUID

from app import models, references
from app.appointments import payloads, schemas
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.documents import AS_OF, Day, Document, Rows
from app.core.db.provenance import fact_members
from app.core.db.similarity import is_whole
from app.core.db.statements import Statement
from app.models.officials import holds_on
from app.writes.resource import OwnershipClaim, Resource

_held, _person = models.Appointment, models.Official


def appointment(day: Day) -> Rows:
    return (
        select(
            _held.id,
            references.official_reference(_held.official).label("official"),
            references.organization_reference(_held.organization).label("organization"),
            _held.office,
            _held.standing,
            references.division_reference(_held.division).label("division"),
            _held.term,
            _held.start_on,
            _held.end_on,
            _held.seen_on,
            (cast(null(), Boolean) if day is None else holds_on(_held.certain, day)).label("certain"),
            _held.end_reason,
            _held.legal_basis,
            *fact_members(_held),
        )
        .select_from(_held)
        .join(_person, _person.id == _held.official)
    )


def _conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    for name in ("organization", "division", "office", "standing"):
        if name in given:
            yield _held.__table__.c[name] == bindparam(name)
    if "official" in given:
        yield _held.official == _OFFICIAL
    if "as_of" in given:
        yield holds_on(_held.possible, AS_OF)


_OFFICIAL: ColumnElement[Any] = cast(bindparam("official"), UUID(as_uuid=True))

APPOINTMENTS = Collection(
    Document(schemas.Appointment, appointment),
    _held,
    conditions=_conditions,
    sorts={
        "start_on": [func.coalesce(func.lower(_held.possible), literal_column("'-infinity'::date"), type_=Date)],
        "updated_at": [_held.updated_at],
    },
    references={
        "organization": ReferenceFilter(models.Organization.code, "/v1/organizations"),
        "division": ReferenceFilter(models.Division.code, "/v1/divisions"),
    },
    folded=_person.folded,
    whole=is_whole(_person.name),
)


def _in_the_way(*of_the_same: str, where: ColumnElement[bool] | None = None) -> Statement:
    """The appointments whose certain days overlap those of a row that was refused."""
    days = func.certain_days(bindparam("start_on"), bindparam("end_on"), cast(bindparam("seen_on"), Date))
    same = (_held.__table__.c[name] == bindparam(name) for name in of_the_same)
    other = _held.id != cast(bindparam("id"), UUID(as_uuid=True))
    overlap = _held.certain.op("&&", is_comparison=True)(days)
    return Statement(select(_held.id).where(*same, other, overlap, true() if where is None else where))


# As in app.officials: whoever is in an office is of its body.
_OF_THE_PERSON = Statement(select(_held.organization).where(_held.official == _OFFICIAL).distinct())

APPOINTMENT = Resource(
    "appointments",
    _held,
    APPOINTMENTS,
    address="/v1/appointments/{id}",
    payload_model=payloads.AppointmentContent,
    key_columns=("id",),
    generated_columns=("certain", "possible"),
    owner_query=Statement(select(_held.organization).where(_held.id == bindparam("id"))),
    conflict_queries={
        "ex_appointments_one_definitive_holder": _in_the_way(
            *("organization", "office"), where=_held.standing == "definitive"
        ),
        "ex_appointments_one_office_once": _in_the_way("official", "organization", "office"),
    },
    ownership_claims=[OwnershipClaim("official", "officials", _OF_THE_PERSON)],
)
