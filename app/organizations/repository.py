"""The SQL of organizations."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Reader
from app.core.db.documents import AS_OF, Day, Document, Expression, Rows, json_object, known_day
from app.core.db.provenance import fact_members
from app.core.db.similarity import is_whole
from app.core.db.statements import Statement
from app.models.officials import holds_on
from app.models.regions import former_parent
from app.models.vocabulary import OFFICES
from app.organizations import payloads, schemas
from app.writes.resource import Resource

_body = models.Organization


def _parent(day: Day) -> Expression:
    """The body above on a day. A commission follows its region: before its province existed, the former province's."""
    if day is None:
        return _body.parent
    above = aliased(models.Organization)
    former = (
        select(above.code)
        .where(
            _body.kind == "commission",
            above.kind == "commission",
            above.region == former_parent(_body.region, day),
        )
        .correlate_except(above)
        .scalar_subquery()
    )
    return func.coalesce(former, _body.parent)


def organization(day: Day) -> Rows:
    return select(
        _body.code,
        _body.name,
        _body.name_en,
        _body.short_name,
        _body.kind,
        _body.level,
        _body.sector,
        references.organization_reference(_parent(day)).label("parent"),
        references.region_reference(_body.region).label("region"),
        _body.time_zone,
        _body.role,
        _body.seats,
        _body.established_on,
        _body.dissolved_on,
        *fact_members(_body),
    )


def _conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    day = AS_OF if "as_of" in given else None
    for name in ("kind", "level", "sector", "region"):
        if name in given:
            yield _body.__table__.c[name] == bindparam(name)
    if "parent" in given:
        yield _parent(day) == bindparam("parent")
    if day is not None:
        yield or_(_body.established_on.is_(None), _body.established_on <= day)
        yield or_(_body.dissolved_on.is_(None), _body.dissolved_on > day)


ORGANIZATIONS = Collection(
    Document(schemas.Organization, organization),
    _body,
    conditions=_conditions,
    sorts={"code": [], "name": [_body.name], "updated_at": [_body.updated_at]},
    references={
        "parent": ReferenceFilter(_body.code, "/v1/organizations"),
        "region": ReferenceFilter(models.Region.code, "/v1/regions"),
    },
)

ORGANIZATION = Resource(
    "organizations",
    _body,
    ORGANIZATIONS,
    address="/v1/organizations/{code}",
    payload_model=payloads.OrganizationMembers,
    owner_query=Statement(select(_body.code).where(_body.code == bindparam("code"))),
    owner_column="parent",
)

_held, _person = models.Appointment, models.Official


def roster_entry(day: Day) -> Rows:
    return (
        select(
            json_object(id=_person.id, name=_person.name).label("official"),
            _held.office,
            _held.standing,
            references.division_reference(_held.division).label("division"),
            _held.start_on,
            _held.end_on,
            _held.seen_on,
            holds_on(_held.certain, known_day(day)).label("certain"),
            _held.source,
            _held.verified,
            _held.primary,
        )
        .select_from(_held)
        .join(_person, _person.id == _held.official)
    )


def _on_the_roster(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Everyone whose appointment is possible on the day."""
    yield _held.organization == bindparam("organization")
    yield holds_on(_held.possible, AS_OF)
    if "office" in given:
        yield _held.office == bindparam("office")


ROSTER = Collection(
    Document(schemas.RosterEntry, roster_entry),
    _held,
    conditions=_on_the_roster,
    sorts={
        "office": [func.array_position(array([*OFFICES]), _held.office, type_=Integer), _person.name],
        "name": [_person.name],
    },
    folded=_person.folded,
    whole=is_whole(_person.name),
)


_now, _then = aliased(models.Organization), models.RegionCode
_CODE_TODAY = Statement(
    select(_now.code)
    .where(
        or_(
            _now.code == bindparam("code"),
            and_(
                _now.kind == "commission",
                _now.region == select(_then.region).where("kpu-" + _then.code == bindparam("code")).scalar_subquery(),
            ),
        )
    )
    .order_by(_now.code != bindparam("code"))
    .limit(1)
)


async def code_today(read: Reader, code: str) -> str | None:
    """The code itself, or today's of the commission that had it under its region's former code; None for neither."""
    row = await read.fetch_first(_CODE_TODAY, {"code": code})
    return row[0] if row else None
