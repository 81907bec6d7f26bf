"""Meetings, what they consisted of, and who was asked to them."""

from typing import get_args

from app.models import (
    Meeting,
    MeetingStatement,
    Participant,
    ParticipantSession,
    Session,
    SessionSpeaker,
    SourceCorrection,
)
from app.models.vocabulary import (
    AttendanceStatus,
    Capacity,
    DivisionKind,
    MeetingKind,
    Office,
    RollAccess,
    SessionKind,
    StatementForm,
)
from app.reference.cells import day, identifier, instant, one_of, place, several, text, truth
from app.reference.columns import declare

MEETINGS = declare(
    "meetings.csv",
    Meeting,
    "code",
    {
        "code": text,
        "name": text,
        "name_en": text,
        "kind": one_of(*get_args(MeetingKind)),
        "host": text,
        "place": text,
        "time_zone": text,
        "start_on": day,
        "end_on": day,
        "cancelled_on": day,
        "election": text,
        "audience": text,
        "purpose": text,
        "roll": one_of(*get_args(RollAccess)),
        "publisher": text,
        "title": text,
    },
    publisher="source_publisher",
    title="source_title",
)

CORRECTIONS = declare(
    "meeting_corrections.csv",
    SourceCorrection,
    ("meeting", "position"),
    {"meeting": text, "position": place, "field": text, "printed": text, "held": text, "reason": text},
)

SESSIONS = declare(
    "sessions.csv",
    Session,
    ("meeting", "code"),
    {
        "meeting": text,
        "code": text,
        "position": place,
        "kind": one_of(*get_args(SessionKind)),
        "name": text,
        "name_en": text,
        "track": place,
        "parallel_group": text,
        "starts_at": instant,
        "ends_at": instant,
        "room": text,
        "topics": several,
    },
)

SPEAKERS = declare(
    "session_speakers.csv",
    SessionSpeaker,
    ("meeting", "session", "position"),
    {
        "meeting": text,
        "session": text,
        "position": place,
        "person": identifier,
        "name": text,
        "organization": text,
        "division": text,
        "division_kind": one_of(*get_args(DivisionKind)),
        "role": text,
    },
    person="official",
)

STATEMENTS = declare(
    "meeting_statements.csv",
    MeetingStatement,
    "id",
    {
        "id": identifier,
        "meeting": text,
        "person": identifier,
        "name": text,
        "organization": text,
        "made_on": day,
        "form": one_of(*get_args(StatementForm)),
        "summary": text,
    },
    person="official",
)

PARTICIPANTS = declare(
    "participants.csv",
    Participant,
    "id",
    {
        "id": identifier,
        "meeting": text,
        "person": identifier,
        "name": text,
        "organization": text,
        "office": one_of(*get_args(Office)),
        "capacity": one_of(*get_args(Capacity)),
        "represents": identifier,
        "status": one_of(*get_args(AttendanceStatus)),
        "late": truth,
        "arrived_at": instant,
        "left_at": instant,
        "name_as_printed": text,
        "note": text,
    },
    person="official",
)

ASSIGNED = declare(
    "participant_sessions.csv",
    ParticipantSession,
    ("meeting", "session", "participant"),
    {"meeting": text, "session": text, "participant": identifier},
)
