"""Clients as an operator manages them, from the command line: by the same rules, with a line in the audit trail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.auth import Scope
from app.clients import repository, schemas
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.http.validation import validate_document
from app.core.problems import Problem

FIRST_CLIENT_NAME = "admin of this machine"
# The trail has no client for the command line; the command stands in its place.
INSERT_AUDIT_LINE = "INSERT INTO audit_lines (operation, keys) VALUES ($1, $2)"
LOCK_FIRST_CLIENT = "SELECT pg_advisory_xact_lock(first_client_lock_key())"


class ClientCommandError(Exception):
    """What the operator asked for cannot be; the message says why."""


async def create_client(transaction: Transaction, members: Mapping[str, Any]) -> tuple[str, str | None]:
    """A client, and its secret if it has no keys."""
    try:
        valid = validate_document(schemas.ClientPayload, members)
    except Problem as problem:
        raise ClientCommandError("; ".join(f"{one.pointer}: {one.detail.en}" for one in problem.errors)) from None
    members = {name: getattr(valid, name) for name in repository.COLUMNS}
    try:
        id_, made = await repository.insert_client(transaction, members, with_secret=valid.jwks is None)
    except ConstraintViolation as broken:
        raise ClientCommandError(f"There is no such organization or meeting ({broken.constraint}).") from None
    await transaction.fetch(INSERT_AUDIT_LINE, "clients create", [f"clients/{id_}"])
    return str(id_), made.secret if made else None


async def create_first_client(transaction: Transaction) -> tuple[str, str] | None:
    """A client with all scopes where there is none at all, once, whoever else starts beside."""
    await transaction.fetch(LOCK_FIRST_CLIENT)
    if await transaction.fetch("SELECT id FROM clients LIMIT 1"):
        return None
    id_, secret = await create_client(
        transaction, {"name": FIRST_CLIENT_NAME, "scopes": [str(scope) for scope in Scope]}
    )
    return (id_, secret) if secret else None


async def list_clients(transaction: Transaction) -> list[dict[str, Any]]:
    """The documents of all clients, by name."""
    return [
        orjson.loads(document) for (document,) in await transaction.fetch_all(repository.SELECT_CLIENT_DOCUMENTS, {})
    ]


async def revoke_client(transaction: Transaction, client_id: str) -> None:
    await repository.revoke_client(transaction, await _lock_client(transaction, client_id))
    await transaction.fetch(INSERT_AUDIT_LINE, "clients revoke", [f"clients/{client_id}"])


async def add_secret(transaction: Transaction, client_id: str) -> str:
    held = await _lock_client(transaction, client_id)
    made = await repository.insert_secret(transaction, held)
    if made is None:
        raise ClientCommandError("The client has two live secrets: revoke one of them first.")
    await transaction.fetch(
        INSERT_AUDIT_LINE, "clients add-secret", [f"clients/{client_id}", f"client_secrets/{made.id}"]
    )
    return made.secret


async def revoke_secret(transaction: Transaction, client_id: str, secret_id: str) -> None:
    held = await _lock_client(transaction, client_id, allow_revoked=True)
    if not await repository.revoke_secret(transaction, held, _parse_uuid(secret_id)):
        raise ClientCommandError("The client has no such secret.")
    await transaction.fetch(
        INSERT_AUDIT_LINE, "clients revoke-secret", [f"clients/{client_id}", f"client_secrets/{secret_id}"]
    )


async def _lock_client(transaction: Transaction, client_id: str, *, allow_revoked: bool = False) -> UUID:
    held = await repository.lock_client(transaction, _parse_uuid(client_id))
    if held is None:
        raise ClientCommandError("There is no such client.")
    if held.is_revoked and not allow_revoked:
        raise ClientCommandError("The client is revoked.")
    return _parse_uuid(client_id)


def _parse_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ClientCommandError("An id is a UUID, as `clients list` shows it.") from None
