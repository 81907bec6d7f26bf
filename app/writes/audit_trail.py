"""Attribution of revisions to the caller, and the lines of the audit trail."""

import hashlib
import secrets
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
    "WITH line AS (INSERT INTO audit_lines (client, scope, operation, keys, request_id, purpose_digest)"
    " SELECT $1, $2, $3, $4::text[] || ARRAY("
    " SELECT resource || '/' || key AS also FROM revisions"
    " WHERE xid = pg_current_xact_id() AND resource || '/' || key <> ALL ($4) ORDER BY id), $5, $6 RETURNING id)"
    " INSERT INTO audit_texts (line, meeting, salt, text) SELECT id, $7, $8, $9 FROM line WHERE $9::text IS NOT NULL"
)
MEETING_PATH = "/v1/meetings/{code}"
SALT_BYTES = 16
DRY_RUN, REPEATED = " (dry run)", " (repeated)"
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
    transaction: Transaction,
    caller: Caller,
    request: Request,
    keys: Sequence[str],
    *,
    scope: Scope | None = None,
    remark: str = "",
) -> None:
    """Insert an audit line of the request: caller, route, purpose, the given keys and those of all objects revised.

    Args:
        transaction: The transaction that did what the line describes.
        caller: The client that sent the request.
        request: The request; its route names the operation.
        keys: The objects written or read, such as `officials/{id}`.
        scope: The scope that allowed the operation, if it is not the scope of the route.
        remark: What the operation was if it changed nothing: DRY_RUN or REPEATED.
    """
    route: Any = request.scope["route"]
    scope = scope or route.access_policy.scope
    state = request.scope.get("state", {})
    header = request.headers.get("x-purpose")
    purpose = _decode_header(header)[:MAX_PURPOSE_LENGTH] if header else None
    salt = secrets.token_bytes(SALT_BYTES)
    await transaction.fetch(
        _INSERT_LINE,
        caller.client_id,
        str(scope) if scope else None,
        f"{route.name}{remark}",
        list(keys),
        state.get("request_id"),
        compute_text_digest(salt, purpose) if purpose else None,
        find_meeting(request) or _find_meeting_in_keys(keys),
        salt,
        purpose,
    )


def compute_text_digest(salt: bytes, text: str) -> str:
    """Return the SHA-256 of a salt and a text in hexadecimal, which the chained audit line stores instead of the text.

    The text and its salt can be deleted later: the line stays verifiable, and the text cannot be guessed from it.
    """
    return hashlib.sha256(salt + text.encode()).hexdigest()


def _find_meeting_in_keys(keys: Sequence[str]) -> str | None:
    """Return the code of the first meeting among the keys of objects; None if there is none."""
    return next((key.split("/")[1] for key in keys if key.startswith("meetings/")), None)


def find_meeting(request: Request) -> str | None:
    """Return the code of the meeting in the path of a request; None if its route is not below a meeting."""
    route: Any = request.scope["route"]
    return request.path_params["code"] if route.path.startswith(MEETING_PATH) else None


def _decode_header(header: str) -> str:
    """Return a header value decoded as UTF-8 instead of Latin-1 (Starlette); invalid bytes become U+FFFD."""
    return header.encode("latin-1").decode("utf-8", "replace")
