"""The SQL of rolls."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, case, func, literal_column, null, select

from app import models, references
from app.attendance import schemas
from app.core.collection import ActiveFilters
from app.core.db.documents import Day, Document, Expression, Rows, json_list, json_object
from app.core.db.provenance import fact_members
from app.core.db.statements import Statement
from app.corrections import payloads
from app.roll_access import collection
from app.roll_access.access import must_reach
from app.roll_access.scan_views import SEEN
from app.writes.resource import Resource

_listed, _assigned, _meeting = models.Participant, models.ParticipantSession, models.Meeting
_state = models.Attendance
_MEETING, _STATUS = bindparam("meeting", type_=Text), bindparam("status", type_=Text)


def participant(_day: Day) -> Rows:
    """As anyone may see it: neither that somebody was sick, nor what is noted of an excuse, which would tell."""
    note = case((_state.open_status == literal_column("'excused'"), null()), else_=_listed.note)
    return _participant(_state.open_status, note)


def participant_in_full(_day: Day) -> Rows:
    """As it is, for who may read personal data."""
    return _participant(_state.status, _listed.note)


def attendance(_day: Day) -> Rows:
    """One of them, with what the scans show and what was set by hand."""
    stated = json_object(status=_listed.status, reason=_listed.status_reason)
    return _participant(
        _state.status,
        _listed.note,
        case((_listed.status != literal_column("'expected'"), stated), else_=null()).label("by_hand"),
        _state.entry.label("first_entry"),
        _intervals().label("intervals"),
        _listed.parts["sessions"].label("sessions"),
    )


def _intervals() -> ColumnElement[Any]:
    """At each door, every entry that follows an exit or is the first, with the exit after it."""
    seen = select(SEEN).where(SEEN.c.participant == _listed.id).correlate_except(SEEN).subquery("seen")
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
    return json_list(interval, changes.c.effective_at, changes.c.session, where=is_entry)


def _participant(status: Expression, note: Expression, *more: ColumnElement[Any]) -> Rows:
    return select(
        _listed.id,
        references.official_reference(_listed.official).label("official"),
        _listed.name,
        references.organization_reference(_listed.organization).label("organization"),
        _listed.office,
        _listed.capacity,
        references.participant_reference(_listed.represents).label("represents"),
        status.label("status"),
        _state.late,
        _state.arrived_at,
        _state.left_at,
        _listed.name_as_printed,
        note.label("note"),
        *more,
        *fact_members(_listed),
    ).join(_state, and_(_state.meeting == _listed.meeting, _state.participant == _listed.id))


def _if_open(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    # Closed in the SQL itself: whoever has no token sees nothing of a restricted roll, whatever a router forgets.
    yield select(_meeting.code).where(_meeting.code == _MEETING, _meeting.roll == "open").exists()
    yield from _asked(given, _state.open_status == _STATUS)


def _in_full(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    # By what it looks like from outside there is an index, and each check-in would have to write a second one.
    in_the_open = case((literal_column("'sick'") == _STATUS, literal_column("'excused'")), else_=_STATUS)
    yield from _asked(given, and_(_state.open_status == in_the_open, _state.status == _STATUS))


def _asked(given: ActiveFilters, is_so: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    yield from collection.asked(given, "organization", "office")
    if "status" in given:
        yield _listed.id.in_(select(_state.participant).where(_state.meeting == _MEETING, is_so))


ATTENDANCE = collection.collection(Document(schemas.RollLine, participant), _if_open)
IN_FULL = collection.collection(Document(schemas.RollLine, participant_in_full), _in_full)
RECORD = collection.collection(Document(schemas.Attendance, attendance), _in_full)

BY_HAND = Resource(
    "participants",
    _listed,
    RECORD,
    address="/v1/meetings/{meeting}/attendance/{id}",
    payload_model=payloads.ByHandContent,
    key_columns=("meeting", "id"),
    generated_columns=("folded", "open_status"),
    owner_query=Statement(select(_meeting.host).where(_meeting.code == _MEETING)),
    ensure_writable=lambda write, caller, keys: must_reach(write, caller, keys["meeting"]),
    is_personal=True,
)
