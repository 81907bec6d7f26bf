"""Tables of rolls: the corrections of closed rolls, and the digests and secrets of issued rolls."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base, calendar_check, one_of_check
from app.models.vocabulary import AttendanceStatus, CorrectionKind


class RollCorrection(Base):
    """A correction of a closed roll, requested by one client and confirmed by another.

    `kind` says what it changes and which columns are set: `status` of a `participant` (on the day `status_on`, or of
    the whole meeting), or a `scan`. The kind `reopen` needs no further column.
    """

    __tablename__ = "roll_corrections"
    __triggers__ = frozenset({"require_second_client"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))
    kind: Mapped[str] = mapped_column(sort_order=2)
    participant: Mapped[UUID | None]
    status: Mapped[str | None]
    status_on: Mapped[date | None] = mapped_column(sort_order=2)
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
        server_default=text("uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())")
    )

    __table_args__ = (CheckConstraint("length(secret) = 32", name="secret_length"),)
