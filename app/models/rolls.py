"""Tables of rolls: the corrections of closed rolls, and the digests and secrets of issued rolls."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import HISTORY_TRIGGERS, Base, calendar_check, one_of_check
from app.models.vocabulary import AttendanceStatus, CorrectionKind


class RollCorrection(Base):
    """A correction of a closed roll, requested by one client and confirmed by another.

    `kind` says what it changes and which columns are set: `status` of a `participant` (on the day `status_on`, or of
    the whole meeting), a `scan`, `start_on` and `end_on` of the meeting, or its `retention_days`. The kind `reopen`
    needs no further column.
    """

    __tablename__ = "roll_corrections"
    __triggers__ = frozenset({"require_second_client"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))
    kind: Mapped[str] = mapped_column(sort_order=2)
    participant: Mapped[UUID | None]
    status: Mapped[str | None]
    status_on: Mapped[date | None] = mapped_column(sort_order=2)
    start_on: Mapped[date | None] = mapped_column(sort_order=3)
    end_on: Mapped[date | None] = mapped_column(sort_order=3)
    retention_days: Mapped[int | None] = mapped_column(sort_order=3)
    scan: Mapped[UUID | None]
    reason: Mapped[str]
    legal_basis: Mapped[str | None]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    confirmation_reason: Mapped[str | None]
    confirmation_legal_basis: Mapped[str | None]
    revision: Mapped[int] = mapped_column(Computed("CASE WHEN confirmed_by IS NULL THEN 1 ELSE 2 END", persisted=True))

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "participant"],
            ["participants.meeting", "participants.id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint(one_of_check("status", AttendanceStatus), name="status_known"),
        CheckConstraint("(participant IS NULL) = (status IS NULL)", name="status_of_somebody"),
        CheckConstraint(one_of_check("kind", CorrectionKind), name="kind_known"),
        CheckConstraint(calendar_check("status_on"), name="status_on_in_calendar"),
        CheckConstraint("(kind = 'status') = (participant IS NOT NULL)", name="participant_of_its_kind"),
        CheckConstraint("kind = 'status' OR status_on IS NULL", name="day_of_its_kind"),
        CheckConstraint("(kind IN ('scan', 'late_upload')) = (scan IS NOT NULL)", name="scan_of_its_kind"),
        CheckConstraint(
            "num_nonnulls(start_on, end_on) = CASE WHEN kind = 'dates' THEN 2 ELSE 0 END", name="dates_of_its_kind"
        ),
        CheckConstraint("(kind = 'retention') = (retention_days IS NOT NULL)", name="retention_of_its_kind"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed_once"),
        CheckConstraint("length(reason) BETWEEN 1 AND 5000", name="reason_length"),
        CheckConstraint("length(legal_basis) BETWEEN 1 AND 5000", name="legal_basis_length"),
        Index(None, "meeting", "id"),
        Index(None, "meeting", "participant"),
    )


class RollDigest(Base):
    """The digest of a roll that was issued on paper or as a file; it proves later that the roll was issued here."""

    __tablename__ = "roll_digests"

    digest: Mapped[str] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"))
    lines: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest_shape"),
        CheckConstraint("lines >= 0", name="lines_not_negative"),
        Index(None, "meeting", "issued_at"),
    )


class RollSecret(Base):
    """The random key of a meeting, of which the nonces of its issued rolls are made. A trigger on meetings creates it.

    It is in no document, revision or history. A meeting that is created again under the same code has another one.
    """

    __tablename__ = "roll_secrets"

    meeting: Mapped[str] = mapped_column(
        ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[bytes] = mapped_column(
        server_default=text("(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))")
    )

    __table_args__ = (CheckConstraint("length(secret) = 32", name="secret_length"),)


class ClosedRoll(Base):
    """The heading of a closed roll, copied at the closing (migrations/sql/closed_rolls.sql).

    `sessions`: code, name and starts_at of each; `quorum`: what that of a plenary is computed from, else null.
    """

    __tablename__ = "closed_rolls"
    __triggers__ = HISTORY_TRIGGERS

    meeting: Mapped[str] = mapped_column(
        ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    closed_at: Mapped[datetime]
    closed_by: Mapped[str | None]
    name: Mapped[str]
    place: Mapped[str | None]
    time_zone: Mapped[str]
    start_on: Mapped[date]
    end_on: Mapped[date]
    sessions: Mapped[list[Any]] = mapped_column(JSONB)
    quorum: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ClosedRollLine(Base):
    """A line of a closed roll: the names to print, the attendance and the presence, as of the closing.

    The columns are those of the view `live_roll_lines`. Only confirmed corrections change them. `sort_key`: the
    order on paper (migrations/sql/roll_order.sql); null in rolls that were closed before it existed.
    """

    __tablename__ = "closed_roll_lines"
    __triggers__ = HISTORY_TRIGGERS

    meeting: Mapped[str] = mapped_column(
        ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    participant: Mapped[UUID] = mapped_column(primary_key=True)
    official: Mapped[UUID | None]
    name: Mapped[str | None]
    office: Mapped[str | None]
    organization: Mapped[str | None]
    organization_name: Mapped[str | None]
    capacity: Mapped[str]
    sessions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str]
    late: Mapped[bool]
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    entry: Mapped[UUID | None]
    open_status: Mapped[str] = mapped_column(
        Computed("CASE WHEN status = 'sick' THEN 'excused' ELSE status END", persisted=True)
    )
    days: Mapped[list[Any]] = mapped_column(JSONB)
    intervals: Mapped[list[Any]] = mapped_column(JSONB)
    stays: Mapped[list[Any]] = mapped_column(JSONB)
    sort_key: Mapped[str | None]
