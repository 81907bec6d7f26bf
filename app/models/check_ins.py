"""Tables of badges, of the scans that devices report, and of the devices' clocks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base, one_of_check
from app.models.vocabulary import ScanDirection


class Badge(Base):
    """A badge: its id, and the SHA-256 of its token. A participant has at most one that is not revoked.

    The badges of a deleted participant are invalid, but still name the participant. The token is not stored: it can be
    computed again from the id with the badge key.
    """

    __tablename__ = "badges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"))
    participant: Mapped[UUID]
    digest: Mapped[bytes]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_length"),
        UniqueConstraint("meeting", "digest"),
        Index("uq_badges_live", "participant", unique=True, postgresql_where=text("revoked_at IS NULL")),
        Index(None, "participant"),
        Index("ix_badges_revoked", "meeting", "revoked_at", postgresql_where=text("revoked_at IS NOT NULL")),
    )


class Device(Base):
    """A device at a meeting, which belongs to the client that first used it. After a reset it belongs to nobody."""

    __tablename__ = "devices"

    meeting: Mapped[str] = mapped_column(
        ForeignKey("meetings.code", onupdate="CASCADE", ondelete="CASCADE"), primary_key=True
    )
    device_id: Mapped[str] = mapped_column(primary_key=True)
    client: Mapped[str | None]

    __table_args__ = (CheckConstraint("length(device_id) BETWEEN 1 AND 100", name="device_id_length"),)


class DeviceReset(Base):
    """A reset of a device: its next submission begins a new period of its clock, and the next client owns it."""

    __tablename__ = "device_resets"

    meeting: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    reset_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), primary_key=True)
    reset_by: Mapped[str]
    former_client: Mapped[str | None]
    reason: Mapped[str]
    legal_basis: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "device_id"], ["devices.meeting", "devices.device_id"], onupdate="CASCADE", ondelete="CASCADE"
        ),
    )


class DeviceClock(Base):
    """The difference between a device's clock and the service's, during one period of a `clock_epoch` of the device.

    `shift`: the microseconds to add to the device's time; the smallest difference between receiving and sending that
    its submissions have shown. `first_shift`: the first one. A device starts a new epoch when it knows that its clock
    jumps; the service starts a new period when a reading shows that it did (migrations/sql/device_clocks.sql).
    """

    __tablename__ = "device_clocks"

    meeting: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    clock_epoch: Mapped[int] = mapped_column(primary_key=True)
    shift: Mapped[int] = mapped_column(BigInteger)
    period: Mapped[int] = mapped_column(primary_key=True)
    first_shift: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "device_id"], ["devices.meeting", "devices.device_id"], onupdate="CASCADE", ondelete="CASCADE"
        ),
        CheckConstraint("clock_epoch >= 0", name="clock_epoch_not_negative"),
        CheckConstraint("period >= 0", name="period_not_negative"),
        CheckConstraint("shift <= first_shift", name="shift_is_least"),
    )


class ClockReading(Base):
    """A reading of a device's clock: the difference between receiving and sending one of its submissions."""

    __tablename__ = "clock_readings"

    meeting: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    clock_epoch: Mapped[int] = mapped_column(primary_key=True)
    shift: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(primary_key=True)
    period: Mapped[int]

    __table_args__ = (
        PrimaryKeyConstraint("meeting", "device_id", "clock_epoch", "received_at", "shift"),
        ForeignKeyConstraint(
            ["meeting", "device_id"], ["devices.meeting", "devices.device_id"], onupdate="CASCADE", ondelete="CASCADE"
        ),
    )


class Scan(Base):
    """A scan of a badge, in or out, at a time of the device's clock.

    `digest` covers the content: the same id with other content is another scan, and both count. `badge` is null if the
    text is none of the meeting's badges; then `badge_text` contains it. `reported_outcome`: the first outcome that was
    sent to the device. `period`: that of the submission with which it was received. If a scan was submitted several
    times, the earliest receipt counts. `roll_closed_at`: the closing of the roll after which it came, null if it came
    before. An annulled scan has no effect. Nothing else of a scan changes.
    """

    __tablename__ = "scans"

    meeting: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    device_id: Mapped[str]
    clock_epoch: Mapped[int]
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    badge: Mapped[UUID | None]
    badge_text: Mapped[str | None]
    direction: Mapped[str]
    session: Mapped[str | None]
    scanned_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime]
    roll_closed_at: Mapped[datetime | None]
    reported_outcome: Mapped[str]
    client: Mapped[str]
    request_id: Mapped[str | None]
    annulled_at: Mapped[datetime | None]
    annulled_by: Mapped[str | None]
    annulment_reason: Mapped[str | None]
    legal_basis: Mapped[str | None]
    period: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "device_id", "clock_epoch", "period"],
            [f"device_clocks.{name}" for name in ("meeting", "device_id", "clock_epoch", "period")],
            onupdate="CASCADE",
        ),
        CheckConstraint(one_of_check("direction", ScanDirection), name="direction_known"),
        CheckConstraint("(badge IS NULL) = (badge_text IS NOT NULL)", name="badge_or_text"),
        CheckConstraint("(annulled_at IS NULL) = (annulment_reason IS NULL)", name="annulled_for_a_reason"),
        Index(None, "badge"),
        Index(None, "meeting", "received_at", "id"),
        Index(None, "device_id", "clock_epoch", "meeting", "period"),
    )
