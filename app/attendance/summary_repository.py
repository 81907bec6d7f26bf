"""SQL of attendance summaries: counts of a meeting and of groups of its participants."""

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

_counter, _meeting = models.AttendanceCount, models.Meeting
_MEETING = bindparam("meeting", type_=Text)
_EMPTY_ARRAY: ColumnElement[Any] = literal_column("'[]'::json")

STATUSES = ("expected", "present", "represented")
REASONS = ("excused", "on_duty_elsewhere", "on_leave", "absent")
COUNTERS = ("invited", *STATUSES, *REASONS, "late")


def _select_counts_by_key(by: str | None, in_session: bool) -> CTE:
    """Build a CTE of the meeting's stored counts by `by` (None: in total), of one session if `in_session`."""
    keys: dict[str | None, Expression] = {
        None: cast(null(), Text),
        "office": _counter.office,
        "session": _counter.session,
    }
    families = {None: "session" if in_session else "all", "session": "session", "office": "office"}
    family: Expression = literal_column(f"'{families.get(by, 'body')}'")
    key = func.nullif(keys.get(by, _counter.organization), literal_column("''"), type_=Text)
    rows = (
        select(key.label("key"), *_sum_expressions(_counter))
        .where(_counter.meeting == _MEETING, _counter.family == family)
        .having(func.sum(_counter.invited) > 0)
    )
    if in_session:
        rows = rows.where(_counter.session == bindparam("session", type_=Text))
    elif by != "session":
        rows = rows.where(_counter.session == literal_column("''"))
    return rows.group_by(literal_column("1")).cte()


def _sum_expressions(counters: Any) -> list[Label[int]]:
    """Return the SQL sum of each counter column (0 without rows), labelled with the column's name."""
    return [
        func.coalesce(cast(func.sum(_counter_column(counters, name)), Integer), literal_column("0")).label(name)
        for name in COUNTERS
    ]


def _counter_column(counters: Any, name: str) -> ColumnElement[int]:
    """Return the counter column with this name, of a subquery or of the model."""
    column: ColumnElement[int] = getattr(counters.c if isinstance(counters, FromClause) else counters, name)
    return column


def _counts_members(sums: FromClause) -> dict[str, ColumnElement[Any]]:
    """Return the SQL of each JSON member of `schemas.Counts`, by name, from a row of sums."""
    return {
        "invited": sums.c.invited,
        **{status: sums.c[status] for status in STATUSES},
        "absent": json_object(**{reason: sums.c[reason] for reason in REASONS}),
        "late": sums.c.late,
    }


def _groups_expression(by: str, counters: FromClause) -> ColumnElement[Any]:
    """Return the SQL of the counts of each group (organization, office …) as a JSON array, ordered by group key."""
    organization, region, session = models.Organization, models.Region, models.Session
    no_name = cast(null(), Text)
    keys: dict[str, tuple[Expression, Expression]] = {
        "organization": (organization.code, organization.name),
        "level": (organization.level, no_name),
        "region": (region.code, region.name),
        "office": (counters.c.key, no_name),
        "session": (session.code, session.name),
    }
    key, name = keys[by]
    rows = select(key.label("key"), name.label("name"), *_sum_expressions(counters)).select_from(counters)
    if by in ("organization", "level", "region"):
        rows = rows.outerjoin(organization, organization.code == counters.c.key)
    if by == "region":
        rows = rows.outerjoin(region, region.code == organization.region)
    if by == "session":
        rows = rows.outerjoin(session, and_(session.meeting == _MEETING, session.code == counters.c.key))
    sums = rows.group_by(literal_column("1"), literal_column("2")).subquery()
    group = json_object(key=sums.c.key, name=sums.c.name, **_counts_members(sums))
    array = select(func.json_agg(aggregate_order_by(group, sums.c.key))).scalar_subquery()
    return func.coalesce(array, _EMPTY_ARRAY)


def _select_summary(by: str | None, in_session: bool) -> DocumentSelect:
    """Build the SELECT of one row with the meeting's counts, in total and by `by`; of one session if `in_session`."""
    counters = _select_counts_by_key(by, in_session)
    totals = select(*_sum_expressions(_select_counts_by_key(None, in_session))).subquery("totals")
    return (
        select(
            json_object(code=_meeting.code, name=_meeting.name).label("meeting"),
            (literal_column(f"'{by}'", Text) if by else cast(null(), Text)).label("by"),
            *(column.label(name) for name, column in _counts_members(totals).items()),
            # Without `by` the expression of groups is dead code, which the check against the schema needs.
            case(
                (literal_column("true" if by else "false"), _groups_expression(by or "office", counters)),
                else_=_EMPTY_ARRAY,
            ).label("groups"),
        )
        .select_from(_meeting)
        .join(totals, true())
        .where(_meeting.code == _MEETING)
    )


@lru_cache(maxsize=20)
def _build_summary_statement(by: str | None, in_session: bool) -> Statement:
    """Build the statement that reads a summary as a JSON document, and whether the selected session exists."""
    document = (
        Document(schemas.AttendanceSummary, lambda _: _select_summary(by, in_session)).select(as_of=False).subquery()
    )
    session_query = select(models.Session.code).where(
        models.Session.meeting == _MEETING, models.Session.code == bindparam("session", None, type_=Text)
    )
    return Statement(select(document_text(document.c.document, only_fields=False), session_query.exists()))


async def find_summary(reader: Queryable, meeting: str, query: schemas.SummaryQuery) -> bytes | None:
    """Return a meeting's attendance summary as JSON, grouped and limited as `query` asks; None: no such meeting.

    Raises:
        InvalidParameters: The meeting has no such session.
    """
    statement = _build_summary_statement(query.by, query.session is not None)
    row = await reader.fetch_first(statement, {"meeting": meeting, "session": query.session})
    if row is None:
        return None
    text, session_is_known = row
    if query.session and not session_is_known:
        raise InvalidParameters(PUBLIC_LINES.references["session"].unknown_code_error("session"))
    return str(text).encode()
