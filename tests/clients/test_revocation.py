"""A change, a revocation or the revocation of a secret ends a client's tokens within 5 seconds."""

import asyncio
import time

import httpx

from app.clients.schemas import NewClientSecret
from tests.auth.credentials import authorization_headers, fetch_token
from tests.clients.requests import CLIENTS_PATH, create_client, get_client, idempotency_headers, patch_client


async def seconds_until_status(client: httpx.AsyncClient, token: str, status: int) -> float:
    started_at = time.monotonic()
    while (await client.get(CLIENTS_PATH, headers=authorization_headers(token))).status_code != status:
        assert time.monotonic() < started_at + 10
        await asyncio.sleep(0.02)
    return time.monotonic() - started_at


async def test_update_ends_earlier_tokens(admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    created = await create_client(admin, scopes=["clients:admin"])
    token = await fetch_token(client, created["id"], created["client_secret"])
    assert (await client.get(CLIENTS_PATH, headers=authorization_headers(token))).status_code == 200
    answer = await patch_client(admin, created["id"], {"scopes": ["changes:read"], "organization": "kpu-31"})
    assert (answer.status_code, answer.json()["revision"]) == (200, 2)
    assert answer.json()["organization"]["code"] == "kpu-31"
    assert await seconds_until_status(client, token, 401) < 5
    token = await fetch_token(client, created["id"], created["client_secret"])
    assert (await client.get(CLIENTS_PATH, headers=authorization_headers(token))).status_code == 403


async def test_revoked_client_has_no_valid_token(admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    created = await create_client(admin)
    token = await fetch_token(client, created["id"], created["client_secret"])
    answer = await admin.delete(f"{CLIENTS_PATH}/{created['id']}", headers={"If-Match": "*"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert await seconds_until_status(client, token, 401) < 5
    document = (await get_client(admin, created["id"])).json()
    assert document["revoked_at"]
    assert all(secret["revoked_at"] for secret in document["secrets"])
    assert (await patch_client(admin, created["id"], {"name": "again"})).status_code == 409
    secrets = await admin.post(f"{CLIENTS_PATH}/{created['id']}/secrets", json={}, headers=idempotency_headers())
    assert secrets.status_code == 409
    again = await admin.delete(f"{CLIENTS_PATH}/{created['id']}", headers={"If-Match": "*"})
    assert (again.status_code, (await get_client(admin, created["id"])).json()) == (204, document)


async def test_secret_is_rotated_in_use(admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    created = await create_client(admin)
    path = f"{CLIENTS_PATH}/{created['id']}/secrets"
    headers = idempotency_headers()
    second = await admin.post(path, json={}, headers=headers)
    assert second.status_code == 201
    assert list(second.json()) == ["id", "created_at", "revoked_at", "client_secret"]
    again = (await admin.post(path, json={}, headers=headers)).json()
    assert again == {**second.json(), "client_secret": None}
    NewClientSecret.model_validate(again)  # must match the response schema
    third = await admin.post(path, json={}, headers=idempotency_headers())
    assert (third.status_code, third.json()["code"]) == (409, "conflict")
    old = await fetch_token(client, created["id"], created["client_secret"])
    new = await fetch_token(client, created["id"], second.json()["client_secret"])
    answer = await admin.delete(f"{path}/{created['secrets'][0]['id']}", headers={"If-Match": "*"})
    assert answer.status_code == 204
    assert await seconds_until_status(client, old, 401) < 5
    assert (await client.get(CLIENTS_PATH, headers=authorization_headers(new))).status_code == 403
    assert (await admin.post(path, json={}, headers=idempotency_headers())).status_code == 201
    shown = (await get_client(admin, created["id"])).json()
    assert [secret["revoked_at"] is None for secret in shown["secrets"]] == [False, True, True]
    assert shown["revision"] == 1


async def test_secret_of_another_client_is_404(admin: httpx.AsyncClient) -> None:
    one, other = await create_client(admin), await create_client(admin)
    path = f"{CLIENTS_PATH}/{one['id']}/secrets/{other['secrets'][0]['id']}"
    assert (await admin.delete(path, headers={"If-Match": "*"})).status_code == 404
    assert (await get_client(admin, other["id"])).json()["secrets"][0]["revoked_at"] is None
