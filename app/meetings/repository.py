"""The SQL of meetings and their sessions."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, func, select
from sqlalchemy.orm import aliased

from app import mentions, models
from app.core.collection import Collection, Given, Reference
from app.core.database import Reader
from app.core.documents import AS_OF, Day, Document, Rows, json_list, json_object, known_day
from app.core.facts import fact_members, record_members
from app.core.problems import NotFound
from app.core.statements import Statement
from app.meetings import schemas
from app.models.days import overlaps
from app.models.meetings import status_on

_meeting, _session, _said = models.Meeting, models.Session, models.Statement


def _session_members(part: Any) -> Mapping[str, Any]:
    """The members that a session has alone and within its meeting."""
    speaker = aliased(models.Speaker)
    return {
        "code": part.code,
        "position": part.position,
        "kind": part.kind,
        "name": part.name,
        "name_en": part.name_en,
        "track": part.track,
        "parallel_group": part.parallel_group,
        "starts_at": part.starts_at,
        "ends_at": part.ends_at,
        "room": part.room,
        "topics": part.topics,
        "speakers": json_list(
            json_object(
                official=mentions.official(speaker.official),
                name=speaker.name,
                organization=mentions.organization(speaker.organization),
                division=mentions.division(speaker.division),
                division_kind=speaker.division_kind,
                role=speaker.role,
            ),
            speaker.position,
            where=(speaker.meeting == part.meeting) & (speaker.session == part.code),
        ),
    }


def meeting(day: Day) -> Rows:
    part, correction = aliased(_session), models.Correction
    return select(
        _meeting.code,
        _meeting.name,
        _meeting.name_en,
        _meeting.kind,
        mentions.organization(_meeting.host).label("host"),
        _meeting.place,
        _meeting.time_zone,
        _meeting.start_on,
        _meeting.end_on,
        _meeting.cancelled_on,
        mentions.election(_meeting.election).label("election"),
        _meeting.audience,
        _meeting.purpose,
        status_on(_meeting, known_day(day)).label("status"),
        _meeting.roll,
        json_list(
            json_object(**_session_members(part)), part.position, part.code, where=part.meeting == _meeting.code
        ).label("sessions"),
        json_list(
            json_object(
                id=_said.id,
                official=mentions.official(_said.official),
                name=_said.name,
                organization=mentions.organization(_said.organization),
                made_on=_said.made_on,
                form=_said.form,
                summary=_said.summary,
                source=_said.source,
                verified=_said.verified,
                primary=_said.primary,
            ),
            _said.made_on,
            _said.id,
            where=_said.meeting == _meeting.code,
        ).label("statements"),
        json_object(
            publisher=_meeting.source_publisher,
            title=_meeting.source_title,
            corrections=json_list(
                json_object(
                    field=correction.field, printed=correction.printed, held=correction.held, reason=correction.reason
                ),
                correction.position,
                where=correction.meeting == _meeting.code,
            ),
        ).label("source"),
        *record_members(_meeting),
    )


def _meetings_asked(given: Given) -> Iterator[ColumnElement[bool]]:
    for name in ("host", "kind", "election"):
        if name in given:
            yield _meeting.__table__.c[name] == bindparam(name)
    if "status" in given:
        yield status_on(_meeting, AS_OF) == bindparam("status")
    if "attended_by" in given:
        present = models.Participant
        yield (
            select(present.id)
            .where(
                present.meeting == _meeting.code,
                present.organization == bindparam("attended_by"),
                present.status == "present",
            )
            .exists()
        )
    yield from overlaps(_meeting.start_on, _meeting.end_on, given)


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
        "host": Reference(models.Organization.code, "/v1/organizations"),
        "election": Reference(models.Election.code, "/v1/elections"),
        "attended_by": Reference(models.Organization.code, "/v1/organizations"),
    },
    as_of_hides_items=False,
)


def session(_day: Day) -> Rows:
    members = (column.label(name) for name, column in _session_members(_session).items())
    zone = select(_meeting.time_zone).where(_meeting.code == _session.meeting).scalar_subquery()
    return select(*members, zone.label("time_zone"), *fact_members(_session))


def _sessions_asked(given: Given) -> Iterator[ColumnElement[bool]]:
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

_IS_THERE = Statement(select(_meeting.code).where(_meeting.code == bindparam("meeting")))


async def must_be_there(read: Reader, meeting: str) -> None:
    """Raise NotFound unless there is a meeting with this code."""
    if await read.row(_IS_THERE, {"meeting": meeting}) is None:
        raise NotFound
