"""The operations of `rakornas clients`: the same rules as the API, and a line in the audit trail for each."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.auth import Scope
from app.clients import repository
from app.clients.payloads import OAuthClientPayload
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.http.validation import validate_document
from app.core.problems import ErrorDetail, Problem

FIRST_CLIENT_NAME = "admin of this machine"
# The command line has no client id; the operation is the command.
INSERT_AUDIT_LINE = "INSERT INTO audit_lines (operation, keys) VALUES ($1, $2)"
LOCK_FIRST_CLIENT = "SELECT pg_advisory_xact_lock(first_client_lock_key())"


class ClientCommandError(Exception):
    """The command cannot be carried out; the message, for the operator, says why."""


async def create_client(transaction: Transaction, members: Mapping[str, Any]) -> tuple[str, str | None]:
    """Insert a client with a first secret, unless it has keys, and an audit line; return its id and secret or None.

    Raises:
        ClientCommandError: A member is invalid, or the organization or meeting does not exist.
    """
    try:
        payload = validate_document(OAuthClientPayload, members)
    except Problem as problem:
        raise ClientCommandError("; ".join(map(_describe_option_error, problem.errors))) from None
    values = {name: getattr(payload, name) for name in repository.COLUMNS}
    try:
        client_id, secret = await repository.insert_client(transaction, values, with_secret=payload.jwks is None)
    except ConstraintViolation as violation:
        member = "meeting" if "meeting" in violation.constraint else "organization"
        raise ClientCommandError(f"There is no {member} with the code {members[member]!a}.") from None
    await transaction.fetch(INSERT_AUDIT_LINE, "clients create", [f"clients/{client_id}"])
    return str(client_id), secret.value if secret else None


async def create_first_client(transaction: Transaction) -> tuple[str, str] | None:
    """Insert a client with all scopes and an audit line, under a lock, if there is none; return its id and secret."""
    await transaction.fetch(LOCK_FIRST_CLIENT)
    if await transaction.fetch("SELECT id FROM clients LIMIT 1"):
        return None
    members = {"name": FIRST_CLIENT_NAME, "scopes": [str(scope) for scope in Scope]}
    client_id, secret = await create_client(transaction, members)
    return (client_id, secret) if secret else None


async def list_clients(transaction: Transaction) -> list[dict[str, Any]]:
    """Query the JSON documents of all clients, live and revoked, ordered by name."""
    return [
        orjson.loads(document) for (document,) in await transaction.fetch_all(repository.SELECT_CLIENT_DOCUMENTS, {})
    ]


async def revoke_client(transaction: Transaction, client_id: str) -> None:
    """Revoke a client with its secrets, and add an audit line; ClientCommandError if it is unknown or revoked."""
    await repository.revoke_client(transaction, await _lock_client(transaction, client_id))
    await transaction.fetch(INSERT_AUDIT_LINE, "clients revoke", [f"clients/{client_id}"])


async def add_secret(transaction: Transaction, client_id: str) -> str:
    """Insert another secret of a client, with an audit line, and return it; ClientCommandError if two are live."""
    secret = await repository.insert_secret(transaction, await _lock_client(transaction, client_id))
    if secret is None:
        raise ClientCommandError("The client has two live secrets: revoke one of them first.")
    await transaction.fetch(
        INSERT_AUDIT_LINE, "clients add-secret", [f"clients/{client_id}", f"client_secrets/{secret.id}"]
    )
    return secret.value


async def revoke_secret(transaction: Transaction, client_id: str, secret_id: str) -> None:
    """Revoke a client's secret and add an audit line; ClientCommandError if there is no such secret."""
    locked_id = await _lock_client(transaction, client_id, allow_revoked=True)
    if not await repository.revoke_secret(transaction, locked_id, _parse_uuid(secret_id)):
        raise ClientCommandError("The client has no such secret.")
    await transaction.fetch(
        INSERT_AUDIT_LINE, "clients revoke-secret", [f"clients/{client_id}", f"client_secrets/{secret_id}"]
    )


def _describe_option_error(error: ErrorDetail) -> str:
    """Return the text of a payload member's error, headed by the command-line option: `--scope` for `/scopes/0`."""
    member = (error.pointer or "").split("/")[1]
    return f"--{'scope' if member == 'scopes' else member}: {error.detail.en}"


async def _lock_client(transaction: Transaction, client_id: str, *, allow_revoked: bool = False) -> UUID:
    """Lock a client's row until the transaction ends; return its id. ClientCommandError if it is unknown or revoked."""
    client = await repository.lock_client(transaction, _parse_uuid(client_id))
    if client is None:
        raise ClientCommandError("There is no such client.")
    if client.is_revoked and not allow_revoked:
        raise ClientCommandError("The client is revoked.")
    return _parse_uuid(client_id)


def _parse_uuid(text: str) -> UUID:
    """Parse an id from the command line; raise ClientCommandError if it is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        raise ClientCommandError("The id must be a UUID; `rakornas clients list` shows it.") from None
