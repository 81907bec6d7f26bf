"""Foreign libraries: they get tokens, verify them, and read the metadata."""

import time
from typing import Any

import httpx
import httpx2
import jwt
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from fastapi import FastAPI

from tests.auth.credentials import build_jwk_set, fetch_token, generate_ed25519_key, generate_key, register_client
from tests.oauth.requests import ENDPOINT, ISSUER, request_with_assertion


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_client_library_authenticates_with_a_secret(app: FastAPI, method: str) -> None:
    id_, secret = await register_client(app, "clients:admin")
    async with AsyncOAuth2Client(
        id_, secret, token_endpoint_auth_method=method, transport=httpx2.ASGITransport(app), base_url="http://test"
    ) as library:
        await library.fetch_token("http://test/oauth/token", grant_type="client_credentials", scope="clients:admin")
        assert (await library.get("/v1/clients")).status_code == 200


@pytest.mark.parametrize(("alg", "generate"), [("ES256", generate_key), ("Ed25519", generate_ed25519_key)])
@pytest.mark.parametrize("audience", [ISSUER, ENDPOINT])
async def test_client_library_authenticates_with_a_key(app: FastAPI, alg: str, generate: Any, audience: str) -> None:
    """As it is: it lets its assertions be valid for an hour."""
    key = generate()
    id_, secret = await register_client(app, "clients:admin", jwks=build_jwk_set(key))
    assert secret == ""
    async with AsyncOAuth2Client(
        id_,
        key,
        token_endpoint_auth_method=PrivateKeyJWT(audience, headers={"kid": key.kid}, alg=alg),
        transport=httpx2.ASGITransport(app),
        base_url="http://test",
    ) as library:
        await library.fetch_token("http://test/oauth/token", grant_type="client_credentials")
        assert (await library.get("/v1/clients")).status_code == 200


async def test_metadata_and_jwk_set_are_published(app: FastAPI, client: httpx.AsyncClient) -> None:
    await fetch_token(client, *await register_client(app))
    metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
    assert (metadata["issuer"], metadata["token_endpoint"]) == (ISSUER, ENDPOINT)
    keys = await client.get("/.well-known/jwks.json")
    assert metadata["jwks_uri"].endswith("/.well-known/jwks.json")
    assert "public, max-age=300" in keys.headers["cache-control"]
    assert {frozenset(key) for key in keys.json()["keys"]} == {frozenset(["kty", "crv", "x", "y", "kid", "use", "alg"])}


@pytest.mark.parametrize(("alg", "generate"), [("ES256", generate_key), ("EdDSA", generate_ed25519_key)])
async def test_assertion_of_pyjwt_is_accepted(app: FastAPI, client: httpx.AsyncClient, alg: str, generate: Any) -> None:
    key, now = generate(), int(time.time())
    id_, _ = await register_client(app, jwks=build_jwk_set(key))
    claims = {"iss": id_, "sub": id_, "aud": ENDPOINT, "iat": now, "exp": now + 3600, "jti": "once"}
    private_key = jwt.PyJWK(key.as_dict(private=True)).key
    assertion = jwt.encode(claims, private_key, algorithm=alg, headers={"kid": key.kid})
    assert (await request_with_assertion(client, assertion)).status_code == 200


async def test_access_token_is_verified_by_pyjwt(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app, "changes:read")
    token = await fetch_token(client, id_, secret)
    keys = jwt.PyJWKSet.from_dict((await client.get("/.well-known/jwks.json")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key, audience="rakornas", issuer=ISSUER, options={"require": ["exp", "iat", "jti", "sub"]}
    )
    assert (claims["sub"], claims["scope"]) == (id_, "changes:read")


async def test_metadata_is_valid(client: httpx.AsyncClient) -> None:
    """Each member with several values must have one; nothing is published that the service does not do."""
    document = (await client.get("/.well-known/oauth-authorization-server")).json()
    secure = {
        name: value.replace("http://127.0.0.1:8000", "https://rakornas.example") if isinstance(value, str) else value
        for name, value in document.items()
    }
    AuthorizationServerMetadata(secure).validate()  # which requires https
    assert all(value for value in document.values())
    assert document["response_types_supported"] == ["none"]
    assert document["grant_types_supported"] == ["client_credentials"]
    assert "authorization_endpoint" not in document
