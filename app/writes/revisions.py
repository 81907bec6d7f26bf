"""Revisions of an object: each write that changed it, with the author, the reason and the changed members."""

from collections.abc import Iterator
from datetime import date
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
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app import models
from app.core.collection import ActiveFilters, Collection
from app.core.datetimes import WrittenInstant
from app.core.db.database import Queryable
from app.core.db.documents import DayExpression, Document, DocumentSelect, format_instants, json_object
from app.core.db.ordering import by_code_point
from app.core.http.paging import Page
from app.core.http.parameters import FieldSelection, ListQuery
from app.core.problems import NotFound
from app.models.vocabulary import RevisionAction
from app.writes.resource import Resource, Values


class MemberChange(BaseModel):
    """A changed member; `before` or `after` is null if the member had no value."""

    member: Annotated[str, Field(examples=["end_on"])]
    before: Any
    after: Any


class DateShift(BaseModel):
    """A changed date."""

    before: date | None
    after: date | None
    days: Annotated[
        int | None,
        Field(description="Days from `before` to `after`, negative if earlier; null: one of them is unknown."),
    ]


class Shift(BaseModel):
    """The changed dates of a stage or a meeting, and the regulation that changed them."""

    start_on: Annotated[DateShift | None, Field(description="Null: unchanged.")]
    end_on: DateShift | None
    legal_basis: str | None


class Revision(BaseModel):
    """A write that changed an object."""

    revision: int
    action: RevisionAction
    at: Annotated[WrittenInstant, Field(description="Time of the commit (RFC 3339).")]
    client: Annotated[str | None, Field(description="Id of the client; null: the command line.")]
    made_by: Annotated[str | None, Field(description="Name of the client at that time.", examples=["kpu-31", "load"])]
    request_id: str | None
    reason: str | None
    legal_basis: str | None
    changes: Annotated[list[MemberChange], Field(description="The changed members, by name.")]
    shift: Annotated[Shift | None, Field(description="The changed dates of a stage or a meeting; otherwise null.")]
    before: Annotated[dict[str, Any] | None, Field(description="The object's own members before it; null: created.")]
    after: Annotated[dict[str, Any] | None, Field(description="The object's own members after it; null: deleted.")]


Fields = Annotated[
    str, FieldSelection(Revision), Field(description="Members to include.", examples=["revision,at,changes"])
]


class RevisionQuery(ListQuery):
    """Query parameters of a list of revisions."""

    sort: Annotated[
        Literal["revision", "-revision"] | None,
        Field(description="Default: `revision`, oldest first. `-revision`: newest first."),
    ] = None
    fields: Fields | None = None

    @property
    def sort_order(self) -> str | None:
        """The query parameter `sort`, with a leading `-` for descending order; None if it was not given."""
        return self.sort

    def active_filters(self) -> dict[str, Any]:
        """Return no filters, because a list of revisions has none."""
        return {}


_revision = models.Revision
_COMMITS = table("commits", column("id", BigInteger), column("stamp", DateTime(timezone=True)), schema="history")
_BEFORE, _AFTER = format_instants(_revision.before), format_instants(_revision.after)
_DATED_RESOURCES = ("stages", "meetings")


def _changes_expression() -> ColumnElement[Any]:
    """Return the SQL of a JSON array of the members that differ between `before` and `after`."""
    before = func.jsonb_each(_BEFORE).table_valued("key", "value", name="member_before")
    after = func.jsonb_each(_AFTER).table_valued("key", "value", name="member_after")
    member = func.coalesce(after.c.key, before.c.key)
    change = json_object(member=member, before=before.c.value, after=after.c.value)
    both = before.outerjoin(after, before.c.key == after.c.key, full=True)
    rows = select(func.json_agg(aggregate_order_by(change, by_code_point(member)))).select_from(both)
    different = func.coalesce(before.c.value, _NULL).is_distinct_from(func.coalesce(after.c.value, _NULL))
    return func.coalesce(rows.where(different).scalar_subquery(), literal_column("'[]'::json"))


_NULL: ColumnElement[Any] = literal_column("'null'::jsonb")


def _shift_expression() -> ColumnElement[Any]:
    """Return the SQL of the JSON `Shift`; null unless an update of a stage or meeting changed its start or end."""
    shift = json_object(
        start_on=_date_shift_expression("start_on"),
        end_on=_date_shift_expression("end_on"),
        legal_basis=_revision.legal_basis,
    )
    has_dates = _revision.resource.in_(map(_text_literal, _DATED_RESOURCES))
    return case(
        (and_(has_dates, or_(_date_changed_condition("start_on"), _date_changed_condition("end_on"))), shift),
        else_=null(),
    )


def _text_literal(constant: str) -> ColumnElement[str]:
    """Return a constant of this module as an SQL text literal, without escaping."""
    return literal_column(f"'{constant}'", Text)


def _dates_before_and_after(member: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return two SQL expressions: the value of a date member before the revision, and its value after it."""
    name = _text_literal(member)
    return cast(_revision.before.op("->>")(name), Date), cast(_revision.after.op("->>")(name), Date)


def _date_changed_condition(member: str) -> ColumnElement[bool]:
    """Return the SQL condition that the revision is an update that changed a date member."""
    name = _text_literal(member)
    is_update = and_(_revision.before.is_not(None), _revision.after.is_not(None))
    return and_(is_update, _revision.before.op("->>")(name).is_distinct_from(_revision.after.op("->>")(name)))


def _date_shift_expression(member: str) -> ColumnElement[Any]:
    """Return the SQL of the JSON `DateShift` of a date member; null unless an update changed it."""
    before, after = _dates_before_and_after(member)
    return case(
        (_date_changed_condition(member), json_object(before=before, after=after, days=after - before)), else_=null()
    )


def select_revision(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a revision document, one column per JSON member; it does not depend on the day."""
    return select(
        _revision.revision,
        _revision.action,
        select(_COMMITS.c.stamp).where(_COMMITS.c.id == _revision.commit).scalar_subquery().label("at"),
        _revision.client,
        _revision.made_by,
        _revision.request_id,
        _revision.reason,
        _revision.legal_basis,
        _changes_expression().label("changes"),
        _shift_expression().label("shift"),
        _BEFORE.label("before"),
        _AFTER.label("after"),
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions for the revisions of one object, named by `resource`, `key` and perhaps `meeting`."""
    resource: ColumnElement[str] = bindparam("resource")
    key: ColumnElement[str] = bindparam("key")
    yield _revision.resource == resource
    yield _revision.key == key
    if "meeting" in filters:  # the path names the meeting, but the key does not: compare it with the newest revision
        newest = aliased(_revision)
        meeting = func.coalesce(newest.after, newest.before).op("->>")(_text_literal("meeting"))
        last = select(meeting).where(newest.resource == resource, newest.key == key)
        yield last.order_by(newest.revision.desc()).limit(1).scalar_subquery() == bindparam("meeting", type_=Text)
        yield or_(*_same_meeting_conditions())


def _same_meeting_conditions() -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of which one must hold, so that the object is not of a former meeting with the code.

    Either there is no meeting with the code today, or none was deleted since the newest revision of the object.
    """
    code = bindparam("meeting", type_=Text)
    meeting, deletion, newest = models.Meeting, aliased(_revision), aliased(_revision)
    deleted, changed = _COMMITS.alias("deleted"), _COMMITS.alias("changed")
    yield ~select(meeting.code).where(meeting.code == code).exists()
    changed_at = (
        select(func.max(changed.c.stamp))
        .join(newest, newest.commit == changed.c.id)
        .where(newest.resource == bindparam("resource"), newest.key == bindparam("key"))
    )
    yield ~(
        select(deletion.id)
        .join(deleted, deleted.c.id == deletion.commit)
        .where(
            deletion.resource == _text_literal("meetings"),
            deletion.key == code,
            deletion.action == _text_literal("deleted"),
            deleted.c.stamp >= changed_at.scalar_subquery(),
        )
        .exists()
    )


REVISIONS = Collection(
    Document(Revision, select_revision),
    _revision,
    conditions=_filter_conditions,
    sorts={"revision": [_revision.revision]},
)


async def list_revisions(reader: Queryable, resource: Resource, keys: Values, query: RevisionQuery) -> Page:
    """Fetch a page of the revisions of an object, which may have been deleted; NotFound if it never existed.

    Raises:
        NotFound: There never was such an object.
    """
    path_only = {name: value for name, value in keys.items() if name not in resource.table.primary_key.columns}
    within = {"resource": resource.name, "key": resource.format_key(keys), **path_only}
    page = await REVISIONS.fetch_page(reader, query, path_parameters=within)
    if page.is_empty:
        raise NotFound
    return page
