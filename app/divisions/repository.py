"""SQL of divisions."""

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
# Null if the request names no organization: then no division has a head.
_ORGANIZATION = bindparam("organization", None, type_=Text)


def _head_expression(day: DayExpression) -> ColumnElement[Any]:
    """Return the SQL of the JSON of who heads the division on a day; null if nobody, or two equally certain.

    It is null if two officials are equally certain (or equally uncertain) to head it: then neither is named.
    """
    day = day_or_null(day)
    appointment, other, official = aliased(models.Appointment), aliased(models.Appointment), aliased(models.Official)
    is_certain = contains_day(appointment.certain, day)
    has_rival = (
        select(other.id)
        .where(
            _is_possible_head(other, day),
            other.official != appointment.official,
            or_(contains_day(other.certain, day), ~is_certain),
        )
        .correlate_except(other)
        .exists()
    )
    return (
        select(json_object(id=appointment.official, name=official.name, certain=is_certain))
        .join(official, official.id == appointment.official)
        .where(_is_possible_head(appointment, day), ~has_rival)
        .order_by(appointment.id)
        .limit(1)
        .scalar_subquery()
    )


def _is_possible_head(appointment: Any, day: Any) -> ColumnElement[bool]:
    """Return the SQL condition that an appointment in the organization possibly leads the division on a day."""
    return and_(
        appointment.organization == _ORGANIZATION,
        contains_day(appointment.possible, day),
        or_(appointment.division == _division.code, appointment.office == _division.led_by),
    )


def select_division(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a division document, one column per JSON member; `head` is that of the day."""
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
    """Yield the SQL condition of each filter that the request for divisions uses."""
    for name in ("kind", "level", "members"):
        if name in filters:
            yield _division.__table__.c[name] == bindparam(name)
    if "organization" in filters:
        organization = models.Organization
        yield (
            select(organization.code)
            .where(
                organization.code == _ORGANIZATION,
                organization.kind == "commission",
                organization.level == _division.level,
                organization.seats.is_not(None),
                or_(_division.members.is_(None), _division.members == organization.seats),
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
