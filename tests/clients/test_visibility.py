"""A bound client sees the clients and audit lines within what it is bound to, and its own."""

import uuid
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.audit_chain.trails import INSERT_LINE
from tests.auth.credentials import authorization_headers, fetch_token, register_client
from tests.clients.requests import CLIENTS_PATH, MERGE_PATCH, create_client, idempotency_headers
from tests.conftest import connect_client
from tests.scenarios import list_items

BINDINGS: dict[str, dict[str, str]] = {
    "unbound": {},
    "national": {"organization": "kpu"},
    "province": {"organization": "kpu-31"},
    "city": {"organization": "kpu-31.71"},
    "neighbour": {"organization": "kpu-32"},
    "agency": {"organization": "kemendagri"},
    "gate": {"meeting": "visible-31"},
    "national gate": {"meeting": "rakornas-2022-06"},
    "gate of a neighbour": {"organization": "kpu-32", "meeting": "visible-31"},
}
VISIBLE: dict[str, set[str]] = {
    "unbound": set(BINDINGS),
    "national": set(BINDINGS) - {"unbound", "agency"},
    "province": {"province", "city", "gate"},
    "city": {"city"},
    "neighbour": {"neighbour", "gate of a neighbour"},
    "gate": {"gate", "gate of a neighbour"},
    "gate of a neighbour": {"gate", "gate of a neighbour"},
}
MEETING = (
    'INSERT INTO meetings (code, name, kind, host, time_zone, start_on, end_on, roll, verified, "primary")'
    " VALUES ('visible-31', 'Rapat', 'coordination', 'kpu-31', 'Asia/Jakarta', '2026-12-07', '2026-12-07', 'open',"
    " false, false)"
)
OUTSIDE, MISSING = (403, "outside_organization"), (404, "not_found")
Callers = dict[str, tuple[str, httpx.AsyncClient]]


@pytest_asyncio.fixture(scope="module")
async def callers(app: FastAPI, client: httpx.AsyncClient, clients_url: str) -> AsyncIterator[Callers]:
    """By name: the id of a client that may administer clients and read the audit trail, and its HTTP client."""
    connection = await asyncpg.connect(clients_url)
    await connection.execute(MEETING)
    found: Callers = {}
    for name, binding in BINDINGS.items():
        id_, secret = await register_client(app, "clients:admin", "audit:read", name=f"visible {name}", **binding)
        http = connect_client(app)
        http.headers.update(authorization_headers(await fetch_token(client, id_, secret)))
        found[name] = (id_, http)
        await connection.execute(INSERT_LINE, id_, "audit:read", f"read by {name}", [], None, None)
    await connection.execute(INSERT_LINE, None, None, "read by nobody", [], None, None)
    await connection.execute(INSERT_LINE, "https://issuer.example abc", "a:b", "read by another issuer", [], None, None)
    await connection.close()
    yield found
    for _, http in found.values():
        await http.aclose()


@pytest.mark.parametrize("name", VISIBLE)
async def test_list_contains_the_visible_clients(callers: Callers, name: str) -> None:
    listed = {item["id"] for item in await list_items(callers[name][1], CLIENTS_PATH, {}, page_size=3)}
    assert {other for other, (id_, _) in callers.items() if id_ in listed} == VISIBLE[name]
    found = (await callers[name][1].get(CLIENTS_PATH, params={"q": "visible", "page_size": 200})).json()["items"]
    assert {item["id"] for item in found} & {id_ for id_, _ in callers.values()} == {
        callers[other][0] for other in VISIBLE[name]
    }


@pytest.mark.parametrize("name", VISIBLE)
async def test_invisible_client_is_404_in_every_operation(callers: Callers, name: str) -> None:
    http = callers[name][1]
    for other, (id_, _) in callers.items():
        path = f"{CLIENTS_PATH}/{id_}"
        answer = await http.get(path)
        is_visible = other in VISIBLE[name]
        assert answer.status_code == (200 if is_visible else 404), (name, other)
        if name == "unbound":
            continue
        for response in (
            await http.patch(path, json={"name": "other"}, headers={**MERGE_PATCH, "If-Match": "*"}),
            await http.delete(path, headers={"If-Match": "*"}),
            await http.post(f"{path}/secrets", json={}, headers=idempotency_headers()),
            await http.delete(f"{path}/secrets/{uuid.uuid4()}", headers={"If-Match": "*"}),
        ):
            expected = OUTSIDE if is_visible else MISSING
            assert (response.status_code, response.json()["code"]) == expected, (name, other, response.request)


async def test_invisible_client_looks_like_a_missing_one(callers: Callers) -> None:
    http = callers["city"][1]
    answers = [(await http.get(f"{CLIENTS_PATH}/{id_}")).json() for id_ in (callers["neighbour"][0], str(uuid.uuid4()))]
    for answer in answers:
        answer.pop("request_id")
    assert answers[0] == answers[1]


@pytest.mark.parametrize("name", VISIBLE)
async def test_audit_trail_contains_the_lines_of_visible_clients(callers: Callers, name: str) -> None:
    lines = await list_items(callers[name][1], "/v1/audit", {}, page_size=50)
    operations = {line["operation"] for line in lines if line["operation"].startswith("read by")}
    others = {"read by nobody", "read by another issuer"} if name == "unbound" else set()
    assert operations == {f"read by {other}" for other in VISIBLE[name]} | others
    if name != "unbound":
        assert {line["client"] for line in lines} == {callers[other][0] for other in VISIBLE[name]}
        hidden = next(id_ for other, (id_, _) in callers.items() if other not in VISIBLE[name])
        assert (await callers[name][1].get("/v1/audit", params={"client": hidden})).json()["items"] == []


async def test_created_client_is_not_repeated_to_an_administrator_that_was_bound_since(
    app: FastAPI, client: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    created = await create_client(admin, scopes=["clients:admin"])
    headers = idempotency_headers(
        **authorization_headers(await fetch_token(client, created["id"], created["client_secret"]))
    )
    body = {"name": "child", "scopes": ["changes:read"]}
    assert (await client.post(CLIENTS_PATH, json=body, headers=headers)).status_code == 201
    path = f"{CLIENTS_PATH}/{created['id']}"
    await admin.patch(path, json={"organization": "kpu-31"}, headers={**MERGE_PATCH, "If-Match": "*"})
    token = await fetch_token(client, created["id"], created["client_secret"])
    again = await client.post(CLIENTS_PATH, json=body, headers={**headers, **authorization_headers(token)})
    assert (again.status_code, again.json()["code"]) == OUTSIDE
