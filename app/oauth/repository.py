"""The SQL of the token endpoint."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app import models
from app.core.db.database import Database, Queryable
from app.core.db.statements import Statement
from app.core.db.transaction import open_transaction

_client, _secret = models.Client, models.ClientSecret

SELECT_CLIENT = Statement(
    select(
        _client.name,
        _client.scopes,
        _client.organization,
        _client.meeting,
        _client.jwks,
        _client.revision,
        select(func.array_agg(aggregate_order_by(_secret.id, _secret.slot)))
        .where(_secret.client == _client.id, _secret.revoked_at.is_(None))
        .scalar_subquery(),
        select(func.array_agg(aggregate_order_by(_secret.digest, _secret.slot)))
        .where(_secret.client == _client.id, _secret.revoked_at.is_(None))
        .scalar_subquery(),
    ).where(_client.id == bindparam("id", type_=_client.id.type), _client.revoked_at.is_(None))
)
# Each insert also deletes a few expired rows: an expired assertion cannot be used again anyway.
INSERT_USED_ASSERTION = Statement(
    text(
        """
WITH deleted AS (
    DELETE FROM used_assertions WHERE (client, jti) IN (
        SELECT client, jti FROM used_assertions WHERE expires_at < now() - interval '5 minutes'
        LIMIT 10 FOR UPDATE SKIP LOCKED)
)
INSERT INTO used_assertions (client, jti, expires_at) VALUES (:client, :jti, :expires_at)
ON CONFLICT DO NOTHING RETURNING jti"""
    )
)


class RegisteredClient(NamedTuple):
    """A client that is not revoked, with the ids and SHA-256 digests of its live secrets."""

    name: str
    scopes: list[str]
    organization: str | None
    meeting: str | None
    jwks: Any
    revision: int
    secrets: list[tuple[UUID, bytes]]


async def find_client(reader: Queryable, client_id: UUID) -> RegisteredClient | None:
    """Query the client with this id, with its live secrets' digests; None if there is none or it is revoked."""
    row = await reader.fetch_first(SELECT_CLIENT, {"id": client_id})
    if row is None:
        return None
    *members, ids, digests = row
    secrets = [(id_, bytes(digest)) for id_, digest in zip(ids or (), digests or (), strict=True)]
    return RegisteredClient._make([*members, secrets])


async def record_assertion(database: Database, client_id: UUID, jti: str, expires_at: float) -> bool:
    """Store a client assertion as used, and purge some expired ones, in a transaction; return False if used before.

    `expires_at` is its expiry (Unix time), after which the record may be deleted.
    """
    async with open_transaction(database) as transaction:
        expiry = datetime.fromtimestamp(expires_at, UTC)
        inserted = await transaction.fetch_first(
            INSERT_USED_ASSERTION, {"client": client_id, "jti": jti, "expires_at": expiry}
        )
    return inserted is not None
