"""The hash of an audit line, which depends on all previous lines."""

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

GENESIS_HASH = bytes(32)

# Postgres formats the instant, because a manipulated one may be outside of Python's range.
SEALED_COLUMNS = """l.id, l.xid::text, to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
        || CASE WHEN l.at < '0001-01-01T00:00:00Z' THEN ' BC' ELSE '' END,
    l.client, l.scope, l.operation, l.keys, l.request_id, l.purpose_digest"""
"""The columns of `audit_lines AS l` that the hash covers, in the order of the JSON array.

The sealer composes the same text in SQL: audit_line_text() in migrations/sql/audit.sql.
"""


def hash_line(previous: bytes, line: Sequence[Any]) -> bytes:
    """Return the SHA-256 of the previous line's hash followed by this line (its SEALED_COLUMNS) as a JSON array."""
    return hashlib.sha256(previous + orjson.dumps(line)).digest()
