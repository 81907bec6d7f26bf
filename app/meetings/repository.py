"""SQL of meetings, their sessions and their statements."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, select
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
from app.meetings import payloads, schemas, session_schemas
from app.meetings.shared_members import session_members, statement_members
from app.models.days import first_known_day_or_infinity, overlap_conditions
from app.models.meetings import meeting_status_on
from app.writes.resource import Parts, Resource, Values

_meeting, _session, _statement = models.Meeting, models.Session, models.MeetingStatement


def select_meeting(day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a meeting document, one column per JSON member; `status` is that of the day."""
    session, correction = aliased(_session), models.SourceCorrection
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
        _meeting.check_in_margin_minutes,
        _meeting.day_ends_at,
        _meeting.anonymised_at,
        json_array(
            json_object(**session_members(session)),
            session.position,
            session.code,
            where=session.meeting == _meeting.code,
        ).label("sessions"),
        json_array(
            json_object(**statement_members(_statement)),
            _statement.made_on,
            _statement.id,
            where=_statement.meeting == _meeting.code,
        ).label("statements"),
        json_object(
            publisher=_meeting.source_publisher,
            title=_meeting.source_title,
            corrections=json_array(
                json_object(
                    field=correction.field,
                    printed=correction.printed,
                    recorded=correction.recorded,
                    reason=correction.reason,
                ),
                correction.position,
                where=correction.meeting == _meeting.code,
            ),
        ).label("source"),
        *record_columns(_meeting),
    )


def _meeting_filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of each filter that the request for meetings uses."""
    for name in ("host", "kind", "election"):
        if name in filters:
            yield _meeting.__table__.c[name] == bindparam(name)
    if "status" in filters:
        yield meeting_status_on(_meeting, AS_OF_PARAMETER) == bindparam("status")
    if "attended_by" in filters:
        participant, attendance = models.Participant, models.Attendance
        yield (
            select(attendance.participant)
            .join(
                participant,
                and_(participant.meeting == attendance.meeting, participant.id == attendance.participant),
            )
            .where(
                participant.meeting == _meeting.code,
                participant.organization == bindparam("attended_by"),
                attendance.status == "present",
            )
            .exists()
        )
    yield from overlap_conditions(_meeting.start_on, _meeting.end_on, filters)


MEETINGS = Collection(
    Document(schemas.Meeting, select_meeting),
    _meeting,
    conditions=_meeting_filter_conditions,
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


def _split_source(members: Values) -> Values:
    """Replace a meeting's member `source` by the two columns that store it and the list of its corrections."""
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
    to_columns=_split_source,
    owner_query=Statement(select(_meeting.host).where(_meeting.code == bindparam("code"))),
    date_dependent=True,
)
_SELECT_HOST = Statement(select(_meeting.host).where(_meeting.code == bindparam("meeting")))


def select_session(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a session document, one column per JSON member; it does not depend on the day."""
    members = (column.label(name) for name, column in session_members(_session).items())
    zone = select(_meeting.time_zone).where(_meeting.code == _session.meeting).scalar_subquery()
    return select(*members, zone.label("time_zone"), *sourced_record_columns(_session))


def _session_filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of a list of sessions: the meeting, and each filter that the request uses."""
    yield _session.meeting == bindparam("meeting")
    if "kind" in filters:
        yield _session.kind == bindparam("kind")
    if "topic" in filters:
        topic = func.unnest(_session.topics).column_valued("topic")
        yield func.fold(bindparam("topic", type_=Text)).in_(select(func.fold(topic)))


SESSIONS = Collection(
    Document(session_schemas.Session, select_session),
    _session,
    key=_session.code,
    conditions=_session_filter_conditions,
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
    owner_query=_SELECT_HOST,
)


def select_statement(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a press statement's document, one column per JSON member; independent of the day."""
    return select(
        *(column.label(name) for name, column in statement_members(_statement).items()),
        _statement.revision,
        _statement.updated_at,
    )


def _statement_filter_conditions(_filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition that a press statement belongs to the meeting; there are no filters."""
    yield _statement.meeting == bindparam("meeting")


STATEMENTS = Collection(
    Document(schemas.Statement, select_statement),
    _statement,
    key=_statement.id,
    conditions=_statement_filter_conditions,
    sorts={"made_on": [first_known_day_or_infinity(_statement.made_on)], "updated_at": [_statement.updated_at]},
)

STATEMENT = Resource(
    "statements",
    _statement,
    STATEMENTS,
    address="/v1/meetings/{meeting}/statements/{id}",
    payload_model=payloads.StatementPayload,
    key_columns=("meeting", "id"),
    generated_columns=(),
    owner_query=_SELECT_HOST,
)

_SELECT_MEETING = Statement(select(_meeting.code).where(_meeting.code == bindparam("meeting")))


async def require_meeting(reader: Reader, meeting: str) -> None:
    """Raise NotFound unless a meeting with this code exists."""
    if await reader.fetch_first(_SELECT_MEETING, {"meeting": meeting}) is None:
        raise NotFound
