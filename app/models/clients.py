"""Tables of API clients, of their credentials, and of the keys that sign access tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.metadata import NAME_LENGTH_CHECK, Base, sort_index


class Client(Base):
    """A client that may request access tokens (RFC 6749, section 2).

    `organization`: it may write only for this organization and those below it. `meeting`: it is a check-in device for
    this meeting only. `jwks`: the public keys of a client that authenticates with `private_key_jwt`. `revision`
    increases with every change of what a token contains, so that tokens from before the change are recognised.
    `live_organization` and `live_meeting` are the same codes while the client is not revoked; a trigger sets them.
    """

    __tablename__ = "clients"
    __triggers__ = frozenset(
        {
            *("bind_live_client", "bump_client_revision", "notify_clients"),
            *("record_controller", "record_controller_of_keys", "record_controller_of_rights"),
        }
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    organization: Mapped[str | None]
    meeting: Mapped[str | None]
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]
    live_organization: Mapped[str | None] = mapped_column(ForeignKey("organizations.code", onupdate="CASCADE"))
    live_meeting: Mapped[str | None] = mapped_column(ForeignKey("meetings.code", onupdate="CASCADE"))

    __table_args__ = (
        CheckConstraint(NAME_LENGTH_CHECK, name="name_length"),
        Index(None, "organization"),
        Index(None, "meeting"),
        Index(None, "live_organization"),
        Index(None, "live_meeting"),
        Index(None, "updated_at"),
        sort_index("name", "id"),
    )


class ClientSecret(Base):
    """The SHA-256 of a client secret. A client has at most two valid ones, so that a secret can be replaced in use."""

    __tablename__ = "client_secrets"
    __triggers__ = frozenset({"notify_clients", "record_controller"})

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


class ClientController(Base):
    """A client that could act as another one, because it created it, added a secret to it, or changed its keys.

    `controller`: the client's id; for a client of an external issuer, issuer and subject. The command line is no
    controller. Rows are only added, because a revoked secret may have been used. See `clients_count_as_one`.
    """

    __tablename__ = "client_controllers"
    __triggers__ = frozenset({"forbid_update"})

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    controller: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class UsedAssertion(Base):
    """The `jti` of a client assertion that was used; each assertion is valid once (RFC 7523, section 3)."""

    __tablename__ = "used_assertions"

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True)
    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("length(jti) BETWEEN 1 AND 200", name="jti_length"), Index(None, "expires_at"))


class SigningKey(Base):
    """A key that signs access tokens from `signs_from` until `signs_until`. It is published before and afterwards."""

    __tablename__ = "signing_keys"
    __triggers__ = frozenset({"notify_clients"})

    kid: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    signs_from: Mapped[datetime]
    signs_until: Mapped[datetime]

    __table_args__ = (CheckConstraint("signs_until > signs_from", name="ends_after_start"), Index(None, "signs_from"))
