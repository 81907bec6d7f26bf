"""The SQL of meetings and their sessions."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, select, true
from sqlalchemy.orm import aliased

from app import models, references
from app.core.collection import ActiveFilters, Collection, ReferenceFilter
from app.core.db.database import Reader
from app.core.db.documents import (
    AS_OF_PARAMETER,
    DayExpression,
    Document,
    DocumentSelect,
    day_or_null,
    json_array,
    json_object,
)
from app.core.db.provenance import record_columns, sourced_record_columns
from app.core.db.statements import Statement
from app.core.problems import NotFound
from app.meetings import payloads, schemas
from app.meetings.parts import said_members, session_members
from app.models.days import first_known_day_or_infinity, overlap_conditions
from app.models.meetings import meeting_status_on
from app.writes.resource import Parts, Resource, Values

_meeting, _session, _said = models.Meeting, models.Session, models.MeetingStatement


def meeting(day: DayExpression) -> DocumentSelect:
    part, correction = aliased(_session), models.SourceCorrection
    return select(
        _meeting.code,
        _meeting.name,
        _meeting.name_en,
        _meeting.kind,
        references.organization_reference(_meeting.host).label("host"),
        _meeting.place,
        _meeting.time_zone,
        _meeting.start_on,
        _meeting.end_on,
        _meeting.cancelled_on,
        references.election_reference(_meeting.election).label("election"),
        _meeting.audience,
        _meeting.purpose,
        meeting_status_on(_meeting, day_or_null(day)).label("status"),
        _meeting.roll,
        _meeting.roll_closed_at,
        _meeting.places,
        _meeting.retention_days,
        _meeting.forgotten_at,
        json_array(
            json_object(**session_members(part)), part.position, part.code, where=part.meeting == _meeting.code
        ).label("sessions"),
        json_array(
            json_object(**said_members(_said)),
            _said.made_on,
            _said.id,
            where=_said.meeting == _meeting.code,
        ).label("statements"),
        json_object(
            publisher=_meeting.source_publisher,
            title=_meeting.source_title,
            corrections=json_array(
                json_object(
                    field=correction.field, printed=correction.printed, held=correction.held, reason=correction.reason
                ),
                correction.position,
                where=correction.meeting == _meeting.code,
            ),
        ).label("source"),
        *record_columns(_meeting),
    )


def _meetings_asked(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    for name in ("host", "kind", "election"):
        if name in given:
            yield _meeting.__table__.c[name] == bindparam(name)
    if "status" in given:
        yield meeting_status_on(_meeting, AS_OF_PARAMETER) == bindparam("status")
    if "attended_by" in given:
        listed, present = models.Participant, models.Attendance
        yield (
            select(present.participant)
            .join(listed, and_(listed.meeting == present.meeting, listed.id == present.participant))
            .where(
                listed.meeting == _meeting.code,
                listed.organization == bindparam("attended_by"),
                present.status == "present",
            )
            .exists()
        )
    yield from overlap_conditions(_meeting.start_on, _meeting.end_on, given)


MEETINGS = Collection(
    Document(schemas.Meeting, meeting),
    _meeting,
    conditions=_meetings_asked,
    sorts={
        "start_on": [_meeting.start_on],
        "code": [],
        "name": [_meeting.name],
        "updated_at": [_meeting.updated_at],
    },
    references={
        "host": ReferenceFilter(models.Organization.code, "/v1/organizations"),
        "election": ReferenceFilter(models.Election.code, "/v1/elections"),
        "attended_by": ReferenceFilter(models.Organization.code, "/v1/organizations"),
    },
    as_of_hides_items=False,
)


def _columns(members: Values) -> Values:
    """The source stands in columns of the meeting, its corrections in rows of their own."""
    if "source" not in members:
        return members
    source = dict(members["source"])
    return {
        **{name: value for name, value in members.items() if name != "source"},
        "source_publisher": source["publisher"],
        "source_title": source["title"],
        "corrections": source["corrections"],
    }


MEETING = Resource(
    "meetings",
    _meeting,
    MEETINGS,
    address="/v1/meetings/{code}",
    payload_model=payloads.MeetingMembers,
    parts=[Parts("corrections", models.SourceCorrection, foreign_key={"meeting": "code"})],
    to_columns=_columns,
    owner_query=Statement(select(_meeting.host).where(_meeting.code == bindparam("code"))),
    date_dependent=True,
)
_HOST = Statement(select(_meeting.host).where(_meeting.code == bindparam("meeting")))


def session(_day: DayExpression) -> DocumentSelect:
    members = (column.label(name) for name, column in session_members(_session).items())
    zone = select(_meeting.time_zone).where(_meeting.code == _session.meeting).scalar_subquery()
    return select(*members, zone.label("time_zone"), *sourced_record_columns(_session))


def _sessions_asked(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    yield _session.meeting == bindparam("meeting")
    if "kind" in given:
        yield _session.kind == bindparam("kind")
    if "topic" in given:
        topic = func.unnest(_session.topics).column_valued("topic")
        yield func.fold(bindparam("topic", type_=Text)).in_(select(func.fold(topic)))


SESSIONS = Collection(
    Document(schemas.Session, session),
    _session,
    key=_session.code,
    conditions=_sessions_asked,
    sorts={
        "position": [_session.position],
        "code": [],
        "name": [_session.name],
        "updated_at": [_session.updated_at],
    },
)

SESSION = Resource(
    "sessions",
    _session,
    SESSIONS,
    address="/v1/meetings/{meeting}/sessions/{code}",
    payload_model=payloads.SessionMembers,
    key_columns=("meeting", "code"),
    parts=[Parts("speakers", models.SessionSpeaker, foreign_key={"meeting": "meeting", "session": "code"})],
    owner_query=_HOST,
)


def statement(_day: DayExpression) -> DocumentSelect:
    return select(
        *(column.label(name) for name, column in said_members(_said).items()), _said.revision, _said.updated_at
    )


def _statements_asked(_given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    yield _said.meeting == bindparam("meeting")


STATEMENTS = Collection(
    Document(schemas.StatementRecord, statement),
    _said,
    key=_said.id,
    conditions=_statements_asked,
    sorts={"made_on": [first_known_day_or_infinity(_said.made_on)], "updated_at": [_said.updated_at]},
    folded=_said.summary,
    whole=true(),
)

STATEMENT = Resource(
    "statements",
    _said,
    STATEMENTS,
    address="/v1/meetings/{meeting}/statements/{id}",
    payload_model=payloads.StatementContent,
    key_columns=("meeting", "id"),
    generated_columns=(),
    owner_query=_HOST,
)

_IS_THERE = Statement(select(_meeting.code).where(_meeting.code == bindparam("meeting")))


async def must_be_there(read: Reader, meeting: str) -> None:
    """Raise NotFound unless there is a meeting with this code."""
    if await read.fetch_first(_IS_THERE, {"meeting": meeting}) is None:
        raise NotFound
