"""Idempotency keys: a repeated request has the same effect and gets the same response.

Follows the IETF draft "The Idempotency-Key HTTP Header Field". The key, the effect and the response are committed in
one transaction, so that a crash leaves all of them or none. Only successful responses are stored; after an error the
key can be used again.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple, cast

import http_sf
import orjson

from app.core.db.transaction import Transaction
from app.core.languages import Text
from app.core.problems import IdempotencyKeyRequired, IdempotencyKeyReused, RequestInFlight

SELECT_RESPONSE = (
    "SELECT fingerprint, status, headers::text, body, keys, is_personal FROM idempotency_keys"
    " WHERE client = $1 AND key = $2 AND created_at > now() - interval '7 days'"
)
# Rows are deleted an hour after they expire, which is longer than any request runs that may still read them. A row that
# a running request locks is skipped, because that request is replacing it.
DELETE_EXPIRED_KEYS = (
    "DELETE FROM idempotency_keys WHERE (client, key) IN (SELECT client, key FROM idempotency_keys"
    " WHERE created_at < now() - interval '7 days 1 hour' LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1"
)

MAX_KEY_LENGTH = 255
NOT_A_STRING = Text(
    'Idempotency-Key yang diawali tanda kutip harus berupa string menurut RFC 9651: "…", dengan \\ di depan " dan \\.',
    'An Idempotency-Key that begins with a quote must be a String of RFC 9651: "…", with \\ before " and \\.',
)
WRONG_KEY_CHARACTERS = Text(
    f"Idempotency-Key harus terdiri dari 1 sampai {MAX_KEY_LENGTH} karakter ASCII yang dapat dicetak.",
    f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} printable ASCII characters.",
)
SEVERAL_KEYS = Text(
    "Permintaan memuat beberapa Idempotency-Key yang berbeda. Kirim satu saja.",
    "The request has several different Idempotency-Keys. Send one.",
)


class StoredResponse(NamedTuple):
    """A response that can be repeated: its status, its own headers and its body."""

    status: int
    headers: dict[str, str]
    body: bytes


class RepeatableResponse(NamedTuple):
    """A response that is stored under an idempotency key, with what its repetition needs to know."""

    response: StoredResponse
    keys: Sequence[str]
    """The objects that it is about, as in the audit trail."""
    is_personal: bool
    """It contains personal data."""
    meeting: str | None = None
    """The meeting in the path of the request."""


def parse_key(header_lines: Sequence[str]) -> str:
    """Return the idempotency key of a request: the content of a quoted string, or the header if it has no quotes.

    Both forms of a key are the same key. The IETF draft requires the quotes, which many clients leave out. Parameters
    behind a quoted key are ignored.

    Args:
        header_lines: The values of all headers with this name. A proxy may repeat one.

    Raises:
        IdempotencyKeyRequired: The key is empty, longer than 255 characters or not printable ASCII, a quoted string is
            malformed, or there are several keys.
    """
    keys = {_parse_key(line.strip(" \t")) for line in header_lines}
    if len(keys) != 1:
        raise IdempotencyKeyRequired(SEVERAL_KEYS if keys else None)
    return keys.pop()


def _parse_key(header: str) -> str:
    """Return the key in one header as `parse_key` does."""
    key = header
    if header.startswith('"'):
        try:
            key = cast("tuple[str, Any]", http_sf.parse(header.encode("latin-1"), tltype="item"))[0]
        except http_sf.StructuredFieldError:
            raise IdempotencyKeyRequired(NOT_A_STRING) from None
    if not (1 <= len(key) <= MAX_KEY_LENGTH and key.isascii() and key.isprintable()):
        raise IdempotencyKeyRequired(WRONG_KEY_CHARACTERS)
    return key


def compute_fingerprint(method: str, target: str, body: bytes, incarnation: int = 0) -> bytes:
    """Return the SHA-256 of a request, by which a repetition with the same idempotency key is recognized.

    Args:
        method: The method of the request.
        target: Its path and query.
        body: Its body, as received.
        incarnation: The number of deleted meetings that had the code in the path: a request about another meeting is
            no repetition.
    """
    number = [str(incarnation).encode()] if incarnation else []
    return sha256(b"\0".join((method.encode(), target.encode(), body, *number))).digest()


async def find_response(
    transaction: Transaction, client: str, key: str, fingerprint: bytes
) -> RepeatableResponse | None:
    """Lock an idempotency key until the transaction ends; return its response, None if new; raise if in use or reused.

    Raises:
        RequestInFlight: Another request with this key is running.
        IdempotencyKeyReused: The key was used for a request with another fingerprint.
    """
    # Without this lock a second request would wait on the unique key for as long as the first one runs.
    [(is_locked,)] = await transaction.fetch(
        "SELECT pg_try_advisory_xact_lock(idempotency_lock_key($1, $2))", client, key
    )
    if not is_locked:
        raise RequestInFlight
    rows = await transaction.fetch(SELECT_RESPONSE, client, key)
    if not rows:
        return None
    stored_fingerprint, status, headers, body, keys, is_personal = rows[0]
    if stored_fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return RepeatableResponse(StoredResponse(status, orjson.loads(headers), body), keys, is_personal)


async def store_response(
    transaction: Transaction, client: str, key: str, fingerprint: bytes, repeatable: RepeatableResponse
) -> None:
    """Store a request's fingerprint and response under its idempotency key, replacing what is stored under it."""
    response = repeatable.response
    await transaction.fetch(
        "INSERT INTO idempotency_keys (client, key, fingerprint, status, headers, body, keys, is_personal, meeting)"
        " VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8, $9) ON CONFLICT (client, key) DO UPDATE SET"
        " fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,"
        " body = excluded.body, keys = excluded.keys, is_personal = excluded.is_personal,"
        " meeting = excluded.meeting, created_at = clock_timestamp()",
        client,
        key,
        fingerprint,
        response.status,
        orjson.dumps(response.headers).decode(),
        response.body,
        list(repeatable.keys),
        repeatable.is_personal,
        repeatable.meeting,
    )
