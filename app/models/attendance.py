"""Tables of attendance lists: participants, their attendance, and its counts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import (
    HISTORY_TRIGGERS,
    REVISION_TRIGGERS,
    Base,
    SourcedRecord,
    calendar_check,
    one_of_check,
    statement_triggers,
)
from app.models.vocabulary import AttendanceStatus, Capacity, Office


class Participant(SourcedRecord, Base):
    """A participant of a meeting: an official, a person by name, or an office with an unknown holder.

    `represents`: the participant that this one represents. `open_status`: the status that the public may see, which
    shows `sick` as `excused`. `day_statuses`: statuses set by hand for single days (migrations/sql/day_statuses.sql).
    """

    __tablename__ = "participants"
    __triggers__ = (
        REVISION_TRIGGERS
        | statement_triggers("sync_attendance")
        | {"acquire_representation_lock", "enforce_places", "keep_closed_participant", "reject_representation_cycle"}
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))
    official: Mapped[UUID | None] = mapped_column(ForeignKey("officials.id"))
    name: Mapped[str | None]
    organization: Mapped[str | None] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    office: Mapped[str | None]
    capacity: Mapped[str] = mapped_column(server_default=text("'delegate'"))
    represents: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(server_default=text("'expected'"))
    late: Mapped[bool] = mapped_column(server_default=false())
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    name_as_printed: Mapped[str | None]
    note: Mapped[str | None]
    open_status: Mapped[str] = mapped_column(
        Computed("CASE WHEN status = 'sick' THEN 'excused' ELSE status END", persisted=True)
    )
    folded: Mapped[str] = mapped_column(Computed("fold(VARIADIC ARRAY[name, name_as_printed])", persisted=True))
    letter_number: Mapped[str | None] = mapped_column(sort_order=2)
    letter_dated_on: Mapped[date | None] = mapped_column(sort_order=2)
    status_reason: Mapped[str | None] = mapped_column(sort_order=2)
    day_statuses: Mapped[dict[str, Any]] = mapped_column(JSONB, sort_order=3, server_default=text("'{}'"))
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB, sort_order=2, server_default=text("""'{"sessions": []}'"""))

    __table_args__ = (
        UniqueConstraint("meeting", "id"),
        ForeignKeyConstraint(
            ["meeting", "represents"], ["participants.meeting", "participants.id"], onupdate="CASCADE"
        ),
        CheckConstraint("num_nonnulls(official, name) < 2", name="official_or_name"),
        CheckConstraint("num_nonnulls(official, name, organization) > 0", name="somebody"),
        CheckConstraint("length(name) BETWEEN 1 AND 300", name="name_length"),
        CheckConstraint("length(name_as_printed) BETWEEN 1 AND 300", name="name_as_printed_length"),
        CheckConstraint(one_of_check("office", Office), name="office_known"),
        CheckConstraint(one_of_check("capacity", Capacity), name="capacity_known"),
        CheckConstraint(one_of_check("status", AttendanceStatus), name="status_known"),
        CheckConstraint("represents <> id", name="represents_another"),
        CheckConstraint("left_at >= arrived_at", name="left_after_arrived"),
        CheckConstraint("length(letter_number) BETWEEN 1 AND 300", name="letter_number_length"),
        CheckConstraint(calendar_check("letter_dated_on"), name="letter_dated_on_in_calendar"),
        CheckConstraint("are_day_statuses(day_statuses)", name="day_statuses_valid"),
        Index("uq_participants_meeting_official_capacity", "meeting", "official", "capacity", unique=True),
        Index(None, "meeting", "organization", "id"),
        Index(None, "meeting", "office", "id"),
        Index(None, "meeting", "open_status", "id"),
        Index(None, "meeting", "updated_at", "id"),
        Index(None, "meeting", "represents"),
        # For the previous release, which counted the groups of a summary by these columns. Drop it in the next release.
        Index("ix_participants_counted", "meeting", "organization", "office", "open_status", "late"),
        Index("ix_participants_present", "organization", "meeting", postgresql_where=text("status = 'present'")),
        Index(None, "official"),
        Index(None, "organization"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


class ParticipantSession(Base):
    """The assignment of a participant to a session."""

    __tablename__ = "participant_sessions"
    __triggers__ = (
        HISTORY_TRIGGERS | statement_triggers("copy_sessions") | {"keep_closed_assignment", "reject_parallel_sessions"}
    )

    meeting: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    participant: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(["meeting", "session"], ["sessions.meeting", "sessions.code"], onupdate="CASCADE"),
        ForeignKeyConstraint(
            ["meeting", "participant"],
            ["participants.meeting", "participants.id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "meeting", "participant"),
    )


class Attendance(Base):
    """The attendance of a participant, derived from the participants and the scans.

    A stored row of the view `derived_attendance`, which only triggers and `check_in` write. `entry`: the scan that was
    the first entry. The columns by which groups are counted (organization, office, sessions) are repeated here, so that
    a change of them and a change of the status reach the counters in the same way.
    """

    __tablename__ = "attendance"
    __triggers__ = statement_triggers("count_attendance")

    meeting: Mapped[str] = mapped_column(primary_key=True)
    participant: Mapped[UUID] = mapped_column(primary_key=True)
    organization: Mapped[str | None]
    office: Mapped[str | None]
    sessions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    late: Mapped[bool]
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    entry: Mapped[UUID | None]
    open_status: Mapped[str] = mapped_column(
        Computed("CASE WHEN status = 'sick' THEN 'excused' ELSE status END", persisted=True)
    )

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "participant"],
            ["participants.meeting", "participants.id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint(one_of_check("status", AttendanceStatus), name="status_known"),
        Index(None, "meeting", "open_status", "participant"),
    )


class AttendanceCount(Base):
    """A counter of a meeting's participants by status, for one group.

    `family`: the kind of group: the whole list (`all`), a session, a body (organization) or an office. Bodies and
    offices are counted for the whole meeting, with session '', and for each session. A key column is '' if the family
    does not use it, and for participants without a value. The trigger `count_attendance` updates the counters in the
    transaction that changes the attendance. A group's number is the sum over its slots, because with one row all
    devices would wait for its lock.
    """

    __tablename__ = "attendance_counts"

    meeting: Mapped[str] = mapped_column(
        ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    family: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(primary_key=True)
    organization: Mapped[str] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    invited: Mapped[int]
    expected: Mapped[int]
    present: Mapped[int]
    represented: Mapped[int]
    excused: Mapped[int]
    on_duty_elsewhere: Mapped[int]
    on_leave: Mapped[int]
    absent: Mapped[int]
    late: Mapped[int]

    __table_args__ = (
        CheckConstraint("family IN ('all', 'body', 'office', 'session')", name="family_known"),
        CheckConstraint(
            "invited = expected + present + represented + excused + on_duty_elsewhere + on_leave + absent",
            name="sums_up",
        ),
    )
