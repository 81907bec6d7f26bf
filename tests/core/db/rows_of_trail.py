"""The same of what stands beside the record: clients, and the trail of what they did."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.core.db.rows_of_bodies import LONG, ODD

CLIENT = UUID(int=30)
HASH = bytes(range(32))
HOUR = datetime(2022, 6, 13, 12, tzinfo=UTC)
FRACTION = HOUR + timedelta(microseconds=1)
TRAIL: dict[str, list[dict[str, Any]]] = {
    "clients": [
        {"id": UUID(int=31), "name": ODD, "scopes": []},
        {
            "id": CLIENT,
            "name": ODD,
            "scopes": ["audit:read", "clients:admin"],
            "organization": "odd-00",
            "meeting": "odd-full",
            "jwks": '{"keys": [{"kid": "\\\\ \\""}]}',
            "created_at": FRACTION,
            "revoked_at": FRACTION,
        },
    ],
    "client_secrets": [
        {"id": UUID(int=32), "client": CLIENT, "slot": 1, "digest": HASH},
        {"id": UUID(int=33), "client": CLIENT, "slot": 1, "digest": HASH, "revoked_at": FRACTION},
    ],
    "audit_lines": [
        {"id": 101, "operation": ODD, "keys": []},
        {
            "id": 102,
            "client": LONG,
            "scope": ODD,
            "operation": ODD,
            "keys": [ODD, "", LONG],
            "request_id": LONG,
            "purpose": LONG[:500],
        },
    ],
    "audit_seals": [{"position": 1, "line": 102, "hash": HASH}],
    "audit_roots": [{"hour": HOUR, "position": 1, "hash": HASH, "sealed_at": FRACTION}],
}
