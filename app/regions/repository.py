"""SQL of regions."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Reader
from app.core.db.documents import (
    AS_OF_PARAMETER,
    DayExpression,
    Document,
    DocumentSelect,
    Expression,
    json_array,
    json_object,
)
from app.core.db.provenance import sourced_record_columns
from app.core.db.statements import Statement
from app.models.regions import former_parent_code
from app.regions import payloads, schemas
from app.writes.resource import Parts, Resource

_region, _former = models.Region, models.RegionCode


def _parent_expression(day: DayExpression) -> Expression:
    """Return the SQL of the code of a region's province on a day; the present one if no other is known."""
    return _region.parent if day is None else func.coalesce(former_parent_code(_region.code, day), _region.parent)


def select_region(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a region document, one column per JSON member; `parent` is that of the day."""
    return select(
        _region.code,
        _region.name,
        _region.name_en,
        _region.type,
        references.region_reference(_parent_expression(day)).label("parent"),
        _region.iso_3166_2,
        _region.capital,
        _region.time_zone,
        _region.valid_from,
        _region.formed_by,
        references.region_reference(_region.split_from).label("split_from"),
        json_array(
            json_object(code=_former.code, parent=references.region_reference(_former.parent), until=_former.until),
            _former.until.desc().nulls_first(),
            _former.code,
            where=_former.region == _region.code,
        ).label("previous_codes"),
        _region.autonomous,
        *sourced_record_columns(_region),
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of regions: each filter in use and, with `as_of`, that they existed that day."""
    day = AS_OF_PARAMETER if "as_of" in filters else None
    if "type" in filters:
        yield _region.type == bindparam("type")
    if "parent" in filters:
        yield _parent_expression(day) == bindparam("parent")
    if day is not None:
        yield or_(_region.valid_from.is_(None), _region.valid_from <= day)


REGIONS = Collection(
    Document(schemas.Region, select_region),
    _region,
    conditions=_filter_conditions,
    sorts={"code": [], "name": [_region.name], "updated_at": [_region.updated_at]},
    references={"parent": ReferenceFilter(_region.code, "/v1/regions")},
)

REGION = Resource(
    "regions",
    _region,
    REGIONS,
    address="/v1/regions/{code}",
    payload_model=payloads.RegionMembers,
    parts=[
        Parts(
            "previous_codes",
            _former,
            foreign_key={"region": "code"},
            ordered=False,
            defaults={"verified": False, "primary": False},
        )
    ],
)

_SELECT_CURRENT_CODE = Statement(select(_former.region).where(_former.code == bindparam("code")))


async def find_current_code(reader: Reader, code: str) -> str | None:
    """Return the present code of the region that formerly had this code; None if there is none."""
    row = await reader.fetch_first(_SELECT_CURRENT_CODE, {"code": code})
    return row[0] if row else None
