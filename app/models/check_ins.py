"""Badges, and what the gates report of them: facts that are stored once and never changed."""

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
    """A badge by its id and the SHA-256 of its token. A participant has one that is live.

    Whoever was taken from the list keeps none that is good, though it is remembered whose it was.

    The token itself is not kept: whoever holds the key makes the same one of the id again.
    """

    __tablename__ = "badges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    meeting: Mapped[str] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))
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
    """The clock of a device between two of its jumps: what is to be added to its time to have the service's.

    `shift`: in microseconds, the least of what its posts have shown.
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
    """A post that has shown a lesser shift than all before it, and so moved the times of its device's scans."""

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
    """What a gate has seen: a badge, in or out, by the clock of its device. Never changed but for what is noted below.

    `digest` is that of its content: the same id with other content is another scan, and both count. `badge`: null where
    the text is none of this meeting's badges, which is then kept in `badge_text`. `reported_outcome`: what the gate was
    answered. Of several posts of one scan the least epoch counts, and the earliest receipt; `after_closing`: all of
    them came after the roll was closed. An annulled scan has no effect any more.
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
    annulled_for: Mapped[str | None]
    legal_basis: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["meeting", "device_id", "clock_epoch"],
            ["device_clocks.meeting", "device_clocks.device_id", "device_clocks.clock_epoch"],
            onupdate="CASCADE",
        ),
        CheckConstraint(one_of_check("direction", ScanDirection), name="direction_known"),
        CheckConstraint("(badge IS NULL) = (badge_text IS NOT NULL)", name="badge_or_text"),
        CheckConstraint("(annulled_at IS NULL) = (annulled_for IS NULL)", name="annulled_for_a_reason"),
        Index(None, "badge"),
        Index(None, "meeting", "received_at", "id"),
        Index(None, "device_id", "clock_epoch", "meeting"),
    )
