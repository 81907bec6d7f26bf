"""Requests that may be sent again: the same key means the same effect, and the same answer.

After the IETF's draft of the header Idempotency-Key. The key, the effect and the answer are of one transaction, so no
crash leaves one without the others. Only what succeeded is kept: after a fault or a refusal the key is as good as new.
"""

from hashlib import sha256
from typing import NamedTuple

import orjson

from app.core.db.transaction import Transaction
from app.core.problems import IdempotencyKeyReused, RequestInFlight

SELECT_RESPONSE = (
    "SELECT fingerprint, status, headers::text, body FROM idempotency_keys"
    " WHERE client = $1 AND key = $2 AND created_at > now() - interval '7 days'"
)
# Later than they are no longer given, by more than a request can take: what is asked for just in time is still there.
# One whose key is just being used anew is left alone: it would go with the new answer in its place.
DELETE_EXPIRED_KEYS = (
    "DELETE FROM idempotency_keys WHERE (client, key) IN (SELECT client, key FROM idempotency_keys"
    " WHERE created_at < now() - interval '7 days 1 hour' LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1"
)


class StoredResponse(NamedTuple):
    """An answer as it was given: the status, the headers that belong to it, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


def compute_fingerprint(method: str, address: str, body: bytes) -> bytes:
    """What two requests must have in common to be the same one."""
    return sha256(b"\0".join((method.encode(), address.encode(), body))).digest()


async def find_response(write: Transaction, client: str, key: str, same: bytes) -> StoredResponse | None:
    """The answer kept for this key, or None for a new one, which is this transaction's until it ends.

    Raises InFlight while another request with the key runs, KeyReused where the key was used for another request.
    """
    # Without this lock the second request would wait on the unique key for as long as the first one runs.
    [(ours,)] = await write.fetch("SELECT pg_try_advisory_xact_lock(idempotency_lock_key($1, $2))", client, key)
    if not ours:
        raise RequestInFlight
    found = await write.fetch(SELECT_RESPONSE, client, key)
    if not found:
        return None
    kept_for, status, headers, body = found[0]
    if kept_for != same:
        raise IdempotencyKeyReused
    return StoredResponse(status, orjson.loads(headers), body)


async def store_response(write: Transaction, client: str, key: str, same: bytes, answer: StoredResponse) -> None:
    """Keep an answer, in the place of one that is too old to be given."""
    await write.fetch(
        "INSERT INTO idempotency_keys AS kept (client, key, fingerprint, status, headers, body)"
        " VALUES ($1, $2, $3, $4, $5::text::jsonb, $6) ON CONFLICT (client, key) DO UPDATE SET"
        " fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,"
        " body = excluded.body, created_at = clock_timestamp()",
        client,
        key,
        same,
        answer.status,
        orjson.dumps(answer.headers).decode(),
        answer.body,
    )
