"""The routes of `/v1/clients`."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.db.documents import select_members
from tests.auth.credentials import (
    authorization_headers,
    build_jwk_set,
    create_token,
    fetch_token,
    generate_ed25519_key,
    generate_key,
    register_client,
)
from tests.clients.requests import (
    CLIENTS_PATH,
    MERGE_PATCH,
    create_client,
    get_client,
    idempotency_headers,
    patch_client,
)
from tests.conftest import fetch_value

MEMBERS = "id name scopes organization meeting jwks secrets revision created_at updated_at revoked_at"


async def test_created_client_can_fetch_tokens(admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    answer = await admin.post(
        CLIENTS_PATH,
        json={"name": "KPU DKI", "scopes": ["audit:read"], "organization": "kpu-31", "meeting": "rakornas-2022-06"},
        headers=idempotency_headers(),
    )
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    created = answer.json()
    assert list(created) == [*MEMBERS.split(), "client_secret"]
    secret = created.pop("client_secret")
    assert created["organization"]["code"] == "kpu-31"
    assert (created["meeting"], created["scopes"], created["revision"]) == ("rakornas-2022-06", ["audit:read"], 1)
    assert (await get_client(admin, created["id"])).json() == created
    assert answer.headers["location"] == f"{CLIENTS_PATH}/{created['id']}"
    assert (await get_client(admin, created["id"])).headers["etag"].startswith('"1.')
    assert await fetch_token(client, created["id"], secret)


async def test_secret_is_shown_once(admin: httpx.AsyncClient, clients_url: str) -> None:
    """A repeated request creates no second client; the stored response does not contain the secret."""
    content, headers = {"name": "once", "scopes": ["changes:read"]}, idempotency_headers()
    first = await admin.post(CLIENTS_PATH, json=content, headers=headers)
    again = await admin.post(CLIENTS_PATH, json=content, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == {**first.json(), "client_secret": None}
    secret = first.json()["client_secret"]
    stored = await fetch_value(
        clients_url, "SELECT string_agg(convert_from(body, 'UTF8') || headers, '') FROM idempotency_keys"
    )
    assert first.json()["id"] in stored
    assert secret not in stored
    assert await fetch_value(clients_url, "SELECT count(*) FROM clients WHERE name = 'once'") == 1


async def test_dry_run_shows_no_secret(admin: httpx.AsyncClient, clients_url: str) -> None:
    answer = await admin.post(f"{CLIENTS_PATH}?dry_run=true", json={"name": "dry", "scopes": ["changes:read"]})
    assert (answer.status_code, answer.json()["client_secret"]) == (200, None)
    assert await fetch_value(clients_url, "SELECT count(*) FROM clients WHERE name = 'dry'") == 0


async def test_client_with_keys_has_no_secret(admin: httpx.AsyncClient) -> None:
    created = await create_client(admin, jwks=build_jwk_set(generate_key(), generate_ed25519_key()))
    assert (created["client_secret"], created["secrets"]) == (None, [])
    assert {key["kid"] for key in created["jwks"]["keys"]} == {"first", "second"}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "too_short"),
        ({"name": None}, "/name", "null_not_allowed"),
        ({"scopes": []}, "/scopes", "too_few"),
        ({"scopes": ["changes:read", "changes:read"]}, "/scopes", "repeated_item"),
        ({"scopes": ["changes:write"]}, "/scopes/0", "not_one_of"),
        ({"scopes": "changes:read"}, "/scopes", None),
        ({"organization": "kpu-99"}, "/organization", "unknown_code"),
        ({"meeting": "rakornas-1999"}, "/meeting", "unknown_code"),
        ({"revision": 5}, "/revision", "unknown_member"),
        ({"client_secret": "mine"}, "/client_secret", "unknown_member"),
    ],
    ids=str,
)
async def test_invalid_member_is_422_with_a_pointer(
    admin: httpx.AsyncClient, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    content = {"name": "wrong", "scopes": ["changes:read"], **change}
    answer = await admin.post(CLIENTS_PATH, json=content, headers=idempotency_headers())
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code or error["code"])


@pytest.mark.parametrize(
    "invalidate",
    [
        lambda jwks: jwks["keys"].clear(),
        lambda jwks: jwks["keys"].append(jwks["keys"][0]),
        lambda jwks: jwks["keys"].append({"kty": "oct", "k": "c2VjcmV0", "kid": "a"}),
        lambda jwks: jwks["keys"][0].update(d=generate_key().as_dict(private=True)["d"]),
        lambda jwks: jwks["keys"][0].update(x="AAAA"),
        lambda jwks: jwks["keys"].extend(generate_key(str(n)).as_dict(private=False) for n in range(10)),
        lambda jwks: [jwks["keys"].append(generate_key("b").as_dict(private=False)), jwks["keys"][0].pop("kid")],
        lambda jwks: jwks.update(more=1),
        lambda jwks: jwks.update(keys={}),
    ],
)
async def test_invalid_jwk_set_is_422(admin: httpx.AsyncClient, invalidate: Callable[[Any], Any]) -> None:
    jwks = build_jwk_set(generate_key())
    assert (await create_client(admin, jwks=jwks))["jwks"] == jwks
    invalidate(jwks)
    content = {"name": "wrong", "scopes": ["changes:read"], "jwks": jwks}
    answer = await admin.post(CLIENTS_PATH, json=content, headers=idempotency_headers())
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/jwks", "not_a_key_set")


async def test_update_without_change_adds_no_revision(admin: httpx.AsyncClient) -> None:
    created = await create_client(admin)
    answer = await patch_client(admin, created["id"], {"name": "bappenas", "organization": None})
    assert (answer.status_code, answer.json()["revision"]) == (200, 1)


async def test_writes_require_the_present_etag(admin: httpx.AsyncClient) -> None:
    created = await create_client(admin)
    tag = (await get_client(admin, created["id"])).headers["etag"]
    assert (await patch_client(admin, created["id"], {"name": "second"}, tag)).status_code == 200
    answer = await patch_client(admin, created["id"], {"name": "third"}, tag)
    assert (answer.status_code, answer.headers["etag"]) == (
        412,
        (await get_client(admin, created["id"])).headers["etag"],
    )
    assert (await admin.patch(f"{CLIENTS_PATH}/{created['id']}", json={}, headers=MERGE_PATCH)).status_code == 428
    assert (await admin.delete(f"{CLIENTS_PATH}/{created['id']}")).status_code == 428
    assert (await admin.delete(f"{CLIENTS_PATH}/{created['id']}", headers={"If-Match": tag})).status_code == 412
    assert (await get_client(admin, created["id"])).json()["name"] == "second"


@pytest.mark.parametrize("path", ["", "/secrets", "/secrets/01a20c10-0ae2-7033-aa5d-2a6bfa807bef"])
async def test_missing_client_is_404(admin: httpx.AsyncClient, path: str) -> None:
    missing = f"{CLIENTS_PATH}/01a20c10-0ae2-7033-aa5d-2a6bfa807bee{path}"
    if path == "/secrets":
        answer = await admin.post(missing, json={}, headers=idempotency_headers())
    else:
        answer = await admin.delete(missing, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("binding", [{"organization": "kpu"}, {"meeting": "rakornas-2022-06"}])
async def test_bound_caller_cannot_write_clients(
    app: FastAPI, client: httpx.AsyncClient, binding: dict[str, str]
) -> None:
    headers = authorization_headers(await create_token(app, client, "clients:admin", **binding))
    content = {"name": "friend", "scopes": ["clients:admin"]}
    answer = await client.post(CLIENTS_PATH, json=content, headers=idempotency_headers(**headers))
    assert (answer.status_code, answer.json()["code"]) == (403, "outside_organization")
    id_, _ = await register_client(app, **binding)  # it sees this client, which is bound as it is
    answer = await client.delete(f"{CLIENTS_PATH}/{id_}", headers={**headers, "If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (403, "outside_organization")


async def test_malformed_id_is_422_with_an_example(admin: httpx.AsyncClient) -> None:
    answer = await admin.get(f"{CLIENTS_PATH}/bappenas", headers={"Accept-Language": "en"})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"], error["code"]) == (422, "id", "uuid_parsing")
    assert error["detail"].startswith("Must be a UUID, for example ")


async def test_list_is_paged_searched_and_filtered(admin: httpx.AsyncClient) -> None:
    names = [f"page {n}" for n in range(5)]
    created = [await create_client(admin, name=name, scopes=["webhooks:write"]) for name in names]
    await admin.delete(f"{CLIENTS_PATH}/{created[0]['id']}", headers={"If-Match": "*"})

    async def list_names(**query: Any) -> list[str]:
        listed, token = [], None
        while True:
            page = await admin.get(
                CLIENTS_PATH, params={"page_size": 2, **query, **({"page_token": token} if token else {})}
            )
            assert (page.status_code, page.headers["cache-control"]) == (200, "no-store"), page.text
            listed += [item["name"] for item in page.json()["items"]]
            if (token := page.json()["next_page_token"]) is None:
                return listed

    all_names = await list_names()
    assert all_names == sorted(all_names)
    assert set(names) < set(all_names)
    with_scope = await list_names(scope="webhooks:write", sort="-created_at")
    assert with_scope[:5] == names[::-1]
    assert "bappenas" not in with_scope
    assert (await list_names(status="live", sort="-created_at"))[:4] == names[:0:-1]
    assert "page 0" in await list_names(status="revoked")
    assert not set(names[1:]) & set(await list_names(status="revoked"))
    assert (await list_names(q="PAGE 3"))[0] == "page 3"
    parts = await admin.get(CLIENTS_PATH, params={"fields": "id,name", "scope": "webhooks:write"})
    assert {frozenset(item) for item in parts.json()["items"]} == {frozenset({"id", "name"})}
    wrong = await admin.get(CLIENTS_PATH, params={"scope": "x:y"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "not_one_of")


async def test_each_write_adds_an_audit_line(admin: httpx.AsyncClient, clients_url: str) -> None:
    created = await create_client(admin)
    await patch_client(admin, created["id"], {"name": "other"})
    await admin.delete(f"{CLIENTS_PATH}/{created['id']}", headers={"If-Match": "*"})
    lines = "SELECT array_agg(operation ORDER BY id) FROM audit_lines WHERE $1 = ANY (keys) AND scope = 'clients:admin'"
    operations = ["create_client", "update_client", "revoke_client"]
    assert await fetch_value(clients_url, lines, f"clients/{created['id']}") == operations


def test_document_contains_no_digest() -> None:
    from app.clients.repository import select_client

    assert " ".join(select_members(select_client(None))) == MEMBERS
