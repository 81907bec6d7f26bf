"""The SQL of rolls and their summaries."""

from collections.abc import Iterator
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
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from app import mentions, models
from app.attendance import schemas
from app.core.collection import Collection, Given, Reference
from app.core.database import Reader
from app.core.documents import Day, Document, Expression, Rows, as_text, json_object
from app.core.facts import fact_members
from app.core.likeness import alike
from app.core.problems import InvalidParameters
from app.core.statements import Statement

_listed, _assigned, _meeting = models.Participant, models.ParticipantSession, models.Meeting
_MEETING = bindparam("meeting", type_=Text)
MOST_FOUND = 1_000  # names alike that are ranked: of 100,000 people a third may be alike, and ranking takes its time


def participant(_day: Day) -> Rows:
    """As anyone may see it: neither that somebody was sick, nor what is noted of an excuse, which would tell."""
    return select(
        _listed.id,
        mentions.official(_listed.official).label("official"),
        _listed.name,
        mentions.organization(_listed.organization).label("organization"),
        _listed.office,
        _listed.capacity,
        _represented().label("represents"),
        _listed.open_status.label("status"),
        _listed.late,
        _listed.arrived_at,
        _listed.left_at,
        _listed.name_as_printed,
        case((_listed.open_status == literal_column("'excused'"), null()), else_=_listed.note).label("note"),
        *fact_members(_listed),
    )


def _represented() -> ColumnElement[Any]:
    other, person = aliased(models.Participant), aliased(models.Official)
    return (
        select(json_object(id=other.id, name=func.coalesce(person.name, other.name)))
        .outerjoin(person, person.id == other.official)
        .where(other.meeting == _listed.meeting, other.id == _listed.represents)
        .correlate_except(other, person)
        .scalar_subquery()
    )


def _conditions(given: Given) -> Iterator[ColumnElement[bool]]:
    yield _listed.meeting == _MEETING
    # Closed in the SQL itself: whoever has no token sees nothing of a restricted roll, whatever a router forgets.
    yield select(_meeting.code).where(_meeting.code == _MEETING, _meeting.roll == "open").exists()
    for name, column in (("organization", "organization"), ("office", "office"), ("status", "open_status")):
        if name in given:
            yield _listed.__table__.c[column] == bindparam(name)
    if "session" in given:
        yield (
            select(_assigned.participant)
            .where(
                _assigned.meeting == _listed.meeting,
                _assigned.session == bindparam("session"),
                _assigned.participant == _listed.id,
            )
            .correlate(_listed)
            .exists()
        )


def _found(words: Expression) -> ColumnElement[bool]:
    """By the name on the list, or by any name that the record has of the official."""
    known = aliased(models.Official)
    # An array, not IN: so the indexes on both columns answer, where else the whole list would be gone through.
    officials = func.array(select(known.id).where(alike(known.folded, words)).scalar_subquery())
    return or_(alike(_listed.folded, words), _listed.official == func.any(officials))


def _names() -> ColumnElement[str]:
    known = aliased(models.Official)
    of_record = select(known.folded).where(known.id == _listed.official).correlate(_listed).scalar_subquery()
    names: ColumnElement[str] = func.concat_ws(literal_column("' '"), of_record, _listed.folded)
    return names


ATTENDANCE = Collection(
    Document(schemas.Participant, participant),
    _listed,
    conditions=_conditions,
    sorts={"id": [], "updated_at": [_listed.updated_at]},
    references={
        "organization": Reference(models.Organization.code, "/v1/organizations"),
        "session": Reference(
            models.Session.code, "/v1/meetings/{code}/sessions", within=models.Session.meeting == _MEETING
        ),
    },
    folded=_names(),
    found=_found,
    most=MOST_FOUND,
)

_ROLL = Statement(select(_meeting.roll).where(_meeting.code == _MEETING))


async def roll_of(read: Reader, meeting: str) -> str | None:
    """Whether a meeting's roll is open or restricted; None where there is no such meeting."""
    row = await read.row(_ROLL, {"meeting": meeting})
    return row[0] if row else None


def _counted(by: str | None, in_session: bool) -> CTE:
    """The list of a meeting come down to `number` of each key, status and lateness: a few rows for any roll."""
    keys: dict[str, Expression] = {"": cast(null(), Text), "office": _listed.office, "session": _assigned.session}
    key = keys.get(by or "", _listed.organization)
    rows = select(key.label("key"), _listed.open_status, _listed.late, func.count().label("number"))
    if by == "session" or in_session:
        rows = rows.outerjoin(
            _assigned,
            and_(
                _assigned.meeting == _MEETING,
                _assigned.meeting == _listed.meeting,
                _assigned.participant == _listed.id,
            ),
        )
    if in_session:
        rows = rows.where(_assigned.session == bindparam("session"))
    return rows.where(_listed.meeting == _MEETING).group_by(key, _listed.open_status, _listed.late).cte()


_NONE: ColumnElement[Any] = literal_column("'[]'::json")
STATUSES = ("expected", "present", "represented")
REASONS = ("excused", "on_duty_elsewhere", "on_leave", "absent")


def _sums(counted: FromClause) -> list[Label[int]]:
    """How many there are in all, in each status and late, over some counted rows."""

    def where(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(cast(func.sum(counted.c.number).filter(condition), Integer), literal_column("0"))

    return [
        where(true()).label("invited"),
        *(
            where(counted.c.open_status == literal_column(f"'{status}'")).label(status)
            for status in (*STATUSES, *REASONS)
        ),
        where(counted.c.late).label("late"),
    ]


def _numbers(sums: FromClause) -> dict[str, ColumnElement[Any]]:
    """The members of Counts, from a row of sums."""
    return {
        "invited": sums.c.invited,
        **{status: sums.c[status] for status in STATUSES},
        "absent": json_object(**{reason: sums.c[reason] for reason in REASONS}),
        "late": sums.c.late,
    }


def _groups(by: str, counted: FromClause) -> ColumnElement[Any]:
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
    rows = select(key.label("key"), name.label("name"), *_sums(counted)).select_from(counted)
    if by in ("organization", "level", "region"):
        rows = rows.outerjoin(body, body.code == counted.c.key)
    if by == "region":
        rows = rows.outerjoin(region, region.code == body.region)
    if by == "session":
        rows = rows.outerjoin(part, and_(part.meeting == _MEETING, part.code == counted.c.key))
    sums = rows.group_by(literal_column("1"), literal_column("2")).subquery()
    group = json_object(key=sums.c.key, name=sums.c.name, **_numbers(sums))
    listed = select(func.json_agg(aggregate_order_by(group, sums.c.key))).scalar_subquery()
    return func.coalesce(listed, _NONE)


def _summary(by: str | None, in_session: bool) -> Rows:
    """One row for the meeting: its numbers, and those of its groups."""
    counted = _counted(by, in_session)
    totals = select(*_sums(_counted(None, in_session) if by == "session" else counted)).subquery("totals")
    return (
        select(
            json_object(code=_meeting.code, name=_meeting.name).label("meeting"),
            (literal_column(f"'{by}'", Text) if by else cast(null(), Text)).label("by"),
            *(column.label(name) for name, column in _numbers(totals).items()),
            # Without `by` there are no groups, but still their shape, to hold the schema against: Postgres drops it.
            case((literal_column("true" if by else "false"), _groups(by or "office", counted)), else_=_NONE).label(
                "groups"
            ),
        )
        .select_from(_meeting)
        .join(totals, true())
        .where(_meeting.code == _MEETING)
    )


@lru_cache(maxsize=20)
def _summary_statement(by: str | None, in_session: bool) -> Statement:
    document = Document(schemas.Summary, lambda _: _summary(by, in_session)).select(on_a_day=False).subquery()
    is_known = select(models.Session.code).where(
        models.Session.meeting == _MEETING, models.Session.code == bindparam("session", None, type_=Text)
    )
    return Statement(select(as_text(document.c.document, fields=False), is_known.exists()))


async def summary(read: Reader, meeting: str, query: schemas.SummaryQuery) -> bytes | None:
    """The JSON of a meeting's numbers; None where there is no such meeting.

    Raises InvalidParameters for a session that the meeting does not have.
    """
    statement = _summary_statement(query.by, query.session is not None)
    row = await read.row(statement, {"meeting": meeting, "session": query.session})
    if row is None:
        return None
    text, session_is_known = row
    if query.session and not session_is_known:
        raise InvalidParameters(ATTENDANCE.references["session"].unknown("session"))
    return str(text).encode()
