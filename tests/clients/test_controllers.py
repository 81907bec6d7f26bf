"""Clients that count as one where two clients are needed."""

import json
import uuid
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.auth.credentials import (
    authorization_headers,
    build_jwk_set,
    fetch_token,
    generate_key,
    register_client,
)
from tests.clients.requests import CLIENTS_PATH, create_client, idempotency_headers, patch_client
from tests.conftest import connect_client, fetch_value

COUNT_AS_ONE = "SELECT clients_count_as_one($1, $2)"
EXTERNAL = "https://issuer.example/realms/kpu 1f0c"


async def count_as_one(url: str, one: str | None, other: str | None) -> bool:
    """Return what the function says, which is the same in both orders."""
    answers = [await fetch_value(url, COUNT_AS_ONE, *pair) for pair in ((one, other), (other, one))]
    assert answers[0] is answers[1]
    return bool(answers[0])


async def fetch_own_id(admin: httpx.AsyncClient, url: str) -> str:
    created = await create_client(admin)
    controller = "SELECT controller FROM client_controllers WHERE client = $1"
    return str(await fetch_value(url, controller, uuid.UUID(created["id"])))


async def test_clients_of_the_command_line_count_for_themselves(app: FastAPI, clients_url: str) -> None:
    (first, _), (second, _) = await register_client(app), await register_client(app)
    assert await count_as_one(clients_url, first, second) is False
    assert await count_as_one(clients_url, first, first) is True


async def test_creator_and_all_created_clients_count_as_one(admin: httpx.AsyncClient, clients_url: str) -> None:
    own_id = await fetch_own_id(admin, clients_url)
    first, second = await create_client(admin), await create_client(admin)
    assert await count_as_one(clients_url, own_id, first["id"]) is True
    assert await count_as_one(clients_url, first["id"], second["id"]) is True


async def test_control_is_transitive(
    app: FastAPI, admin: httpx.AsyncClient, client: httpx.AsyncClient, clients_url: str
) -> None:
    own_id = await fetch_own_id(admin, clients_url)
    child = await create_client(admin, scopes=["clients:admin"])
    token = await fetch_token(client, child["id"], child["client_secret"])
    async with connect_client(app) as as_child:
        as_child.headers.update(authorization_headers(token))
        grandchild = await create_client(as_child)
    assert await count_as_one(clients_url, own_id, grandchild["id"]) is True
    assert await count_as_one(clients_url, (await create_client(admin))["id"], grandchild["id"]) is True


async def test_adding_a_secret_is_control(app: FastAPI, admin: httpx.AsyncClient, clients_url: str) -> None:
    own_id, (other, _) = await fetch_own_id(admin, clients_url), await register_client(app)
    answer = await admin.post(f"{CLIENTS_PATH}/{other}/secrets", json={}, headers=idempotency_headers())
    assert answer.status_code == 201
    assert await count_as_one(clients_url, own_id, other) is True


async def test_changing_keys_is_control_and_changing_a_name_is_not(
    app: FastAPI, admin: httpx.AsyncClient, clients_url: str
) -> None:
    own_id = await fetch_own_id(admin, clients_url)
    keyed, _ = await register_client(app, jwks=build_jwk_set(generate_key()))
    assert (await patch_client(admin, keyed, {"name": "another", "scopes": ["audit:read"]})).status_code == 200
    assert await count_as_one(clients_url, own_id, keyed) is False
    assert (await patch_client(admin, keyed, {"jwks": build_jwk_set(generate_key())})).status_code == 200
    assert await count_as_one(clients_url, own_id, keyed) is True


@pytest.mark.parametrize(
    ("members", "patch", "expected"),
    [
        ({"scopes": ["regions:write"]}, {"scopes": ["regions:write", "attendance:write"]}, True),
        ({"scopes": ["regions:write"]}, {"scopes": ["attendance:write"]}, True),
        ({"organization": "kpu-31"}, {"organization": None}, True),
        ({"organization": "kpu-31"}, {"organization": "kpu"}, True),
        ({"meeting": "rakornas-2022-06"}, {"meeting": None}, True),
        ({"scopes": ["regions:write", "attendance:write"]}, {"scopes": ["regions:write"]}, False),
    ],
)
async def test_giving_rights_is_control_and_taking_scopes_is_not(
    app: FastAPI,
    admin: httpx.AsyncClient,
    clients_url: str,
    members: dict[str, Any],
    patch: dict[str, Any],
    expected: bool,
) -> None:
    own_id = await fetch_own_id(admin, clients_url)
    other, _ = await register_client(app, *members.pop("scopes", ["attendance:write"]), **members)
    assert (await patch_client(admin, other, patch)).status_code == 200
    assert await count_as_one(clients_url, own_id, other) is expected


async def test_revoking_a_client_does_not_end_control(admin: httpx.AsyncClient, clients_url: str) -> None:
    own_id, created = await fetch_own_id(admin, clients_url), await create_client(admin)
    answer = await admin.delete(f"{CLIENTS_PATH}/{created['id']}", headers={"If-Match": "*"})
    assert answer.status_code == 204
    assert await count_as_one(clients_url, own_id, created["id"]) is True


async def test_dry_run_and_own_secret_add_no_controller(
    app: FastAPI, client: httpx.AsyncClient, clients_url: str
) -> None:
    own_id, secret = await register_client(app, "clients:admin")
    headers = authorization_headers(await fetch_token(client, own_id, secret))
    dry = await client.post(
        f"{CLIENTS_PATH}?dry_run=true", json={"name": "dry", "scopes": ["audit:read"]}, headers=headers
    )
    own = await client.post(f"{CLIENTS_PATH}/{own_id}/secrets", json={}, headers=idempotency_headers(**headers))
    assert (dry.status_code, own.status_code) == (200, 201)
    count = "SELECT count(*) FROM client_controllers WHERE $1 IN (controller, client::text)"
    assert await fetch_value(clients_url, count, own_id) == 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (EXTERNAL, EXTERNAL, True),
        (EXTERNAL, f"{EXTERNAL}2", False),
        (EXTERNAL, None, False),
        (None, None, True),
        (str(uuid.UUID(int=7)), EXTERNAL, False),
        ("", "01a20c10-0ae2-7033-aa5d-2a6bfa807beG", False),
    ],
)
async def test_clients_without_a_row(clients_url: str, one: str | None, other: str | None, expected: bool) -> None:
    assert await count_as_one(clients_url, one, other) is expected


async def test_client_of_an_external_issuer_controls_what_it_creates(clients_url: str) -> None:
    connection = await asyncpg.connect(clients_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT set_config('rakornas.client', $1, true)", EXTERNAL)
            created = await connection.fetchval(
                "INSERT INTO clients (id, name, scopes) VALUES ($1, 'a', '{audit:read}') RETURNING id::text",
                uuid.uuid4(),
            )
        assert await count_as_one(clients_url, EXTERNAL, created) is True
    finally:
        await connection.close()


async def test_circle_of_controllers_ends(app: FastAPI, clients_url: str) -> None:
    pairs = [(await register_client(app))[0] for _ in range(2)]
    for controlled, controller in (pairs, pairs[::-1]):
        await fetch_value(
            clients_url,
            "INSERT INTO client_controllers (client, controller) VALUES ($1, $2)",
            uuid.UUID(controlled),
            controller,
        )
    assert await count_as_one(clients_url, *pairs) is True
    assert await count_as_one(clients_url, pairs[0], (await register_client(app))[0]) is False


async def test_question_is_cheap_with_many_clients(database_url: str) -> None:
    """A chain of 20 controllers among 20,000 clients: a lookup by key for each, no scan of the table."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "INSERT INTO clients (id, name, scopes)"
            " SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'n', '{}'"
            " FROM generate_series(1, 20000) AS n"
        )
        await connection.execute(
            "INSERT INTO client_controllers (client, controller)"
            " SELECT id, lpad(right(id::text, 12)::int / 2 || '', 36, '00000000-0000-0000-0000-000000000000')"
            " FROM clients WHERE id <> '00000000-0000-0000-0000-000000000001'"
        )
        await connection.execute("ANALYZE client_controllers")
        last = "00000000-0000-0000-0000-000000020000"
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {COUNT_AS_ONE}".replace("$1", f"'{last}'").replace(
                "$2", f"'{EXTERNAL}'"
            )
        )
        assert json.loads(plan)[0]["Plan"]["Shared Hit Blocks"] < 500
    finally:
        await connection.close()
