"""Tables of meetings, their sessions and speakers, statements about them, and corrections of their source."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    case,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import (
    HISTORY_TRIGGERS,
    NAME_LENGTH_CHECK,
    REVISION_TRIGGERS,
    SLUG_CHECK,
    Base,
    Record,
    SourcedRecord,
    calendar_check,
    one_of_check,
    parts_column,
    sort_index,
    statement_triggers,
)
from app.models.vocabulary import DivisionKind, MeetingKind, RollAccess, SessionKind, StatementForm


class Meeting(Record, Base):
    """A meeting from its first day to its last.

    `roll`: `open` if anyone may read the attendance list, else `restricted`. `places`: the number of delegates that an
    organization may send. `retention_days` after the last day the participants are anonymised; `anonymised_at`: when
    that was done. After `roll_closed_at` the roll changes only by corrections that two clients have agreed on.
    `check_in_margin_minutes` before the first day and after the last one scans still count. `day_ends_at`: the local
    time, HH:MM, at which a day of the meeting ends; null: four hours after its last session.
    """

    __tablename__ = "meetings"
    __triggers__ = REVISION_TRIGGERS | {
        *("create_roll_secret", "derive_attendance_of_meeting", "enforce_places", "reject_nearer_erasure"),
        *("require_scope_to_open_roll", "require_scope_to_create_open_roll", "sessions_within_meeting"),
        "keep_closed_meeting",
    }

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    kind: Mapped[str]
    host: Mapped[str] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    place: Mapped[str | None]
    time_zone: Mapped[str]
    start_on: Mapped[date]
    end_on: Mapped[date]
    cancelled_on: Mapped[date | None]
    election: Mapped[str | None] = mapped_column(ForeignKey("elections.code", onupdate="CASCADE"))
    audience: Mapped[str | None]
    purpose: Mapped[str | None]
    roll: Mapped[str]
    source_publisher: Mapped[str | None]
    source_title: Mapped[str | None]
    parts: Mapped[dict[str, Any]] = parts_column("corrections")
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_en, place, code])", persisted=True))
    places: Mapped[int | None] = mapped_column(sort_order=2)
    retention_days: Mapped[int | None] = mapped_column(sort_order=2)
    roll_closed_at: Mapped[datetime | None] = mapped_column(sort_order=2)
    anonymised_at: Mapped[datetime | None] = mapped_column(sort_order=2)
    check_in_margin_minutes: Mapped[int] = mapped_column(sort_order=3, server_default=text("180"))
    day_ends_at: Mapped[str | None] = mapped_column(sort_order=3)

    __table_args__ = (
        CheckConstraint(SLUG_CHECK, name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint(one_of_check("kind", MeetingKind), name="kind_known"),
        CheckConstraint(one_of_check("roll", RollAccess), name="roll_known"),
        CheckConstraint(calendar_check("start_on"), name="start_on_in_calendar"),
        CheckConstraint(calendar_check("end_on"), name="end_on_in_calendar"),
        CheckConstraint(calendar_check("cancelled_on"), name="cancelled_on_in_calendar"),
        CheckConstraint("end_on >= start_on", name="ends_after_start"),
        CheckConstraint("is_time_zone(time_zone)", name="time_zone_known"),
        CheckConstraint("places BETWEEN 1 AND 100000", name="places_range"),
        CheckConstraint("retention_days BETWEEN 8 AND 36500", name="retention_days_range"),
        CheckConstraint("end_on - start_on < 366", name="within_a_year"),
        CheckConstraint("check_in_margin_minutes BETWEEN 0 AND 720", name="check_in_margin_minutes_range"),
        CheckConstraint("day_ends_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'", name="day_ends_at_shape"),
        sort_index("host", "code"),
        sort_index("kind", "code"),
        sort_index("election", "code"),
        sort_index("start_on", "code"),
        Index(None, "end_on"),
        sort_index("code"),
        sort_index("name", "code"),
        sort_index("updated_at", "code"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


class MeetingDay(Base):
    """A day of a meeting: the interval of the scans that belong to it. Triggers store it.

    `cutoff_at`: when an entry without an exit ends (migrations/sql/meeting_days.sql).
    """

    __tablename__ = "meeting_days"

    meeting: Mapped[str] = mapped_column(
        ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    begins_at: Mapped[datetime]
    cutoff_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class SourceCorrection(Base):
    """A correction of an error in a meeting's source: the printed text of a field, and the recorded one."""

    __tablename__ = "meeting_corrections"
    __triggers__ = HISTORY_TRIGGERS | statement_triggers("copy_parts")

    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str]
    printed: Mapped[str]
    recorded: Mapped[str]
    reason: Mapped[str]

    __table_args__ = (CheckConstraint("position BETWEEN 1 AND 999", name="position_range"),)


class Session(SourcedRecord, Base):
    """A session of a meeting. Sessions of one `parallel_group` run at the same time, each on its own `track`."""

    __tablename__ = "sessions"
    __triggers__ = REVISION_TRIGGERS | {"derive_attendance_of_sessions", "reject_parallel_sessions", "within_meeting"}

    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    name_en: Mapped[str | None]
    track: Mapped[int | None]
    parallel_group: Mapped[str | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    room: Mapped[str | None]
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    parts: Mapped[dict[str, Any]] = parts_column("speakers")
    folded: Mapped[str] = mapped_column(
        Computed("fold(VARIADIC ARRAY[name, name_en] || topics)", persisted=True),
    )

    __table_args__ = (
        CheckConstraint(SLUG_CHECK, name="code_shape"),
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        CheckConstraint(one_of_check("kind", SessionKind), name="kind_known"),
        CheckConstraint("position BETWEEN 1 AND 999", name="position_range"),
        CheckConstraint("track BETWEEN 1 AND 99", name="track_range"),
        CheckConstraint("(track IS NULL) = (parallel_group IS NULL)", name="track_is_of_a_group"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        UniqueConstraint("meeting", "parallel_group", "track"),
        sort_index("meeting", "position", "code"),
    )


class SessionSpeaker(Base):
    """A speaker of a session: a person, a division (or all of a kind), or an organization as such."""

    __tablename__ = "session_speakers"
    __triggers__ = HISTORY_TRIGGERS | statement_triggers("copy_parts") | {"reject_parallel_sessions"}

    meeting: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    official: Mapped[UUID | None] = mapped_column(ForeignKey("officials.id"))
    name: Mapped[str | None]
    organization: Mapped[str | None] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    division: Mapped[str | None] = mapped_column(ForeignKey("divisions.code", onupdate="CASCADE"))
    division_kind: Mapped[str | None]
    role: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(["meeting", "session"], ["sessions.meeting", "sessions.code"], onupdate="CASCADE"),
        CheckConstraint("position BETWEEN 1 AND 999", name="position_range"),
        CheckConstraint("num_nonnulls(official, name, organization, division) > 0", name="somebody"),
        CheckConstraint("num_nonnulls(official, name) < 2", name="official_or_name"),
        CheckConstraint(one_of_check("division_kind", DivisionKind), name="division_kind_known"),
        Index(None, "official"),
        Index(None, "organization"),
        Index(None, "division"),
    )


class MeetingStatement(SourcedRecord, Base):
    """A statement that somebody made about a meeting, spoken or written."""

    __tablename__ = "meeting_statements"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))
    official: Mapped[UUID | None] = mapped_column(ForeignKey("officials.id"))
    name: Mapped[str | None]
    organization: Mapped[str | None] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    made_on: Mapped[date | None]
    form: Mapped[str]
    summary: Mapped[str]

    __table_args__ = (
        CheckConstraint("num_nonnulls(official, name, organization) > 0", name="somebody"),
        CheckConstraint("num_nonnulls(official, name) < 2", name="official_or_name"),
        CheckConstraint(one_of_check("form", StatementForm), name="form_known"),
        CheckConstraint(calendar_check("made_on"), name="made_on_in_calendar"),
        Index(None, "meeting", "made_on", "id"),
        Index(None, "official"),
        Index(None, "organization"),
    )


def meeting_status_on(meeting: Any, day: Any) -> ColumnElement[str]:
    """Return the SQL of a meeting's status on a day: cancelled (from `cancelled_on`), planned, running or finished."""
    return case(
        (meeting.cancelled_on <= day, literal_column("'cancelled'")),
        (meeting.start_on > day, literal_column("'planned'")),
        (meeting.end_on < day, literal_column("'finished'")),
        else_=literal_column("'running'"),
    )
