"""Tables of badges, of the scans that devices report, and of the devices' clocks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
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


class DeviceClock(Base):
    """The difference between a device's clock and the service's, during one `clock_epoch` of the device.

    `shift`: the microseconds to add to the device's time; the smallest difference between receiving and sending that
    its submissions have shown. A device starts a new epoch when its clock jumps.
    """

    __tablename__ = "device_clocks"

    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"), primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    clock_epoch: Mapped[int] = mapped_column(primary_key=True)
    shift: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("length(device_id) BETWEEN 1 AND 100", name="device_id_length"),
        CheckConstraint("clock_epoch >= 0", name="clock_epoch_not_negative"),
    )


class ClockReading(Base):
    """A submission with a smaller shift than all before it, which therefore changed the times of its device's scans."""

    __tablename__ = "clock_readings"

    meeting: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(primary_key=True)
    clock_epoch: Mapped[int] = mapped_column(primary_key=True)
    shift: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    received_at: Mapped[datetime]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "device_id", "clock_epoch"],
            ["device_clocks.meeting", "device_clocks.device_id", "device_clocks.clock_epoch"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
    )


class Scan(Base):
    """A scan of a badge, in or out, at a time of the device's clock.

    `digest` covers the content: the same id with other content is another scan, and both count. `badge` is null if the
    text is none of the meeting's badges; then `badge_text` contains it. `reported_outcome`: the first outcome that was
    sent to the device. If a scan was submitted several times, the smallest epoch and the earliest receipt count, and
    `after_closing` is true if all of them came after the roll was closed. An annulled scan has no effect. Nothing else
    of a scan changes.
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
    after_closing: Mapped[bool]
    reported_outcome: Mapped[str]
    client: Mapped[str]
    request_id: Mapped[str | None]
    annulled_at: Mapped[datetime | None]
    annulled_by: Mapped[str | None]
    annulment_reason: Mapped[str | None]
    legal_basis: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "device_id", "clock_epoch"],
            ["device_clocks.meeting", "device_clocks.device_id", "device_clocks.clock_epoch"],
            onupdate="CASCADE",
        ),
        CheckConstraint(one_of_check("direction", ScanDirection), name="direction_known"),
        CheckConstraint("(badge IS NULL) = (badge_text IS NOT NULL)", name="badge_or_text"),
        CheckConstraint("(annulled_at IS NULL) = (annulment_reason IS NULL)", name="annulled_for_a_reason"),
        Index(None, "badge"),
        Index(None, "meeting", "received_at", "id"),
        Index(None, "device_id", "clock_epoch", "meeting"),
    )
