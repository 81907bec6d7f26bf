"""Who writes, and why: told to the database, whose triggers sign the revisions with it, and kept as an audit line."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Request

from app.auth import Caller, Scope
from app.core.db.transaction import Transaction
from app.writes.payloads import ChangeReason

_SIGN = (
    "SELECT set_config('rakornas.client', $1, true), set_config('rakornas.made_by', $2, true),"
    " set_config('rakornas.request_id', $3, true), set_config('rakornas.reason', $4, true),"
    " set_config('rakornas.legal_basis', $5, true)"
)
# With all that has a new revision by it: a change of keys moves what refers to them too.
_LINE = (
    "INSERT INTO audit_lines (client, scope, operation, keys, request_id, purpose)"
    " SELECT $1, $2, $3, $4::text[] || ARRAY("
    " SELECT resource || '/' || key AS also FROM revisions"
    " WHERE xid = pg_current_xact_id() AND resource || '/' || key <> ALL ($4) ORDER BY id), $5, $6"
)
MAX_PURPOSE_LENGTH = 500
Purpose = Annotated[
    str | None,
    Header(
        alias="X-Purpose",
        description="What personal data is read for; kept in the audit trail, up to 500 characters.",
        examples=["accreditation at the door"],
    ),
]


async def attribute_revisions(write: Transaction, caller: Caller, request_id: str, note: ChangeReason | None) -> None:
    """Put the caller's name, and its reasons, under every revision of this transaction."""
    reason, legal_basis = (note.reason, note.legal_basis) if note else (None, None)
    await write.fetch(_SIGN, caller.client_id, caller.name, request_id, reason or "", legal_basis or "")


async def insert_audit_line(
    write: Transaction, caller: Caller, request: Request, keys: Sequence[str], *, scope: Scope | None = None
) -> None:
    """One line in the audit trail: in the transaction of what it tells of, so that neither is there alone.

    `scope`: by which it was allowed, where that is not the one that the route asks for.
    """
    route: Any = request.scope["route"]
    scope = scope or route.access_policy.scope
    state = request.scope.get("state", {})
    purpose = request.headers.get("x-purpose")
    await write.fetch(
        _LINE,
        caller.client_id,
        str(scope) if scope else None,
        route.name,
        list(keys),
        state.get("request_id"),
        _text(purpose)[:MAX_PURPOSE_LENGTH] if purpose else None,
    )


def _text(header: str) -> str:
    """What a client has written: HTTP knows bytes, which Starlette takes for Latin-1, and everybody writes UTF-8."""
    return header.encode("latin-1").decode("utf-8", "replace")
