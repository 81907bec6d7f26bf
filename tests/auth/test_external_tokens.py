"""Tokens of an external issuer, with keys that are fetched from a server on loopback."""

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

from app.auth import external_issuer
from app.settings import Settings
from app.state import state_of
from tests.auth.credentials import authorization_headers, build_jwk_set, generate_ed25519_key, generate_key, sign_token
from tests.conftest import connect_client, run_application


class FakeIssuer:
    """An HTTP server that publishes metadata and keys, and records the requested paths."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"keys": []}
        self.requested_paths: list[str] = []
        self.metadata: dict[str, Any] = {}
        self.identifier = ""

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        self.requested_paths.append(path)
        document = {"/realms/kpu/.well-known/openid-configuration": self.metadata, "/keys": self.keys}.get(path)
        body = json.dumps(document).encode()
        status = "404 Not Found" if document is None else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    issuer = FakeIssuer()
    async with await asyncio.start_server(issuer.respond, "127.0.0.1", 0) as server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        issuer.identifier = f"{base}/realms/kpu"
        issuer.metadata = {"issuer": issuer.identifier, "jwks_uri": f"{base}/keys"}
        yield issuer


@pytest_asyncio.fixture
async def app_and_client(clients_url: str, issuer: FakeIssuer) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    async with (
        run_application(Settings(DATABASE_URL=clients_url, AUTH_ISSUER=issuer.identifier)) as app,
        connect_client(app) as client,
    ):
        yield app, client


def build_claims(issuer: FakeIssuer, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": issuer.identifier, "aud": ["account", "rakornas"], "sub": "f3", "exp": now + 3600, "iat": now}
    claims |= {"scope": "profile clients:admin changes:read", **changes}
    return {name: value for name, value in claims.items() if value is not None}


def build_token(issuer: FakeIssuer, key: ECKey | OKPKey, header: dict[str, Any] | None = None, **changes: Any) -> str:
    algorithm = "ES256" if isinstance(key, ECKey) else "Ed25519"
    return sign_token(
        {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **(header or {})}, build_claims(issuer, **changes), key
    )


async def get_status(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/v1/clients", headers=authorization_headers(token))).status_code


async def test_external_token_is_accepted_like_ours(
    issuer: FakeIssuer, app_and_client: tuple[FastAPI, httpx.AsyncClient]
) -> None:
    app, client = app_and_client
    ec, ed = generate_key(), generate_ed25519_key()
    issuer.keys = build_jwk_set(ec, ed)
    assert await get_status(client, build_token(issuer, ec)) == 200
    assert await get_status(client, build_token(issuer, ed)) == 200
    assert await get_status(client, build_token(issuer, ed, {"alg": "EdDSA"})) == 200
    assert await get_status(client, build_token(issuer, ec, scope="profile")) == 403
    assert issuer.requested_paths == ["/realms/kpu/.well-known/openid-configuration", "/keys"]  # fetched once
    caller = await state_of(app).token_verifier.verify(
        build_token(issuer, ec, name="Siti", azp="bappenas", rakornas_organization="kpu-31").encode()
    )
    assert (caller.client_id, caller.name, caller.organization) == (f"{issuer.identifier} f3", "bappenas", "kpu-31")


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        ({"alg": "RS256"}, {}),
        ({"alg": "none"}, {}),
        ({"alg": "Ed25519"}, {}),  # of another key type
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
async def test_invalid_external_token_is_401(
    issuer: FakeIssuer,
    app_and_client: tuple[FastAPI, httpx.AsyncClient],
    header: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    key = generate_key()
    issuer.keys = build_jwk_set(key)
    assert await get_status(app_and_client[1], build_token(issuer, key)) == 200
    assert await get_status(app_and_client[1], build_token(issuer, key, header, **changes)) == 401


async def test_external_key_signs_for_its_own_issuer_only(
    issuer: FakeIssuer, app_and_client: tuple[FastAPI, httpx.AsyncClient]
) -> None:
    """Its key verifies neither our tokens nor those of another issuer, and our key none of its tokens."""
    app, client = app_and_client
    key = generate_key()
    issuer.keys = build_jwk_set(key)
    assert await get_status(client, build_token(issuer, key)) == 200
    ours: dict[str, Any] = {"iss": state_of(app).token_verifier.issuer, "client_id": "f3", "rakornas_revision": 1}
    assert await get_status(client, build_token(issuer, key, **ours)) == 401
    assert await get_status(client, build_token(issuer, key, iss="https://other.example")) == 401
    our_key = await state_of(app).token_verifier.get_signing_key()
    forged = sign_token(
        {"alg": "ES256", "typ": "at+jwt", "kid": our_key.kid}, build_claims(issuer), our_key.private_key
    )
    assert await get_status(client, forged) == 401


async def test_unknown_key_ids_cause_one_fetch(
    issuer: FakeIssuer, app_and_client: tuple[FastAPI, httpx.AsyncClient]
) -> None:
    _, client = app_and_client
    key = generate_key()
    issuer.keys = build_jwk_set(key)
    tokens = [build_token(issuer, generate_key(f"unknown {n}")) for n in range(20)]
    assert {await get_status(client, token) for token in tokens} == {401}
    assert set(await asyncio.gather(*(get_status(client, token) for token in tokens))) == {401}
    assert issuer.requested_paths.count("/keys") == 1
    assert await get_status(client, build_token(issuer, key)) == 200


async def test_too_long_document_is_rejected(issuer: FakeIssuer) -> None:
    issuer.keys = {"keys": ["x" * external_issuer.MAX_DOCUMENT_BYTES]}
    with pytest.raises(ValueError, match="too long"):
        await external_issuer.fetch_json(issuer.metadata["jwks_uri"])


@pytest.mark.parametrize(
    "url", ["http://sso.example/realms/kpu", "sso.example", "ftp://sso.example", "https://", "https://sso.example?a=b"]
)
def test_auth_issuer_must_be_an_https_url(url: str) -> None:
    with pytest.raises(ValidationError, match=r"must be an? .*URL"):
        Settings(AUTH_ISSUER=url)
