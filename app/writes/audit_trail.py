"""Attribution of revisions to the caller, and the lines of the audit trail."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Request

from app.auth import Caller, Scope
from app.core.db.transaction import Transaction
from app.writes.payloads import ChangeReason

# Settings of this transaction, which triggers read: those on revisions, and those of rules that depend on the caller.
_SET_AUTHOR = (
    "SELECT set_config('rakornas.client', $1, true), set_config('rakornas.made_by', $2, true),"
    " set_config('rakornas.request_id', $3, true), set_config('rakornas.reason', $4, true),"
    " set_config('rakornas.legal_basis', $5, true), set_config('rakornas.scopes', $6, true),"
    " set_config('rakornas.organization', $7, true)"
)
# Adds the keys of all objects that this transaction gave a revision: a changed key also changes the rows that refer to
# it.
_INSERT_LINE = (
    "INSERT INTO audit_lines (client, scope, operation, keys, request_id, purpose)"
    " SELECT $1, $2, $3, $4::text[] || ARRAY("
    " SELECT resource || '/' || key AS also FROM revisions"
    " WHERE xid = pg_current_xact_id() AND resource || '/' || key <> ALL ($4) ORDER BY id), $5, $6"
)
MAX_PURPOSE_LENGTH = 500  # characters
Purpose = Annotated[
    str | None,
    Header(
        alias="X-Purpose",
        description="Purpose of reading the personal data, up to 500 characters; stored in the audit trail.",
        examples=["accreditation at the entrance"],
    ),
]


async def attribute_revisions(
    transaction: Transaction, caller: Caller, request_id: str, reason: ChangeReason | None
) -> None:
    """Set, for this transaction, the caller, request and reason that triggers copy into revisions and compare."""
    texts = (reason.reason, reason.legal_basis) if reason else (None, None)
    await transaction.fetch(
        _SET_AUTHOR,
        caller.client_id,
        caller.name,
        request_id,
        *(text or "" for text in texts),
        " ".join(sorted(caller.scopes)),
        caller.organization or "",
    )


async def insert_audit_line(
    transaction: Transaction, caller: Caller, request: Request, keys: Sequence[str], *, scope: Scope | None = None
) -> None:
    """Insert an audit line of the request: caller, route, purpose, the given keys and those of all objects revised.

    Args:
        transaction: The transaction that did what the line describes.
        caller: The client that sent the request.
        request: The request; its route names the operation.
        keys: The objects written or read, such as `officials/{id}`.
        scope: The scope that allowed the operation, if it is not the scope of the route.
    """
    route: Any = request.scope["route"]
    scope = scope or route.access_policy.scope
    state = request.scope.get("state", {})
    purpose = request.headers.get("x-purpose")
    await transaction.fetch(
        _INSERT_LINE,
        caller.client_id,
        str(scope) if scope else None,
        route.name,
        list(keys),
        state.get("request_id"),
        _decode_header(purpose)[:MAX_PURPOSE_LENGTH] if purpose else None,
    )


def _decode_header(header: str) -> str:
    """Return a header value decoded as UTF-8 instead of Latin-1 (Starlette); invalid bytes become U+FFFD."""
    return header.encode("latin-1").decode("utf-8", "replace")
