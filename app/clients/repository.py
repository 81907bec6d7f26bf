"""The SQL of clients and their secrets."""

import secrets
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Text, and_, any_, bindparam, case, cast, func, select
from uuid_utils.compat import uuid7

from app import models, references
from app.clients import schemas
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import DayExpression, Document, DocumentSelect, json_array, json_object
from app.core.db.ordering import by_code_point
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.writes.client_visibility import visibility_condition

_client, _secret = models.Client, models.ClientSecret
SECRET_PREFIX = "rks_"  # noqa: S105  (lets secret scanners recognise a published secret)
COLUMNS = ("name", "scopes", "organization", "meeting", "jwks")


def select_client(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a client document, one column per JSON member; it does not depend on the day."""
    secret = json_object(id=_secret.id, created_at=_secret.created_at, revoked_at=_secret.revoked_at)
    # The organization of a revoked client may have been deleted, and another one may have its code.
    former_organization = json_object(code=_client.organization, name=_client.organization)
    is_former = and_(_client.revoked_at.is_not(None), _client.organization.is_not(None))
    organization = references.organization_reference(_client.live_organization)
    return select(
        _client.id,
        _client.name,
        _client.scopes,
        case((is_former, former_organization), else_=organization).label("organization"),
        _client.meeting,
        _client.jwks,
        json_array(secret, _secret.created_at, _secret.id, where=_secret.client == _client.id).label("secrets"),
        _client.revision,
        _client.created_at,
        _client.updated_at,
        _client.revoked_at,
    )


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of each filter in use (scope, status), and that the caller may see the client."""
    visible = visibility_condition(filters, cast(_client.id, Text))
    if visible is not None:
        yield visible
    if "scope" in filters:
        yield bindparam("scope", type_=Text) == any_(_client.scopes)
    if "status" in filters:
        live = bindparam("status", type_=Text) == "live"
        yield live == _client.revoked_at.is_(None)


CLIENTS = Collection(
    Document(schemas.OAuthClient, select_client),
    _client,
    conditions=_filter_conditions,
    sorts={"name": [_client.name], "created_at": [_client.created_at], "updated_at": [_client.updated_at]},
    folded_text=func.fold(_client.name),
)


_client_documents = CLIENTS.document.select(_client.name, _client.id, as_of=False).subquery("client_documents")
SELECT_CLIENT_DOCUMENTS = Statement(
    select(cast(_client_documents.c.document, Text)).order_by(
        by_code_point(_client_documents.c.name), _client_documents.c.id
    )
)
SELECT_SECRET_DOCUMENT = Statement(
    select(cast(json_object(id=_secret.id, created_at=_secret.created_at, revoked_at=_secret.revoked_at), Text)).where(
        _secret.id == bindparam("id", type_=_secret.id.type)
    )
)


class CreatedSecret(NamedTuple):
    """A new secret in plain text; only its digest is stored."""

    id: UUID
    value: str


class LockedClient(NamedTuple):
    """The present state of a client that the transaction has locked."""

    revision: int
    is_revoked: bool
    members: dict[str, Any]
    """The members that can be changed, as in a OAuthClientPayload."""


async def insert_client(
    transaction: Transaction, members: Mapping[str, Any], *, with_secret: bool = True
) -> tuple[UUID, CreatedSecret | None]:
    """Insert a client and, if `with_secret`, a first secret; return the client's id and the secret or None."""
    client_id = UUID(int=uuid7().int)
    names = ", ".join(COLUMNS)
    await transaction.fetch(
        f"INSERT INTO clients (id, {names}) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)",  # noqa: S608
        client_id,
        *_list_column_values(members),
    )
    return client_id, await insert_secret(transaction, client_id) if with_secret else None


async def lock_client(transaction: Transaction, client_id: UUID) -> LockedClient | None:
    """Lock a client's row until the transaction ends and return its state; None if there is no such client."""
    rows = await transaction.fetch(
        "SELECT revision, revoked_at IS NOT NULL, json_build_object('name', name, 'scopes', scopes,"
        " 'organization', organization, 'meeting', meeting, 'jwks', jwks)::text FROM clients WHERE id = $1 FOR UPDATE",
        client_id,
    )
    return LockedClient(rows[0][0], rows[0][1], orjson.loads(rows[0][2])) if rows else None


async def update_client(transaction: Transaction, client_id: UUID, members: Mapping[str, Any]) -> None:
    """Set all columns of a client; any change raises its revision by a trigger, which invalidates its tokens."""
    await transaction.fetch(
        "UPDATE clients SET name = $2, scopes = $3, organization = $4, meeting = $5, jwks = $6::text::jsonb"
        " WHERE id = $1",
        client_id,
        *_list_column_values(members),
    )


async def revoke_client(transaction: Transaction, client_id: UUID) -> None:
    """Mark a client and all its secrets as revoked, for ever."""
    await transaction.fetch(
        "UPDATE clients SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL", client_id
    )
    await transaction.fetch(
        "UPDATE client_secrets SET revoked_at = clock_timestamp() WHERE client = $1 AND revoked_at IS NULL", client_id
    )


async def insert_secret(transaction: Transaction, client_id: UUID) -> CreatedSecret | None:
    """Generate and store another secret of a client; return it in plain text, or None if two are live already."""
    rows = await transaction.fetch(
        "SELECT slot FROM client_secrets WHERE client = $1 AND revoked_at IS NULL", client_id
    )
    free_slots = sorted({1, 2} - {slot for (slot,) in rows})
    if not free_slots:
        return None
    secret = CreatedSecret(UUID(int=uuid7().int), SECRET_PREFIX + secrets.token_urlsafe(32))
    await transaction.fetch(
        "INSERT INTO client_secrets (id, client, slot, digest) VALUES ($1, $2, $3, $4)",
        secret.id,
        client_id,
        free_slots[0],
        sha256(secret.value.encode()).digest(),
    )
    return secret


async def get_secret_document(transaction: Transaction, secret_id: UUID) -> bytes:
    """Return the JSON document of a secret: its id, creation and revocation, but not its value."""
    row = await transaction.fetch_one(SELECT_SECRET_DOCUMENT, {"id": secret_id})
    return str(row[0]).encode()


async def revoke_secret(transaction: Transaction, client_id: UUID, secret_id: UUID) -> bool:
    """Mark a client's secret as revoked, if it is not yet; return False if the client has no such secret."""
    rows = await transaction.fetch(
        "UPDATE client_secrets SET revoked_at = coalesce(revoked_at, clock_timestamp())"
        " WHERE client = $1 AND id = $2 RETURNING id",
        client_id,
        secret_id,
    )
    return bool(rows)


def _list_column_values(members: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values of COLUMNS in their order, as query parameters: `jwks` as JSON, missing ones as None."""
    jwks = members.get("jwks")
    return (
        members["name"],
        [str(scope) for scope in members["scopes"]],
        members.get("organization"),
        members.get("meeting"),
        orjson.dumps(jwks).decode() if jwks is not None else None,
    )
