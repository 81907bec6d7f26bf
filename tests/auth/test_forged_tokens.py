"""Invalid access tokens get 401 before the body is read and without a database connection."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import event

from app.state import state_of
from tests.auth.credentials import authorization_headers, create_token, decode_token
from tests.auth.forgeries import FORGERIES, Forge, TokenParts, with_claims, with_header, with_time


@pytest_asyncio.fixture(scope="module")
async def parts(app: FastAPI, client: httpx.AsyncClient) -> TokenParts:
    header, claims = decode_token(await create_token(app, client))
    return TokenParts(header, claims, await state_of(app).token_verifier.get_signing_key())


@pytest.fixture
def checkouts(app: FastAPI) -> Iterator[list[str]]:
    """Records each checkout of a connection from any pool during the test."""
    checkouts: list[str] = []
    database = state_of(app).database
    pools = [
        engine.sync_engine.pool for engine in (database.read_engine, database.history_engine, database.write_engine)
    ]

    def record(*_: Any) -> None:
        checkouts.append("checkout")

    for pool in pools:
        event.listen(pool, "checkout", record)
    yield checkouts
    for pool in pools:
        event.remove(pool, "checkout", record)


@pytest.mark.parametrize(
    "forge",
    [
        with_header(),
        with_claims(aud=["sirekap", "rakornas"]),
        with_header(typ="application/AT+JWT"),
        with_time("nbf", -1),
    ],
    ids=["unchanged", "list of audiences", "full media type", "already valid"],
)
async def test_valid_token_is_accepted(client: httpx.AsyncClient, parts: TokenParts, forge: Forge) -> None:
    """Otherwise the forged tokens might be rejected for another reason than their own."""
    answer = await client.get("/v1/clients", headers=authorization_headers(forge(parts)))
    assert answer.status_code == 200


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
async def test_forged_token_is_401_on_every_route(
    client: httpx.AsyncClient, parts: TokenParts, checkouts: list[str], forge: Forge
) -> None:
    is_read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal is_read
        is_read = True
        yield b"{"

    headers = {**authorization_headers(forge(parts)), "Content-Type": "application/json"}
    answers = [await client.get(path, headers=headers) for path in ("/v1/clients", "/v1/regions/31", "/nowhere")]
    answers.append(await client.post("/v1/clients", headers=headers, content=body()))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="rakornas", error="invalid_token"'
        assert answer.headers["cache-control"] == "no-store"
    assert not is_read
    assert checkouts == []


@pytest.mark.parametrize(
    "values",
    [
        ["Basic eDp5"],
        ["Bearer"],
        ["Bearer "],
        ["Token {}"],
        ["{}"],
        ["Bearer {}", "Bearer {}"],
        ["Bearer {}, Bearer {}"],
    ],
)
async def test_authorization_must_be_one_bearer_token(
    client: httpx.AsyncClient, parts: TokenParts, values: list[str]
) -> None:
    headers = [("Authorization", value.replace("{}", parts.sign())) for value in values]
    assert (await client.get("/v1/regions/31", headers=headers)).status_code == 401


async def test_scheme_is_case_insensitive(client: httpx.AsyncClient, parts: TokenParts) -> None:
    answer = await client.get("/v1/clients", headers={"Authorization": f"bearer  {parts.sign()}"})
    assert answer.status_code == 200


async def test_missing_scope_is_403_without_a_connection(
    client: httpx.AsyncClient, parts: TokenParts, checkouts: list[str]
) -> None:
    token = with_claims(scope="changes:read")(parts)
    for method in ("GET", "HEAD"):
        answer = await client.request(method, "/v1/clients", headers=authorization_headers(token))
        assert answer.status_code == 403
        assert answer.headers["www-authenticate"] == (
            'Bearer realm="rakornas", scope="clients:admin", error="insufficient_scope"'
        )
    assert (await client.head("/v1/regions/31", headers=authorization_headers("x"))).status_code == 401
    assert checkouts == []
