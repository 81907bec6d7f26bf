"""Requests to `/v1/clients`."""

import uuid
from typing import Any

import httpx

CLIENTS_PATH = "/v1/clients"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


def idempotency_headers(**more: str) -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex, **more}


async def create_client(admin: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    payload = {"name": "bappenas", "scopes": ["changes:read"], **members}
    answer = await admin.post(CLIENTS_PATH, json=payload, headers=idempotency_headers())
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def get_client(admin: httpx.AsyncClient, id_: str) -> httpx.Response:
    answer = await admin.get(f"{CLIENTS_PATH}/{id_}")
    assert answer.status_code == 200
    return answer


async def patch_client(admin: httpx.AsyncClient, id_: str, payload: Any, if_match: str = "*") -> httpx.Response:
    return await admin.patch(f"{CLIENTS_PATH}/{id_}", json=payload, headers={**MERGE_PATCH, "If-Match": if_match})
