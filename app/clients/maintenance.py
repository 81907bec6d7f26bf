"""Clients as an operator manages them, from the command line: by the same rules, with a line in the audit trail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.auth import Scope
from app.clients import repository, schemas
from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Transaction
from app.core.http.validation import validate
from app.core.problems import Problem

FIRST = "admin of this machine"
# The trail has no client for the command line; the command stands in its place.
LINE = "INSERT INTO audit_lines (operation, keys) VALUES ($1, $2)"
ALONE = "SELECT pg_advisory_xact_lock(first_client_lock_key())"


class NotPossible(Exception):
    """What the operator asked for cannot be; the message says why."""


async def create(write: Transaction, content: Mapping[str, Any]) -> tuple[str, str | None]:
    """A client, and its secret if it has no keys."""
    try:
        valid = validate(schemas.ClientContent, content)
    except Problem as problem:
        raise NotPossible("; ".join(f"{one.pointer}: {one.detail.en}" for one in problem.errors)) from None
    members = {name: getattr(valid, name) for name in repository.COLUMNS}
    try:
        id_, made = await repository.create(write, members, with_secret=valid.jwks is None)
    except ConstraintViolation as broken:
        raise NotPossible(f"There is no such organization or meeting ({broken.constraint}).") from None
    await write.fetch(LINE, "clients create", [f"clients/{id_}"])
    return str(id_), made.secret if made else None


async def create_first(write: Transaction) -> tuple[str, str] | None:
    """A client with all scopes where there is none at all, once, whoever else starts beside."""
    await write.fetch(ALONE)
    if await write.fetch("SELECT id FROM clients LIMIT 1"):
        return None
    id_, secret = await create(write, {"name": FIRST, "scopes": [str(scope) for scope in Scope]})
    return (id_, secret) if secret else None


async def listed(write: Transaction) -> list[dict[str, Any]]:
    """The documents of all clients, by name."""
    return [orjson.loads(document) for (document,) in await write.fetch_all(repository.ALL, {})]


async def revoke(write: Transaction, id_: str) -> None:
    await repository.revoke(write, await _held(write, id_))
    await write.fetch(LINE, "clients revoke", [f"clients/{id_}"])


async def add_secret(write: Transaction, id_: str) -> str:
    held = await _held(write, id_)
    made = await repository.add_secret(write, held)
    if made is None:
        raise NotPossible("The client has two live secrets: revoke one of them first.")
    await write.fetch(LINE, "clients add-secret", [f"clients/{id_}", f"client_secrets/{made.id}"])
    return made.secret


async def revoke_secret(write: Transaction, id_: str, secret: str) -> None:
    held = await _held(write, id_, revoked=True)
    if not await repository.revoke_secret(write, held, _uuid(secret)):
        raise NotPossible("The client has no such secret.")
    await write.fetch(LINE, "clients revoke-secret", [f"clients/{id_}", f"client_secrets/{secret}"])


async def _held(write: Transaction, id_: str, *, revoked: bool = False) -> UUID:
    held = await repository.hold(write, _uuid(id_))
    if held is None:
        raise NotPossible("There is no such client.")
    if held.revoked and not revoked:
        raise NotPossible("The client is revoked.")
    return _uuid(id_)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotPossible("An id is a UUID, as `clients list` shows it.") from None
