"""Machine clients, what they prove themselves with, and the keys that sign their tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import NAME_LENGTH_CHECK, Base


class Client(Base):
    """A machine that may ask for tokens (RFC 6749, section 2).

    `organization`: it writes only there and below; `meeting`: a gate, good for one meeting. `jwks`: the public keys of
    a client that proves itself with `private_key_jwt`. `revision` moves with everything that a token carries, so that a
    token made before a change can be told from one made after it.
    """

    __tablename__ = "clients"
    __triggers__ = frozenset({"bump_client_revision", "notify_clients"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    organization: Mapped[str | None] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    meeting: Mapped[str | None] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        Index(None, "organization"),
        Index(None, "meeting"),
        Index(None, "updated_at"),
        Index(None, "name", "id"),
    )


class ClientSecret(Base):
    """A secret by its SHA-256. A client has two live ones at most, so that one can be changed for the other in use."""

    __tablename__ = "client_secrets"
    __triggers__ = frozenset({"notify_clients"})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"))
    slot: Mapped[int]
    digest: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("slot IN (1, 2)", name="slot_known"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        Index(
            "uq_client_secrets_live_slot", "client", "slot", unique=True, postgresql_where=text("revoked_at IS NULL")
        ),
        Index(None, "client"),
        Index(None, "revoked_at"),
    )


class UsedAssertion(Base):
    """The `jti` of an assertion that a client has proved itself with: each is good once (RFC 7523, section 3)."""

    __tablename__ = "used_assertions"

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("length(jti) BETWEEN 1 AND 200", name="jti_length"), Index(None, "expires_at"))


class SigningKey(Base):
    """A key that signs access tokens between two instants. It is published before the first, and for a while after."""

    __tablename__ = "signing_keys"
    __triggers__ = frozenset({"notify_clients"})

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    signs_from: Mapped[datetime]
    signs_until: Mapped[datetime]

    __table_args__ = (CheckConstraint("signs_until > signs_from", name="ends_after_start"), Index(None, "signs_from"))
