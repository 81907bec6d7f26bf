"""What was ever written of an object: its revisions, as the database has kept them."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app import models
from app.core.collection import ActiveFilters, Collection
from app.core.db.database import Queryable
from app.core.db.documents import DayExpression, Document, DocumentSelect, json_object
from app.core.http.paging import Page
from app.core.http.parameters import FieldSelection, ListQuery
from app.core.problems import NotFound
from app.models.vocabulary import RevisionAction
from app.writes.resource import Resource, Values


class MemberChange(BaseModel):
    """One member that has changed; null stands for nothing, before and after."""

    member: Annotated[str, Field(examples=["end_on"])]
    before: Any
    after: Any


class DateShift(BaseModel):
    """A date that has moved."""

    before: date | None
    after: date | None
    days: Annotated[int | None, Field(description="How far; negative: to an earlier day; null: one is not known.")]


class Shift(BaseModel):
    """The dates of a stage or a meeting that have moved, and the regulation that moved them."""

    start_on: Annotated[DateShift | None, Field(description="Null: it has not moved.")]
    end_on: DateShift | None
    legal_basis: str | None


class Revision(BaseModel):
    """What one write did to an object."""

    revision: int
    action: RevisionAction
    at: Annotated[datetime, Field(description="When it was committed (RFC 3339).")]
    client: Annotated[str | None, Field(description="Id of the client that wrote; null: the command line.")]
    made_by: Annotated[str | None, Field(description="Its name then.", examples=["kpu-31", "load"])]
    request_id: str | None
    reason: str | None
    legal_basis: str | None
    changes: Annotated[list[MemberChange], Field(description="Member by member, in the order of their names.")]
    shift: Annotated[Shift | None, Field(description="Of a stage or a meeting whose dates have moved.")]
    before: Annotated[dict[str, Any] | None, Field(description="The object's own members; null: it was not there.")]
    after: Annotated[dict[str, Any] | None, Field(description="The same after it; null: it was deleted.")]


Fields = Annotated[
    str, FieldSelection(Revision), Field(description="Members to keep.", examples=["revision,at,changes"])
]


class RevisionQuery(ListQuery):
    sort: Annotated[
        Literal["revision", "-revision"] | None, Field(description="Oldest first where it is not given.")
    ] = None
    fields: Fields | None = None

    @property
    def order(self) -> str | None:
        return self.sort

    def filters(self) -> dict[str, Any]:
        return {}


_made = models.Revision
_COMMITS = table("commits", column("id", BigInteger), column("stamp", DateTime(timezone=True)), schema="history")
_DATED = ("stages", "meetings")


def _changes() -> ColumnElement[Any]:
    was = func.jsonb_each(_made.before).table_valued("key", "value", name="was")
    is_now = func.jsonb_each(_made.after).table_valued("key", "value", name="is_now")
    member = func.coalesce(is_now.c.key, was.c.key)
    change = json_object(member=member, before=was.c.value, after=is_now.c.value)
    both = was.outerjoin(is_now, was.c.key == is_now.c.key, full=True)
    rows = select(func.json_agg(aggregate_order_by(change, member))).select_from(both)
    different = func.coalesce(was.c.value, _NULL).is_distinct_from(func.coalesce(is_now.c.value, _NULL))
    return func.coalesce(rows.where(different).scalar_subquery(), literal_column("'[]'::json"))


_NULL: ColumnElement[Any] = literal_column("'null'::jsonb")


def _shift() -> ColumnElement[Any]:
    moved = json_object(start_on=_moved("start_on"), end_on=_moved("end_on"), legal_basis=_made.legal_basis)
    is_moved = and_(_made.resource.in_(map(_word, _DATED)), or_(_has_moved("start_on"), _has_moved("end_on")))
    return case((is_moved, moved), else_=null())


def _word(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text)


def _dates(member: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    name = _word(member)
    return cast(_made.before.op("->>")(name), Date), cast(_made.after.op("->>")(name), Date)


def _has_moved(member: str) -> ColumnElement[bool]:
    name = _word(member)
    is_update = and_(_made.before.is_not(None), _made.after.is_not(None))
    return and_(is_update, _made.before.op("->>")(name).is_distinct_from(_made.after.op("->>")(name)))


def _moved(member: str) -> ColumnElement[Any]:
    before, after = _dates(member)
    return case((_has_moved(member), json_object(before=before, after=after, days=after - before)), else_=null())


def select_revision(_day: DayExpression) -> DocumentSelect:
    return select(
        _made.revision,
        _made.action,
        select(_COMMITS.c.stamp).where(_COMMITS.c.id == _made.commit).scalar_subquery().label("at"),
        _made.client,
        _made.made_by,
        _made.request_id,
        _made.reason,
        _made.legal_basis,
        _changes().label("changes"),
        _shift().label("shift"),
        _made.before,
        _made.after,
    )


def _of_the_object(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    resource: ColumnElement[str] = bindparam("resource")
    key: ColumnElement[str] = bindparam("key")
    yield _made.resource == resource
    yield _made.key == key
    if "meeting" in given:  # the address names it, and the key does not: as the newest revision has it
        newest = aliased(_made)
        meeting = func.coalesce(newest.after, newest.before).op("->>")(_word("meeting"))
        last = select(meeting).where(newest.resource == resource, newest.key == key)
        yield last.order_by(newest.revision.desc()).limit(1).scalar_subquery() == bindparam("meeting", type_=Text)


REVISIONS = Collection(
    Document(Revision, select_revision),
    _made,
    conditions=_of_the_object,
    sorts={"revision": [_made.revision]},
    folded=_made.key,
    whole=true(),
)


async def list_revisions(read: Queryable, resource: Resource, keys: Values, query: RevisionQuery) -> Page:
    """The revisions of an object, also of one that was deleted; NotFound where there never was one."""
    beside = {name: value for name, value in keys.items() if name not in resource.table.primary_key.columns}
    within = {"resource": resource.name, "key": resource.format_key(keys), **beside}
    found = await REVISIONS.fetch_page(read, query, path_parameters=within)
    if found.is_empty:
        raise NotFound
    return found
