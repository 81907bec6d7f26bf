"""The trail of what clients did, and the chain that seals it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.models.metadata import Base


class Xid8(UserDefinedType[int]):
    """A transaction's number, which never wraps round."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class AuditLine(Base):
    """Who did what to which objects: one line for each write and each read of personal data, in its transaction.

    `client` is a client's id or, of an outside issuer's client, issuer and subject; empty for the command line, whose
    command stands in `operation`. Lines are only ever added.
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
    purpose: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("length(purpose) <= 500", name="purpose_length"),
        Index(None, "xid", "id"),
        Index(None, "at", "id"),
        Index(None, "client", "id"),
        Index(None, "keys", postgresql_using="gin"),
        Index(None, "operation", "id"),
    )


class AuditSeal(Base):
    """The link of one line: `hash` covers the line and the hash before it."""

    __tablename__ = "audit_seals"
    __triggers__ = frozenset({"forbid_update"})

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(ForeignKey("audit_lines.id"), unique=True)
    hash: Mapped[bytes]

    __table_args__ = (
        CheckConstraint("position > 0", name="position_range"),
        CheckConstraint("length(hash) = 32", name="hash_length"),
    )


class AuditRoot(Base):
    """The newest hash at the end of an hour in which lines were sealed: whoever keeps it can tell a rewritten chain."""

    __tablename__ = "audit_roots"
    __triggers__ = frozenset({"forbid_update"})

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(ForeignKey("audit_seals.position"), unique=True)
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (CheckConstraint("length(hash) = 32", name="hash_length"),)
