"""Files of meetings, their sessions, speakers, statements and participants."""

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
from app.reference.cells import (
    make_choice_parser,
    parse_boolean,
    parse_date,
    parse_instant,
    parse_list,
    parse_position,
    parse_text,
    parse_uuid,
)
from app.reference.columns import declare_file

MEETINGS = declare_file(
    "meetings.csv",
    Meeting,
    "code",
    {
        "code": parse_text,
        "name": parse_text,
        "name_en": parse_text,
        "kind": make_choice_parser(*get_args(MeetingKind)),
        "host": parse_text,
        "place": parse_text,
        "time_zone": parse_text,
        "start_on": parse_date,
        "end_on": parse_date,
        "cancelled_on": parse_date,
        "election": parse_text,
        "audience": parse_text,
        "purpose": parse_text,
        "roll": make_choice_parser(*get_args(RollAccess)),
        "publisher": parse_text,
        "title": parse_text,
    },
    publisher="source_publisher",
    title="source_title",
)

CORRECTIONS = declare_file(
    "meeting_corrections.csv",
    SourceCorrection,
    ("meeting", "position"),
    {
        "meeting": parse_text,
        "position": parse_position,
        "field": parse_text,
        "printed": parse_text,
        "recorded": parse_text,
        "reason": parse_text,
    },
)

SESSIONS = declare_file(
    "sessions.csv",
    Session,
    ("meeting", "code"),
    {
        "meeting": parse_text,
        "code": parse_text,
        "position": parse_position,
        "kind": make_choice_parser(*get_args(SessionKind)),
        "name": parse_text,
        "name_en": parse_text,
        "track": parse_position,
        "parallel_group": parse_text,
        "starts_at": parse_instant,
        "ends_at": parse_instant,
        "room": parse_text,
        "topics": parse_list,
    },
)

SPEAKERS = declare_file(
    "session_speakers.csv",
    SessionSpeaker,
    ("meeting", "session", "position"),
    {
        "meeting": parse_text,
        "session": parse_text,
        "position": parse_position,
        "person": parse_uuid,
        "name": parse_text,
        "organization": parse_text,
        "division": parse_text,
        "division_kind": make_choice_parser(*get_args(DivisionKind)),
        "role": parse_text,
    },
    person="official",
)

STATEMENTS = declare_file(
    "meeting_statements.csv",
    MeetingStatement,
    "id",
    {
        "id": parse_uuid,
        "meeting": parse_text,
        "person": parse_uuid,
        "name": parse_text,
        "organization": parse_text,
        "made_on": parse_date,
        "form": make_choice_parser(*get_args(StatementForm)),
        "summary": parse_text,
    },
    person="official",
)

PARTICIPANTS = declare_file(
    "participants.csv",
    Participant,
    "id",
    {
        "id": parse_uuid,
        "meeting": parse_text,
        "person": parse_uuid,
        "name": parse_text,
        "organization": parse_text,
        "office": make_choice_parser(*get_args(Office)),
        "capacity": make_choice_parser(*get_args(Capacity)),
        "represents": parse_uuid,
        "status": make_choice_parser(*get_args(AttendanceStatus)),
        "late": parse_boolean,
        "arrived_at": parse_instant,
        "left_at": parse_instant,
        "name_as_printed": parse_text,
        "note": parse_text,
    },
    person="official",
)

PARTICIPANT_SESSIONS = declare_file(
    "participant_sessions.csv",
    ParticipantSession,
    ("meeting", "session", "participant"),
    {"meeting": parse_text, "session": parse_text, "participant": parse_uuid},
)
