"""Extreme rows of clients and of the audit trail."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.core.db.extreme_rows_of_organizations import LONG_TEXT, ODD_TEXT

CLIENT = UUID(int=30)
HASH = bytes(range(32))
HOUR = datetime(2022, 6, 13, 12, tzinfo=UTC)
INSTANT = HOUR + timedelta(microseconds=1)
ROWS: dict[str, list[dict[str, Any]]] = {
    "clients": [
        {"id": UUID(int=31), "name": ODD_TEXT, "scopes": []},
        {
            "id": CLIENT,
            "name": ODD_TEXT,
            "scopes": ["audit:read", "clients:admin"],
            "organization": "odd-00",
            "meeting": "odd-full",
            "jwks": '{"keys": [{"kid": "\\\\ \\""}]}',
            "created_at": INSTANT,
            "revoked_at": INSTANT,
        },
    ],
    "client_secrets": [
        {"id": UUID(int=32), "client": CLIENT, "slot": 1, "digest": HASH},
        {"id": UUID(int=33), "client": CLIENT, "slot": 1, "digest": HASH, "revoked_at": INSTANT},
    ],
    "audit_lines": [
        {"id": 101, "operation": ODD_TEXT, "keys": []},
        {
            "id": 102,
            "client": LONG_TEXT,
            "scope": ODD_TEXT,
            "operation": ODD_TEXT,
            "keys": [ODD_TEXT, "", LONG_TEXT],
            "request_id": LONG_TEXT,
            "purpose_digest": HASH.hex(),
        },
    ],
    "audit_texts": [{"line": 102, "meeting": LONG_TEXT, "salt": HASH[:16], "text": LONG_TEXT[:500]}],
    "audit_seals": [{"position": 1, "line": 102, "hash": HASH}],
    "audit_roots": [{"hour": HOUR, "position": 1, "hash": HASH, "sealed_at": INSTANT}],
}
