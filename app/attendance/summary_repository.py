"""The SQL of a roll in numbers."""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    Label,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app import models
from app.attendance import schemas
from app.attendance.repository import PUBLIC_LINES
from app.core.db.database import Queryable
from app.core.db.documents import Document, DocumentSelect, Expression, document_text, json_object
from app.core.db.statements import Statement
from app.core.problems import InvalidParameters

_count, _meeting = models.AttendanceCount, models.Meeting
_MEETING = bindparam("meeting", type_=Text)


STATUSES = ("expected", "present", "represented")
REASONS = ("excused", "on_duty_elsewhere", "on_leave", "absent")
COUNTERS = ("invited", *STATUSES, *REASONS, "late")


def _counters_by_key(by: str | None, in_session: bool) -> CTE:
    """The numbers of each key: a few rows for any roll, from the counters of the meeting."""
    keys: dict[str | None, Expression] = {None: cast(null(), Text), "office": _count.office, "session": _count.session}
    families = {None: "session" if in_session else "all", "session": "session", "office": "office"}
    family: Expression = literal_column(f"'{families.get(by, 'body')}'")
    key = func.nullif(keys.get(by, _count.organization), literal_column("''"), type_=Text)
    rows = (
        select(key.label("key"), *_sum_expressions(_count))
        .where(_count.meeting == _MEETING, _count.family == family)
        .having(func.sum(_count.invited) > 0)
    )
    if in_session:
        rows = rows.where(_count.session == bindparam("session", type_=Text))
    elif by != "session":
        rows = rows.where(_count.session == literal_column("''"))
    return rows.group_by(literal_column("1")).cte()


_EMPTY_ARRAY: ColumnElement[Any] = literal_column("'[]'::json")


def _sum_expressions(counted: Any) -> list[Label[int]]:
    """How many there are in all, in each status and late, over some counted rows."""
    return [
        func.coalesce(cast(func.sum(_counter_column(counted, name)), Integer), literal_column("0")).label(name)
        for name in COUNTERS
    ]


def _counter_column(counted: Any, name: str) -> ColumnElement[int]:
    found: ColumnElement[int] = getattr(counted.c if isinstance(counted, FromClause) else counted, name)
    return found


def _count_members(sums: FromClause) -> dict[str, ColumnElement[Any]]:
    """The members of Counts, from a row of sums."""
    return {
        "invited": sums.c.invited,
        **{status: sums.c[status] for status in STATUSES},
        "absent": json_object(**{reason: sums.c[reason] for reason in REASONS}),
        "late": sums.c.late,
    }


def _groups_expression(by: str, counted: FromClause) -> ColumnElement[Any]:
    """The groups as a JSON array, in the order of their keys."""
    body, region, part = models.Organization, models.Region, models.Session
    unnamed = cast(null(), Text)
    keys: dict[str, tuple[Expression, Expression]] = {
        "organization": (body.code, body.name),
        "level": (body.level, unnamed),
        "region": (region.code, region.name),
        "office": (counted.c.key, unnamed),
        "session": (part.code, part.name),
    }
    key, name = keys[by]
    rows = select(key.label("key"), name.label("name"), *_sum_expressions(counted)).select_from(counted)
    if by in ("organization", "level", "region"):
        rows = rows.outerjoin(body, body.code == counted.c.key)
    if by == "region":
        rows = rows.outerjoin(region, region.code == body.region)
    if by == "session":
        rows = rows.outerjoin(part, and_(part.meeting == _MEETING, part.code == counted.c.key))
    sums = rows.group_by(literal_column("1"), literal_column("2")).subquery()
    group = json_object(key=sums.c.key, name=sums.c.name, **_count_members(sums))
    listed = select(func.json_agg(aggregate_order_by(group, sums.c.key))).scalar_subquery()
    return func.coalesce(listed, _EMPTY_ARRAY)


def _select_summary(by: str | None, in_session: bool) -> DocumentSelect:
    """One row for the meeting: its numbers, and those of its groups."""
    counted = _counters_by_key(by, in_session)
    totals = select(*_sum_expressions(_counters_by_key(None, in_session))).subquery("totals")
    return (
        select(
            json_object(code=_meeting.code, name=_meeting.name).label("meeting"),
            (literal_column(f"'{by}'", Text) if by else cast(null(), Text)).label("by"),
            *(column.label(name) for name, column in _count_members(totals).items()),
            # Without `by` there are no groups, but still their shape, to hold the schema against: Postgres drops it.
            case(
                (literal_column("true" if by else "false"), _groups_expression(by or "office", counted)),
                else_=_EMPTY_ARRAY,
            ).label("groups"),
        )
        .select_from(_meeting)
        .join(totals, true())
        .where(_meeting.code == _MEETING)
    )


@lru_cache(maxsize=20)
def _build_summary_statement(by: str | None, in_session: bool) -> Statement:
    document = Document(schemas.Summary, lambda _: _select_summary(by, in_session)).select(as_of=False).subquery()
    is_known = select(models.Session.code).where(
        models.Session.meeting == _MEETING, models.Session.code == bindparam("session", None, type_=Text)
    )
    return Statement(select(document_text(document.c.document, only_fields=False), is_known.exists()))


async def find_summary(read: Queryable, meeting: str, query: schemas.SummaryQuery) -> bytes | None:
    """The JSON of a meeting's numbers; None where there is no such meeting.

    Raises InvalidParameters for a session that the meeting does not have.
    """
    statement = _build_summary_statement(query.by, query.session is not None)
    row = await read.fetch_first(statement, {"meeting": meeting, "session": query.session})
    if row is None:
        return None
    text, session_is_known = row
    if query.session and not session_is_known:
        raise InvalidParameters(PUBLIC_LINES.references["session"].unknown_code("session"))
    return str(text).encode()
