"""What administrators ask for."""

import uuid
from typing import Any

import httpx

CLIENTS = "/v1/clients"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


def keyed(**more: str) -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex, **more}


async def make(admin: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    content = {"name": "bappenas", "scopes": ["changes:read"], **members}
    answer = await admin.post(CLIENTS, json=content, headers=keyed())
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def read(admin: httpx.AsyncClient, id_: str) -> httpx.Response:
    answer = await admin.get(f"{CLIENTS}/{id_}")
    assert answer.status_code == 200
    return answer


async def patch(admin: httpx.AsyncClient, id_: str, change: Any, match: str = "*") -> httpx.Response:
    return await admin.patch(f"{CLIENTS}/{id_}", json=change, headers={**MERGE_PATCH, "If-Match": match})
