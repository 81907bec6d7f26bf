"""Tables of the audit trail, and of the hash chain that seals it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.models.metadata import Base


class Xid8(UserDefinedType[int]):
    """The Postgres type `xid8`: a 64-bit transaction id, which never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type in SQL."""
        return "xid8"


class AuditLine(Base):
    """One line of the audit trail: a write, or a read of personal data, stored in the same transaction.

    `client`: the client's id; for a client of an external issuer, issuer and subject; null for the command line, where
    `operation` is the command. `keys`: the objects concerned. `purpose_digest`: of the purpose in
    `audit_texts`. Lines are only added.
    """

    __tablename__ = "audit_lines"
    __triggers__ = frozenset({"forbid_update"})

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    client: Mapped[str | None]
    scope: Mapped[str | None]
    operation: Mapped[str]
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    request_id: Mapped[str | None]
    purpose_digest: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("purpose_digest ~ '^[0-9a-f]{64}$'", name="purpose_digest_shape"),
        Index(None, "xid", "id"),
        Index(None, "at", "id"),
        Index(None, "client", "id"),
        Index(None, "keys", postgresql_using="gin"),
        Index(None, "operation", "id"),
    )


class AuditText(Base):
    """The purpose that a client stated, which the line stores only as SHA-256 of the salt and the text.

    So the text can be deleted with the personal data of its meeting, and the hash chain still proves the line. The salt
    is deleted too, and is never shown: with it, whoever guesses the text could find it in the digest.
    """

    __tablename__ = "audit_texts"
    __triggers__ = frozenset({"forbid_update"})

    line: Mapped[int] = mapped_column(ForeignKey("audit_lines.id"), primary_key=True)
    meeting: Mapped[str | None]
    salt: Mapped[bytes]
    text: Mapped[str]

    __table_args__ = (
        CheckConstraint("length(salt) = 16", name="salt_length"),
        CheckConstraint("length(text) BETWEEN 1 AND 500", name="text_length"),
        Index(None, "meeting"),
    )


class AuditSeal(Base):
    """The link of the hash chain for one line: `hash` covers the line and the previous hash.

    Only the function `seal_audit_lines` adds seals and roots. `sealed_at`: null for seals from before it was stored.
    """

    __tablename__ = "audit_seals"
    __triggers__ = frozenset({"forbid_update"})

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(ForeignKey("audit_lines.id"), unique=True)
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime | None] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (
        CheckConstraint("position > 0", name="position_range"),
        CheckConstraint("length(hash) = 32", name="hash_length"),
    )


class AuditRoot(Base):
    """The newest hash at the end of an hour in which lines were sealed. A copy of it reveals a rewritten chain."""

    __tablename__ = "audit_roots"
    __triggers__ = frozenset({"forbid_update"})

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(ForeignKey("audit_seals.position"), unique=True)
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (CheckConstraint("length(hash) = 32", name="hash_length"),)
