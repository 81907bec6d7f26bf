"""The SQL of clients and their secrets. What writes takes the transaction that it is part of."""

import secrets
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Text, any_, bindparam, cast, func, select
from uuid_utils.compat import uuid7

from app import models, references
from app.clients import schemas
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect, json_array, json_object
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction

_client, _secret = models.Client, models.ClientSecret
SECRET_PREFIX = "rks_"  # noqa: S105  (so that scanners of repositories find one that was put there)
COLUMNS = ("name", "scopes", "organization", "meeting", "jwks")


def select_client(_day: DayExpression) -> DocumentSelect:
    secret = json_object(id=_secret.id, created_at=_secret.created_at, revoked_at=_secret.revoked_at)
    return select(
        _client.id,
        _client.name,
        _client.scopes,
        references.organization_reference(_client.organization).label("organization"),
        _client.meeting,
        _client.jwks,
        json_array(secret, _secret.created_at, _secret.id, where=_secret.client == _client.id).label("secrets"),
        _client.revision,
        _client.created_at,
        _client.updated_at,
        _client.revoked_at,
    )


def _conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    if "scope" in given:
        yield bindparam("scope", type_=Text) == any_(_client.scopes)
    if "status" in given:
        live = bindparam("status", type_=Text) == "live"
        yield live == _client.revoked_at.is_(None)


CLIENTS = Collection(
    Document(schemas.Client, select_client),
    _client,
    conditions=_conditions,
    sorts={"name": [_client.name], "created_at": [_client.created_at], "updated_at": [_client.updated_at]},
    folded=func.fold(_client.name),
)


_client_documents = CLIENTS.document.select(_client.name, _client.id, as_of=False).subquery("found")
SELECT_CLIENT_DOCUMENTS = Statement(
    select(cast(_client_documents.c.document, Text)).order_by(_client_documents.c.name, _client_documents.c.id)
)
SELECT_SECRET_DOCUMENT = Statement(
    select(cast(json_object(id=_secret.id, created_at=_secret.created_at, revoked_at=_secret.revoked_at), Text)).where(
        _secret.id == bindparam("id", type_=_secret.id.type)
    )
)


class CreatedSecret(NamedTuple):
    """A secret that was just made, in clear for the only time."""

    id: UUID
    secret: str


class LockedClient(NamedTuple):
    """A client, locked until the transaction ends."""

    revision: int
    is_revoked: bool
    members: dict[str, Any]


async def insert_client(
    transaction: Transaction, members: Mapping[str, Any], *, with_secret: bool = True
) -> tuple[UUID, CreatedSecret | None]:
    """A new client and, unless it has keys of its own, its first secret."""
    id_ = UUID(int=uuid7().int)
    names = ", ".join(COLUMNS)
    await transaction.fetch(
        f"INSERT INTO clients (id, {names}) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)",  # noqa: S608
        id_,
        *_column_values(members),
    )
    return id_, await insert_secret(transaction, id_) if with_secret else None


async def lock_client(transaction: Transaction, id_: UUID) -> LockedClient | None:
    """Lock a client, and read what can be changed of it."""
    found = await transaction.fetch(
        "SELECT revision, revoked_at IS NOT NULL, json_build_object('name', name, 'scopes', scopes,"
        " 'organization', organization, 'meeting', meeting, 'jwks', jwks)::text FROM clients WHERE id = $1 FOR UPDATE",
        id_,
    )
    return LockedClient(found[0][0], found[0][1], orjson.loads(found[0][2])) if found else None


async def update_client(transaction: Transaction, id_: UUID, members: Mapping[str, Any]) -> None:
    """Let this be what is said of the client. Where that is something else than before, its tokens end."""
    await transaction.fetch(
        "UPDATE clients SET name = $2, scopes = $3, organization = $4, meeting = $5, jwks = $6::text::jsonb"
        " WHERE id = $1",
        id_,
        *_column_values(members),
    )


async def revoke_client(transaction: Transaction, id_: UUID) -> None:
    """Revoke the client and all its secrets, for good."""
    await transaction.fetch(
        "UPDATE clients SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL", id_
    )
    await transaction.fetch(
        "UPDATE client_secrets SET revoked_at = clock_timestamp() WHERE client = $1 AND revoked_at IS NULL", id_
    )


async def insert_secret(transaction: Transaction, id_: UUID) -> CreatedSecret | None:
    """A further secret for a client that is held; None where two are live."""
    taken = await transaction.fetch("SELECT slot FROM client_secrets WHERE client = $1 AND revoked_at IS NULL", id_)
    free = sorted({1, 2} - {slot for (slot,) in taken})
    if not free:
        return None
    made = CreatedSecret(UUID(int=uuid7().int), SECRET_PREFIX + secrets.token_urlsafe(32))
    await transaction.fetch(
        "INSERT INTO client_secrets (id, client, slot, digest) VALUES ($1, $2, $3, $4)",
        made.id,
        id_,
        free[0],
        sha256(made.secret.encode()).digest(),
    )
    return made


async def get_secret_document(transaction: Transaction, id_: UUID) -> bytes:
    """A secret's document, without its words."""
    found = await transaction.fetch_one(SELECT_SECRET_DOCUMENT, {"id": id_})
    return str(found[0]).encode()


async def revoke_secret(transaction: Transaction, id_: UUID, secret_id: UUID) -> bool:
    """Revoke one secret, and with it the tokens that it was used for; False where the client has none like it."""
    found = await transaction.fetch(
        "UPDATE client_secrets SET revoked_at = coalesce(revoked_at, clock_timestamp())"
        " WHERE client = $1 AND id = $2 RETURNING id",
        id_,
        secret_id,
    )
    return bool(found)


def _column_values(members: Mapping[str, Any]) -> tuple[Any, ...]:
    jwks = members.get("jwks")
    return (
        members["name"],
        [str(scope) for scope in members["scopes"]],
        members.get("organization"),
        members.get("meeting"),
        orjson.dumps(jwks).decode() if jwks is not None else None,
    )
