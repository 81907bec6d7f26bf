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
    column,
    func,
    literal_column,
    null,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app import models
from app.attendance import schemas
from app.attendance.repository import PUBLIC_LINES
from app.core.db.database import Queryable
from app.core.db.documents import Document, DocumentSelect, Expression, document_text, json_object
from app.core.db.ordering import by_code_point
from app.core.db.statements import Statement
from app.core.problems import InvalidParameters

_counter = models.AttendanceCount
# Views that show a closed roll as it was closed (migrations/sql/roll_views.sql).
_heading = table("roll_headings", column("meeting", Text), column("name", Text))
_session = table("roll_sessions", *(column(name, Text) for name in ("meeting", "code", "name")))
_organization = table(
    "roll_organizations",
    *(column(name, Text) for name in ("meeting", "code", "name", "level", "region", "region_name")),
)
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
    no_name = cast(null(), Text)
    keys: dict[str, tuple[Expression, Expression]] = {
        "organization": (_organization.c.code, _organization.c.name),
        "level": (_organization.c.level, no_name),
        "region": (_organization.c.region, _organization.c.region_name),
        "office": (counters.c.key, no_name),
        "session": (_session.c.code, _session.c.name),
    }
    key, name = keys[by]
    rows = select(key.label("key"), name.label("name"), *_sum_expressions(counters)).select_from(counters)
    if by in ("organization", "level", "region"):
        of_key = and_(_organization.c.meeting == _MEETING, _organization.c.code == counters.c.key)
        rows = rows.outerjoin(_organization, of_key)
    if by == "session":
        rows = rows.outerjoin(_session, and_(_session.c.meeting == _MEETING, _session.c.code == counters.c.key))
    sums = rows.group_by(literal_column("1"), literal_column("2")).subquery()
    group = json_object(key=sums.c.key, name=sums.c.name, **_counts_members(sums))
    array = select(func.json_agg(aggregate_order_by(group, by_code_point(sums.c.key)))).scalar_subquery()
    return func.coalesce(array, _EMPTY_ARRAY)


def _select_summary(by: str | None, in_session: bool) -> DocumentSelect:
    """Build the SELECT of one row with the meeting's counts, in total and by `by`; of one session if `in_session`."""
    counters = _select_counts_by_key(by, in_session)
    totals = select(*_sum_expressions(_select_counts_by_key(None, in_session))).subquery("totals")
    return (
        select(
            json_object(code=_heading.c.meeting, name=_heading.c.name).label("meeting"),
            (literal_column(f"'{by}'", Text) if by else cast(null(), Text)).label("by"),
            *(column.label(name) for name, column in _counts_members(totals).items()),
            # Without `by` the expression of groups is dead code, which the check against the schema needs.
            case(
                (literal_column("true" if by else "false"), _groups_expression(by or "office", counters)),
                else_=_EMPTY_ARRAY,
            ).label("groups"),
        )
        .select_from(_heading)
        .join(totals, true())
        .where(_heading.c.meeting == _MEETING)
    )


@lru_cache(maxsize=20)
def _build_summary_statement(by: str | None, in_session: bool) -> Statement:
    """Build the statement that reads a summary as a JSON document, and whether the selected session exists."""
    document = (
        Document(schemas.AttendanceSummary, lambda _: _select_summary(by, in_session)).select(as_of=False).subquery()
    )
    session_query = select(_session.c.code).where(
        _session.c.meeting == _MEETING, _session.c.code == bindparam("session", None, type_=Text)
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
