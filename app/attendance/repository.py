"""SQL of the attendance of a meeting: its lines for the public and in full, and the attendance of one participant."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app import models, references
from app.attendance import schemas
from app.core.collection import ActiveFilters
from app.core.db.documents import DayExpression, Document, DocumentSelect, Expression, json_array, json_object
from app.core.db.provenance import sourced_record_columns
from app.roll_access import collection
from app.roll_access.scan_views import PRESENCE

_participant, _meeting = models.Participant, models.Meeting
_attendance, _badge, _scan, _correction = models.Attendance, models.Badge, models.Scan, models.RollCorrection
_person = aliased(models.Participant)
_TIMES = {"entered_at": DateTime(timezone=True), "left_at": DateTime(timezone=True)}
_MEETING, _STATUS = bindparam("meeting", type_=Text), bindparam("status", type_=Text)


def _last_scanned_at(is_person: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return the SQL of the last receipt or annulment of the scans of participants; null if they have none.

    Scans that came after the closing of the roll have no effect on it.
    """
    return (
        select(func.max(func.greatest(_scan.received_at, _scan.annulled_at)))
        .select_from(_person)
        .join(_badge, _badge.participant == _person.id)
        .join(_scan, _scan.badge == _badge.id)
        .where(is_person, _scan.roll_closed_at.is_(None))
        .correlate(_participant)
        .scalar_subquery()
    )


LINE_UPDATED_AT: ColumnElement[Any] = func.greatest(
    _participant.updated_at,
    _last_scanned_at(_person.id == _participant.id),
    _last_scanned_at(and_(_person.meeting == _participant.meeting, _person.represents == _participant.id)),
    select(func.max(_correction.confirmed_at))
    .where(_correction.meeting == _participant.meeting, _correction.participant == _participant.id)
    .correlate(_participant)
    .scalar_subquery(),
    type_=DateTime(timezone=True),
)
"""When a line last changed: by a change of the participant, by scans of the participant or of one who represents this
one, or by a confirmed correction. It is derived when it is read, so that check-ins need not write it."""


def select_public_lines(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of the roll lines that anyone may read: `sick` as `excused`, and no notes on excuses.

    The notes are omitted because they could reveal that somebody was sick.
    """
    note = case((_attendance.open_status == literal_column("'excused'"), null()), else_=_participant.note)
    return _select_roll_lines(_attendance.open_status, note)


def select_full_lines(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of the roll lines for callers who may read personal data: with `sick` and with all notes."""
    return _select_roll_lines(_attendance.status, _participant.note)


def select_attendance_items(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of participants' attendance in full, with the intervals of presence and the manual status."""
    manual_status = json_object(status=_participant.status, reason=_participant.status_reason)
    return _select_roll_lines(
        _attendance.status,
        _participant.note,
        case((_participant.status != literal_column("'expected'"), manual_status), else_=null()).label("manual_status"),
        _attendance.entry.label("first_entry"),
        _days_expression().label("days"),
        _intervals_expression().label("intervals"),
        _participant.parts["sessions"].label("sessions"),
    ).join(PRESENCE, PRESENCE.c.participant == _participant.id)


def _days_expression() -> ColumnElement[Any]:
    """Return the SQL of a participant's attendance on each day of the meeting as a JSON array."""
    columns = {"on": Date, "status": Text, "late": Boolean, **_TIMES, "manual_status": JSONB}
    day = _expand(PRESENCE.c.days, columns)
    manual_status = json_object(
        status=day.c.manual_status["status"].astext, reason=day.c.manual_status["reason"].astext
    )
    document = json_object(
        on=day.c.on,
        status=day.c.status,
        late=day.c.late,
        entered_at=day.c.entered_at,
        left_at=day.c.left_at,
        manual_status=case((day.c.manual_status.is_not(None), manual_status), else_=null()),
    )
    return json_array(document, day.c.on, where=true())


def _intervals_expression() -> ColumnElement[Any]:
    """Return the SQL of a participant's times of presence, by session and for the whole meeting, as a JSON array."""
    interval = _expand(PRESENCE.c.intervals, {"session": Text, "on": Date, **_TIMES, "ended_by": Text})
    document = json_object(
        **{name: interval.c[name] for name in ("session", "on", "entered_at", "left_at", "ended_by")}
    )
    return json_array(document, interval.c.entered_at, interval.c.session, where=true())


def _expand(array: ColumnElement[Any], columns: Mapping[str, Any]) -> FromClause:
    """Return the SQL of a row for each object of a JSON array, with its members as typed columns."""
    expanded: FromClause = (
        func.jsonb_to_recordset(array)
        .table_valued(*(sql_column(name, type_) for name, type_ in columns.items()))
        .render_derived(name="expanded", with_types=True)
    )
    return expanded


def _select_roll_lines(status: Expression, note: Expression, *more: ColumnElement[Any]) -> DocumentSelect:
    """Build the SELECT of roll lines with this SQL for the status and the note, and `more` columns."""
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
        *sourced_record_columns(_participant)[:-1],
        LINE_UPDATED_AT.label("updated_at"),
    ).join(_attendance, and_(_attendance.meeting == _participant.meeting, _attendance.participant == _participant.id))


def _public_filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of public roll lines: the meeting, that its roll is unrestricted, each filter in use."""
    # The SQL itself excludes restricted rolls, so that a route cannot disclose one by mistake.
    yield select(_meeting.code).where(_meeting.code == _MEETING, _meeting.roll == "open").exists()
    yield from _common_filter_conditions(filters, _attendance.open_status == _STATUS)


def _full_filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of full roll lines: the meeting and each filter in use; `sick` is not `excused`."""
    # Only open_status is indexed: a second index would have to be written by each check-in.
    open_status = case((literal_column("'sick'") == _STATUS, literal_column("'excused'")), else_=_STATUS)
    has_status = and_(_attendance.open_status == open_status, _attendance.status == _STATUS)
    yield from _common_filter_conditions(filters, has_status)


def _common_filter_conditions(filters: ActiveFilters, has_status: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL conditions of the meeting and each filter in use; `has_status` is that of the filter `status`."""
    yield from collection.filter_conditions(filters, "organization", "office")
    if "status" in filters:
        yield _participant.id.in_(select(_attendance.participant).where(_attendance.meeting == _MEETING, has_status))


PUBLIC_LINES = collection.build_collection(
    Document(schemas.RollLine, select_public_lines), _public_filter_conditions, LINE_UPDATED_AT
)
FULL_LINES = collection.build_collection(
    Document(schemas.RollLine, select_full_lines), _full_filter_conditions, LINE_UPDATED_AT
)
ATTENDANCE_ITEMS = collection.build_collection(
    Document(schemas.Attendance, select_attendance_items), _full_filter_conditions, LINE_UPDATED_AT
)
