"""The table of stored responses to requests with an Idempotency-Key."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base


class IdempotencyKey(Base):
    """The response to a client's request with an Idempotency-Key, stored in the same transaction as its effect.

    `meeting`: the meeting in the path. The response is deleted with the personal data of the meeting.
    """

    __tablename__ = "idempotency_keys"

    client: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    body: Mapped[bytes]
    meeting: Mapped[str | None] = mapped_column(sort_order=2)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_length"),
        CheckConstraint("status BETWEEN 200 AND 299", name="status_range"),
        Index(None, "created_at"),
        Index(None, "meeting"),
    )
