"""Tokens of an outside issuer, whose keys are fetched from a server on this machine."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from joserfc.jwk import ECKey, OKPKey
from pydantic import ValidationError

from app.auth import external_issuer as outside
from app.settings import Settings
from app.state import state_of
from tests.auth.made import bearer, key_set, new_ed_key, new_key, signed
from tests.conftest import client_of, running


class Issuer:
    """An issuer on the network: what it publishes, and what it was asked for."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"keys": []}
        self.asked: list[str] = []
        self.metadata: dict[str, Any] = {}
        self.name = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        self.asked.append(path)
        found = {"/realms/kpu/.well-known/openid-configuration": self.metadata, "/keys": self.keys}.get(path)
        body = json.dumps(found).encode()
        status = "404 Not Found" if found is None else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    async with await asyncio.start_server(issuer.answer, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        issuer.name = f"{base}/realms/kpu"
        issuer.metadata = {"issuer": issuer.name, "jwks_uri": f"{base}/keys"}
        yield issuer


@pytest_asyncio.fixture
async def served(clients_url: str, issuer: Issuer) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    async with (
        running(Settings(DATABASE_URL=clients_url, AUTH_ISSUER=issuer.name)) as app,
        client_of(app) as client,
    ):
        yield app, client


def claims(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": issuer.name, "aud": ["account", "rakornas"], "sub": "f3", "exp": now + 3600, "iat": now}
    said = {**made, "scope": "profile clients:admin changes:read", **changes}
    return {name: value for name, value in said.items() if value is not None}


def made(issuer: Issuer, key: ECKey | OKPKey, header: dict[str, Any] | None = None, **changes: Any) -> str:
    algorithm = "ES256" if isinstance(key, ECKey) else "Ed25519"
    return signed({"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **(header or {})}, claims(issuer, **changes), key)


async def status(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/v1/clients", headers=bearer(token))).status_code


async def test_its_tokens_are_as_good_as_ours(issuer: Issuer, served: tuple[FastAPI, httpx.AsyncClient]) -> None:
    app, client = served
    ec, ed = new_key(), new_ed_key()
    issuer.keys = key_set(ec, ed)
    assert await status(client, made(issuer, ec)) == 200
    assert await status(client, made(issuer, ed)) == 200
    assert await status(client, made(issuer, ed, {"alg": "EdDSA"})) == 200
    assert await status(client, made(issuer, ec, scope="profile")) == 403
    assert issuer.asked == ["/realms/kpu/.well-known/openid-configuration", "/keys"]  # once for all
    caller = await state_of(app).token_verifier.verify(
        made(issuer, ec, name="Siti", azp="bappenas", rakornas_organization="kpu-31").encode()
    )
    assert (caller.client_id, caller.name, caller.organization) == (f"{issuer.name} f3", "bappenas", "kpu-31")


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        ({"alg": "RS256"}, {}),
        ({"alg": "none"}, {}),
        ({"alg": "Ed25519"}, {}),  # with a key of another kind
        ({"typ": "JWT"}, {}),
        ({"jku": "http://127.0.0.1/keys"}, {}),
        ({"kid": None}, {}),
        ({}, {"aud": "account"}),
        ({}, {"exp": 1}),
        ({}, {"exp": None}),
        ({}, {"nbf": 9999999999}),
        ({}, {"sub": None}),
        ({}, {"sub": "a\x00b"}),
        ({}, {"rakornas_organization": {"kpu-31": {}}}),
        ({}, {"scope": ["clients:admin"]}),
    ],
)
async def test_what_is_wrong_with_them(
    issuer: Issuer, served: tuple[FastAPI, httpx.AsyncClient], header: dict[str, Any], changes: dict[str, Any]
) -> None:
    key = new_key()
    issuer.keys = key_set(key)
    assert await status(served[1], made(issuer, key)) == 200
    assert await status(served[1], made(issuer, key, header, **changes)) == 401


async def test_nobody_speaks_for_another(issuer: Issuer, served: tuple[FastAPI, httpx.AsyncClient]) -> None:
    """Its key is good for its name only, and for none of our tokens."""
    app, client = served
    key = new_key()
    issuer.keys = key_set(key)
    assert await status(client, made(issuer, key)) == 200
    ours: dict[str, Any] = {"iss": state_of(app).token_verifier.issuer, "client_id": "f3", "rakornas_revision": 1}
    assert await status(client, made(issuer, key, **ours)) == 401
    assert await status(client, made(issuer, key, iss="https://other.example")) == 401
    our_key = await state_of(app).token_verifier.get_signing_key()
    forged = signed({"alg": "ES256", "typ": "at+jwt", "kid": our_key.kid}, claims(issuer), our_key.private_key)
    assert await status(client, forged) == 401


async def test_made_up_keys_do_not_hammer_it(issuer: Issuer, served: tuple[FastAPI, httpx.AsyncClient]) -> None:
    _, client = served
    key = new_key()
    issuer.keys = key_set(key)
    tokens = [made(issuer, new_key(f"made up {n}")) for n in range(20)]
    assert {await status(client, token) for token in tokens} == {401}
    assert set(await asyncio.gather(*(status(client, token) for token in tokens))) == {401}
    assert issuer.asked.count("/keys") == 1
    assert await status(client, made(issuer, key)) == 200


async def test_what_is_fetched_has_an_end(issuer: Issuer) -> None:
    issuer.keys = {"keys": ["x" * outside.MAX_DOCUMENT_BYTES]}
    with pytest.raises(ValueError, match="too long"):
        await outside.fetch_json(issuer.metadata["jwks_uri"])


@pytest.mark.parametrize(
    "name", ["http://sso.example/realms/kpu", "sso.example", "ftp://sso.example", "https://", "https://sso.example?a=b"]
)
def test_an_issuer_is_an_https_address(name: str) -> None:
    with pytest.raises(ValidationError, match=r"an .*address"):
        Settings(AUTH_ISSUER=name)
