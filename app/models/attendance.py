"""Who was asked to a meeting, and who came."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base, Fact, one_of
from app.models.vocabulary import AttendanceStatus, Capacity, Office


class Participant(Fact, Base):
    """Somebody on a meeting's list: an official, a person by name, or an office whose holder is not known.

    `represents`: the participant in whose place this one came. `open_status` is what anyone may see of `status`: that
    somebody was sick is shown as excused.
    """

    __tablename__ = "participants"

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

    __table_args__ = (
        UniqueConstraint("meeting", "id"),
        ForeignKeyConstraint(
            ["meeting", "represents"], ["participants.meeting", "participants.id"], onupdate="CASCADE"
        ),
        CheckConstraint("num_nonnulls(official, name) < 2", name="official_or_name"),
        CheckConstraint("num_nonnulls(official, name, organization) > 0", name="somebody"),
        CheckConstraint("length(name) BETWEEN 1 AND 300", name="name_length"),
        CheckConstraint("length(name_as_printed) BETWEEN 1 AND 300", name="name_as_printed_length"),
        CheckConstraint(one_of("office", Office), name="office_known"),
        CheckConstraint(one_of("capacity", Capacity), name="capacity_known"),
        CheckConstraint(one_of("status", AttendanceStatus), name="status_known"),
        CheckConstraint("represents <> id", name="represents_another"),
        CheckConstraint("left_at >= arrived_at", name="left_after_arrived"),
        Index("uq_participants_meeting_official", "meeting", "official", unique=True),
        Index(None, "meeting", "organization", "id"),
        Index(None, "meeting", "office", "id"),
        Index(None, "meeting", "open_status", "id"),
        Index(None, "meeting", "updated_at", "id"),
        Index(None, "meeting", "represents"),
        # Of these columns the groups of a summary are counted, without a look at the rows themselves.
        Index("ix_participants_counted", "meeting", "organization", "office", "open_status", "late"),
        Index("ix_participants_present", "organization", "meeting", postgresql_where=text("status = 'present'")),
        Index(None, "official"),
        Index(None, "organization"),
        Index(None, "folded", postgresql_using="gin", postgresql_ops={"folded": "gin_trgm_ops"}),
    )


class ParticipantSession(Base):
    """A session that a participant is assigned to."""

    __tablename__ = "participant_sessions"

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
