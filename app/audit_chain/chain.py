"""A line's bytes, and the hash that ties it to all lines before it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

GENESIS_HASH = bytes(32)

# Postgres writes the instant: any that it can keep, also one out of Python's range that somebody has put there.
SEALED_COLUMNS = """l.id, l.xid::text, to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
        || CASE WHEN l.at < '0001-01-01T00:00:00Z' THEN ' BC' ELSE '' END,
    l.client, l.scope, l.operation, l.keys, l.request_id, l.purpose"""
"""What of `audit_lines AS l` is sealed, in its order."""


def hash_line(previous: bytes, line: Sequence[Any]) -> bytes:
    """The hash of a line, given as `COLUMNS`, that comes after the hash `previous`."""
    return hashlib.sha256(previous + orjson.dumps(line)).digest()
