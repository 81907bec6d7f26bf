"""The table of stored responses to requests with an Idempotency-Key."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import Base


class IdempotencyKey(Base):
    """The response to a client's request with an Idempotency-Key, stored in the same transaction as its effect.

    `keys`: the objects that the response is about, as in the audit trail. `is_personal`: it contains personal data, so
    each repetition of it is recorded there. `meeting`: the meeting in the path, with whose personal data it is deleted.
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
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    is_personal: Mapped[bool] = mapped_column(server_default=text("false"))

    __table_args__ = (
        CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_length"),
        CheckConstraint("status BETWEEN 200 AND 299", name="status_range"),
        Index(None, "created_at"),
        Index(None, "meeting"),
    )
