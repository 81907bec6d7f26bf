"""SQL of appointments."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, bindparam, cast, func, literal_column, null, select, true
from sqlalchemy.dialects.postgresql import UUID

from app import models, references
from app.appointments import payloads, schemas
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.documents import AS_OF_PARAMETER, DayExpression, Document, DocumentSelect
from app.core.db.provenance import sourced_record_columns
from app.core.db.similarity import exact_name_condition
from app.core.db.statements import Statement
from app.models.officials import contains_day
from app.writes.resource import OwnershipClaim, Resource

_appointment, _official = models.Appointment, models.Official


def select_appointment(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an appointment document, one column per JSON member; `certain` refers to the day."""
    return (
        select(
            _appointment.id,
            references.official_reference(_appointment.official).label("official"),
            references.organization_reference(_appointment.organization).label("organization"),
            _appointment.office,
            _appointment.standing,
            references.division_reference(_appointment.division).label("division"),
            _appointment.term,
            _appointment.start_on,
            _appointment.end_on,
            _appointment.seen_on,
            (cast(null(), Boolean) if day is None else contains_day(_appointment.certain, day)).label("certain"),
            _appointment.end_reason,
            _appointment.legal_basis,
            *sourced_record_columns(_appointment),
        )
        .select_from(_appointment)
        .join(_official, _official.id == _appointment.official)
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of each filter that the request for appointments uses."""
    for name in ("organization", "division", "office", "standing"):
        if name in filters:
            yield _appointment.__table__.c[name] == bindparam(name)
    if "official" in filters:
        yield _appointment.official == _OFFICIAL_PARAMETER
    if "as_of" in filters:
        yield contains_day(_appointment.possible, AS_OF_PARAMETER)


_OFFICIAL_PARAMETER: ColumnElement[Any] = cast(bindparam("official"), UUID(as_uuid=True))

APPOINTMENTS = Collection(
    Document(schemas.Appointment, select_appointment),
    _appointment,
    conditions=_filter_conditions,
    sorts={
        "start_on": [func.coalesce(func.lower(_appointment.possible), literal_column("'-infinity'::date"), type_=Date)],
        "updated_at": [_appointment.updated_at],
    },
    references={
        "organization": ReferenceFilter(models.Organization.code, "/v1/organizations"),
        "division": ReferenceFilter(models.Division.code, "/v1/divisions"),
    },
    folded_text=_official.folded,
    tie_break=exact_name_condition(_official.name),
)


def _overlapping_appointments(*equal_columns: str, where: ColumnElement[bool] | None = None) -> Statement:
    """Build the query for other appointments with equal columns whose certain days overlap a refused one's."""
    days = func.certain_days(bindparam("start_on"), bindparam("end_on"), cast(bindparam("seen_on"), Date))
    is_equal = (_appointment.__table__.c[name] == bindparam(name) for name in equal_columns)
    is_other = _appointment.id != cast(bindparam("id"), UUID(as_uuid=True))
    overlaps = _appointment.certain.op("&&", is_comparison=True)(days)
    return Statement(select(_appointment.id).where(*is_equal, is_other, overlaps, true() if where is None else where))


# The owners of an official, as in app.officials: the organizations of all appointments.
_ORGANIZATIONS_OF_OFFICIAL = Statement(
    select(_appointment.organization).where(_appointment.official == _OFFICIAL_PARAMETER).distinct()
)

APPOINTMENT = Resource(
    "appointments",
    _appointment,
    APPOINTMENTS,
    address="/v1/appointments/{id}",
    payload_model=payloads.AppointmentPayload,
    key_columns=("id",),
    generated_columns=("certain", "possible"),
    owner_query=Statement(select(_appointment.organization).where(_appointment.id == bindparam("id"))),
    conflict_queries={
        "ex_appointments_one_definitive_holder": _overlapping_appointments(
            *("organization", "office"), where=_appointment.standing == "definitive"
        ),
        "ex_appointments_one_office_once": _overlapping_appointments("official", "organization", "office"),
    },
    ownership_claims=[OwnershipClaim("official", "officials", _ORGANIZATIONS_OF_OFFICIAL)],
)
