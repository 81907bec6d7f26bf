"""The SQL of divisions."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from app import models
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.documents import DayExpression, Document, DocumentSelect, day_or_null, json_object
from app.core.db.provenance import sourced_record_columns
from app.divisions import payloads, schemas
from app.models.officials import contains_day
from app.writes.resource import Resource

_division = models.Division
# Null where the request names no organization: then nobody is found to head anything.
_ORGANIZATION = bindparam("organization", None, type_=Text)


def _head_expression(day: DayExpression) -> ColumnElement[Any]:
    """Who holds the division on a day, where nobody else does as surely: of two who may, neither is named."""
    on = day_or_null(day)
    held, other, person = aliased(models.Appointment), aliased(models.Appointment), aliased(models.Official)
    as_sure = (
        select(other.id)
        .where(
            _is_held_by(other, on),
            other.official != held.official,
            or_(contains_day(other.certain, on), ~contains_day(held.certain, on)),
        )
        .correlate_except(other)
        .exists()
    )
    return (
        select(json_object(id=held.official, name=person.name, certain=contains_day(held.certain, on)))
        .join(person, person.id == held.official)
        .where(_is_held_by(held, on), ~as_sure)
        .order_by(held.id)
        .limit(1)
        .scalar_subquery()
    )


def _is_held_by(appointment: Any, day: Any) -> ColumnElement[bool]:
    return and_(
        appointment.organization == _ORGANIZATION,
        contains_day(appointment.possible, day),
        or_(appointment.division == _division.code, appointment.office == _division.led_by),
    )


def select_division(day: DayExpression) -> DocumentSelect:
    return select(
        _division.code,
        _division.kind,
        _division.level,
        _division.members,
        _division.name,
        _division.name_en,
        _division.led_by,
        _division.duties,
        _division.legal_basis,
        _head_expression(day).label("head"),
        *sourced_record_columns(_division),
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    for name in ("kind", "level", "members"):
        if name in filters:
            yield _division.__table__.c[name] == bindparam(name)
    if "organization" in filters:
        body = models.Organization
        yield (
            select(body.code)
            .where(
                body.code == _ORGANIZATION,
                body.kind == "commission",
                body.level == _division.level,
                body.seats.is_not(None),
                or_(_division.members.is_(None), _division.members == body.seats),
            )
            .exists()
        )


DIVISIONS = Collection(
    Document(schemas.Division, select_division),
    _division,
    conditions=_filter_conditions,
    sorts={"code": [], "name": [_division.name], "updated_at": [_division.updated_at]},
    references={"organization": ReferenceFilter(models.Organization.code, "/v1/organizations")},
)

DIVISION = Resource(
    "divisions", models.Division, DIVISIONS, address="/v1/divisions/{code}", payload_model=payloads.DivisionMembers
)
