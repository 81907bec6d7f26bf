"""SQL of officials."""

from collections.abc import Iterator

from sqlalchemy import Boolean, ColumnElement, bindparam, cast, func, null, select

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.documents import AS_OF_PARAMETER, DayExpression, Document, DocumentSelect, json_array, json_object
from app.core.db.provenance import sourced_record_columns
from app.core.db.statements import Statement
from app.models.officials import contains_day
from app.officials import payloads, schemas
from app.writes.resource import Resource

_official, _appointment = models.Official, models.Appointment


def select_official(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an official's document, one column per JSON member, with appointments possible on a day."""
    return select(
        _official.id,
        _official.name,
        _official.other_names,
        json_array(
            json_object(
                id=_appointment.id,
                organization=references.organization_reference(_appointment.organization),
                office=_appointment.office,
                standing=_appointment.standing,
                division=references.division_reference(_appointment.division),
                term=_appointment.term,
                start_on=_appointment.start_on,
                end_on=_appointment.end_on,
                seen_on=_appointment.seen_on,
                certain=cast(null(), Boolean) if day is None else contains_day(_appointment.certain, day),
                end_reason=_appointment.end_reason,
                legal_basis=_appointment.legal_basis,
                source=_appointment.source,
                verified=_appointment.verified,
                primary=_appointment.primary,
            ),
            func.lower(_appointment.possible).desc(),
            _appointment.id.desc(),
            where=_is_appointment_of_official(day),
        ).label("appointments"),
        *sourced_record_columns(_official),
    )


def _is_appointment_of_official(day: DayExpression) -> ColumnElement[bool]:
    """Return the SQL condition that an appointment is the official's and, if a day is given, possibly lasts on it."""
    by_person = _appointment.official == _official.id
    return by_person if day is None else by_person & contains_day(_appointment.possible, day)


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition that one appointment of the official fulfils all filters; nothing without filters.

    An official who chaired one commission and was a member of another is not found as chair of the other.
    """
    names = [name for name in ("organization", "division", "office", "standing") if name in filters]
    if names or "as_of" in filters:
        is_equal = (_appointment.__table__.c[name] == bindparam(name) for name in names)
        yield (
            select(_appointment.id)
            .where(_is_appointment_of_official(AS_OF_PARAMETER if "as_of" in filters else None), *is_equal)
            .correlate(_official)
            .exists()
        )


OFFICIALS = Collection(
    Document(schemas.Official, select_official),
    _official,
    conditions=_filter_conditions,
    sorts={"name": [_official.name], "updated_at": [_official.updated_at]},
    references={
        "organization": ReferenceFilter(models.Organization.code, "/v1/organizations"),
        "division": ReferenceFilter(models.Division.code, "/v1/divisions"),
    },
    as_of_hides_items=False,
)

# An official without appointments has no owner, so any client with the scope may create one and appoint them.
OFFICIAL = Resource(
    "officials",
    _official,
    OFFICIALS,
    address="/v1/officials/{id}",
    payload_model=payloads.OfficialPayload,
    key_columns=("id",),
    owner_query=Statement(select(_appointment.organization).where(_appointment.official == bindparam("id")).distinct()),
)
