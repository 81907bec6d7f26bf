"""SQL of organizations."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Reader
from app.core.db.documents import (
    AS_OF_PARAMETER,
    DayExpression,
    Document,
    DocumentSelect,
    Expression,
    day_or_null,
    json_object,
)
from app.core.db.provenance import sourced_record_columns
from app.core.db.similarity import exact_name_condition
from app.core.db.statements import Statement
from app.models.officials import contains_day
from app.models.regions import former_parent_code
from app.organizations import payloads, schemas
from app.writes.resource import Resource

_organization = models.Organization


def _parent_expression(day: DayExpression) -> Expression:
    """Return the SQL of the code of the organization above this one on a day (None: at present).

    A commission follows its region: before its province existed, it was below the commission of the former province.
    """
    if day is None:
        return _organization.parent
    above = aliased(models.Organization)
    former = (
        select(above.code)
        .where(
            _organization.kind == "commission",
            above.kind == "commission",
            above.region == former_parent_code(_organization.region, day),
        )
        .correlate_except(above)
        .scalar_subquery()
    )
    return func.coalesce(former, _organization.parent)


def select_organization(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of an organization document, one column per JSON member; `parent` is that of the day."""
    return select(
        _organization.code,
        _organization.name,
        _organization.name_en,
        _organization.short_name,
        _organization.kind,
        _organization.level,
        _organization.sector,
        references.organization_reference(_parent_expression(day)).label("parent"),
        references.region_reference(_organization.region).label("region"),
        _organization.time_zone,
        _organization.role,
        _organization.seats,
        _organization.established_on,
        _organization.dissolved_on,
        *sourced_record_columns(_organization),
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of organizations: each filter in use and, with `as_of`, that they existed that day."""
    day = AS_OF_PARAMETER if "as_of" in filters else None
    for name in ("kind", "level", "sector", "region"):
        if name in filters:
            yield _organization.__table__.c[name] == bindparam(name)
    if "parent" in filters:
        yield _parent_expression(day) == bindparam("parent")
    if day is not None:
        yield or_(_organization.established_on.is_(None), _organization.established_on <= day)
        yield or_(_organization.dissolved_on.is_(None), _organization.dissolved_on > day)


ORGANIZATIONS = Collection(
    Document(schemas.Organization, select_organization),
    _organization,
    conditions=_filter_conditions,
    sorts={"code": [], "name": [_organization.name], "updated_at": [_organization.updated_at]},
    references={
        "parent": ReferenceFilter(_organization.code, "/v1/organizations"),
        "region": ReferenceFilter(models.Region.code, "/v1/regions"),
    },
)

ORGANIZATION = Resource(
    "organizations",
    _organization,
    ORGANIZATIONS,
    address="/v1/organizations/{code}",
    payload_model=payloads.OrganizationMembers,
    owner_query=Statement(select(_organization.code).where(_organization.code == bindparam("code"))),
    owner_column="parent",
)

_appointment, _official = models.Appointment, models.Official


def select_roster_entry(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a roster entry (an official in an office), one column per JSON member, as of a day."""
    return (
        select(
            json_object(id=_official.id, name=_official.name).label("official"),
            _appointment.office,
            _appointment.standing,
            references.division_reference(_appointment.division).label("division"),
            _appointment.start_on,
            _appointment.end_on,
            _appointment.seen_on,
            contains_day(_appointment.certain, day_or_null(day)).label("certain"),
            _appointment.source,
            _appointment.verified,
            _appointment.primary,
        )
        .select_from(_appointment)
        .join(_official, _official.id == _appointment.official)
    )


def _roster_filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of a roster: appointments to the organization, possible on the day, with the office."""
    yield _appointment.organization == bindparam("organization")
    yield contains_day(_appointment.possible, AS_OF_PARAMETER)
    if "office" in filters:
        yield _appointment.office == bindparam("office")


ROSTER = Collection(
    Document(schemas.RosterEntry, select_roster_entry),
    _appointment,
    conditions=_roster_filter_conditions,
    sorts={
        "office": [func.office_rank(_appointment.office, type_=Integer), _official.name],
        "name": [_official.name],
    },
    folded_text=_official.folded,
    tie_break=exact_name_condition(_official.name),
)


_current, _former_code = aliased(models.Organization), models.RegionCode
_SELECT_CURRENT_CODE = Statement(
    select(_current.code)
    .where(
        or_(
            _current.code == bindparam("code"),
            and_(
                _current.kind == "commission",
                _current.region
                == select(_former_code.region).where("kpu-" + _former_code.code == bindparam("code")).scalar_subquery(),
            ),
        )
    )
    .order_by(_current.code != bindparam("code"))
    .limit(1)
)


async def find_current_code(reader: Reader, code: str) -> str | None:
    """Return the current code of the organization that has or had this code; None if there is none."""
    row = await reader.fetch_first(_SELECT_CURRENT_CODE, {"code": code})
    return row[0] if row else None
