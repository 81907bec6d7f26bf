"""The SQL of rolls."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, case, func, literal_column, null, select

from app import models, references
from app.attendance import schemas
from app.core.collection import ActiveFilters
from app.core.db.documents import DayExpression, Document, DocumentSelect, Expression, json_array, json_object
from app.core.db.provenance import sourced_record_columns
from app.core.db.statements import Statement
from app.corrections import payloads
from app.roll_access import collection
from app.roll_access.access import require_access
from app.roll_access.scan_views import ENTRIES_AND_EXITS
from app.writes.resource import Resource

_participant, _participant_session, _meeting = models.Participant, models.ParticipantSession, models.Meeting
_attendance = models.Attendance
_MEETING, _STATUS = bindparam("meeting", type_=Text), bindparam("status", type_=Text)


def select_public_lines(_day: DayExpression) -> DocumentSelect:
    """As anyone may see it: neither that somebody was sick, nor what is noted of an excuse, which would tell."""
    note = case((_attendance.open_status == literal_column("'excused'"), null()), else_=_participant.note)
    return _select_lines(_attendance.open_status, note)


def select_full_lines(_day: DayExpression) -> DocumentSelect:
    """As it is, for who may read personal data."""
    return _select_lines(_attendance.status, _participant.note)


def select_attendance_items(_day: DayExpression) -> DocumentSelect:
    """One of them, with what the scans show and what was set by hand."""
    stated = json_object(status=_participant.status, reason=_participant.status_reason)
    return _select_lines(
        _attendance.status,
        _participant.note,
        case((_participant.status != literal_column("'expected'"), stated), else_=null()).label("by_hand"),
        _attendance.entry.label("first_entry"),
        _intervals_expression().label("intervals"),
        _participant.parts["sessions"].label("sessions"),
    )


def _intervals_expression() -> ColumnElement[Any]:
    """At each door, every entry that follows an exit or is the first, with the exit after it."""
    seen = (
        select(ENTRIES_AND_EXITS)
        .where(ENTRIES_AND_EXITS.c.participant == _participant.id)
        .correlate_except(ENTRIES_AND_EXITS)
        .subquery("seen")
    )
    in_turn: Any = {"partition_by": seen.c.session, "order_by": [seen.c.effective_at, seen.c.id, seen.c.digest]}
    before = func.coalesce(func.lag(seen.c.classification).over(**in_turn), literal_column("'exit'"))
    turns = select(*seen.c, before.label("before")).subquery("turns")
    in_turn = {"partition_by": turns.c.session, "order_by": [turns.c.effective_at, turns.c.id, turns.c.digest]}
    changes = (
        select(*turns.c, func.lead(turns.c.effective_at).over(**in_turn).label("left_at"))
        .where(turns.c.classification != turns.c.before)
        .subquery("changes")
    )
    interval = json_object(session=changes.c.session, entered_at=changes.c.effective_at, left_at=changes.c.left_at)
    is_entry = changes.c.classification == literal_column("'entry'")
    return json_array(interval, changes.c.effective_at, changes.c.session, where=is_entry)


def _select_lines(status: Expression, note: Expression, *more: ColumnElement[Any]) -> DocumentSelect:
    return select(
        _participant.id,
        references.official_reference(_participant.official).label("official"),
        _participant.name,
        references.organization_reference(_participant.organization).label("organization"),
        _participant.office,
        _participant.capacity,
        references.participant_reference(_participant.represents).label("represents"),
        status.label("status"),
        _attendance.late,
        _attendance.arrived_at,
        _attendance.left_at,
        _participant.name_as_printed,
        note.label("note"),
        *more,
        *sourced_record_columns(_participant),
    ).join(_attendance, and_(_attendance.meeting == _participant.meeting, _attendance.participant == _participant.id))


def _public_conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    # Closed in the SQL itself: whoever has no token sees nothing of a restricted roll, whatever a router forgets.
    yield select(_meeting.code).where(_meeting.code == _MEETING, _meeting.roll == "open").exists()
    yield from _common_conditions(given, _attendance.open_status == _STATUS)


def _full_conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    # By what it looks like from outside there is an index, and each check-in would have to write a second one.
    in_the_open = case((literal_column("'sick'") == _STATUS, literal_column("'excused'")), else_=_STATUS)
    yield from _common_conditions(given, and_(_attendance.open_status == in_the_open, _attendance.status == _STATUS))


def _common_conditions(given: ActiveFilters, is_so: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    yield from collection.build_conditions(given, "organization", "office")
    if "status" in given:
        yield _participant.id.in_(select(_attendance.participant).where(_attendance.meeting == _MEETING, is_so))


PUBLIC_LINES = collection.build_collection(Document(schemas.RollLine, select_public_lines), _public_conditions)
FULL_LINES = collection.build_collection(Document(schemas.RollLine, select_full_lines), _full_conditions)
ATTENDANCE_ITEMS = collection.build_collection(Document(schemas.Attendance, select_attendance_items), _full_conditions)

MANUAL_STATUS = Resource(
    "participants",
    _participant,
    ATTENDANCE_ITEMS,
    address="/v1/meetings/{meeting}/attendance/{id}",
    payload_model=payloads.ManualStatusContent,
    key_columns=("meeting", "id"),
    generated_columns=("folded", "open_status"),
    owner_query=Statement(select(_meeting.host).where(_meeting.code == _MEETING)),
    ensure_writable=lambda write, caller, keys: require_access(write, caller, keys["meeting"]),
    is_personal=True,
)
