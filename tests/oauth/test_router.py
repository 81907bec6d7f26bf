"""The token endpoint and its metadata."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.auth.keys import ACCESS_TOKEN_SECONDS
from app.clients import maintenance
from app.core.db.transaction import open_transaction
from app.core.http.body_types import MAX_NAME_LENGTH
from app.oauth.schemas import ASSERTION_TYPE
from app.state import state_of
from tests.auth.credentials import (
    authorization_headers,
    build_assertion,
    build_jwk_set,
    decode_token,
    fetch_token,
    generate_key,
    register_client,
)
from tests.conftest import fetch_value
from tests.oauth.requests import GRANT_FORM, ISSUER, read_error, request_token, request_with_assertion


async def test_access_token_names_its_client_and_is_valid_for_ten_minutes(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    id_, secret = await register_client(app, "changes:read", "audit:read", name="bappenas", organization="kpu-31")
    answer = await request_token(client, {**GRANT_FORM, "client_id": id_, "client_secret": secret, "scope": ""})
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    token = answer.json().pop("access_token")
    assert {**answer.json(), "access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "changes:read audit:read",
    }
    header, claims = decode_token(token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert header["kid"] in {key["kid"] for key in (await client.get("/.well-known/jwks.json")).json()["keys"]}
    assert claims["exp"] - claims["iat"] == ACCESS_TOKEN_SECONDS
    assert abs(claims["iat"] - time.time()) < 5
    assert claims["sub"] == claims["client_id"] == id_
    assert (claims["iss"], claims["aud"], claims["name"]) == (ISSUER, "rakornas", "bappenas")
    assert claims["rakornas_organization"] == "kpu-31"
    assert secret not in token
    assert (await client.get("/v1/clients", headers=authorization_headers(token))).status_code == 403


async def test_client_with_the_longest_name_gets_a_token(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app, "clients:admin", name="\U0001f5f3" * MAX_NAME_LENGTH)
    token = await fetch_token(client, id_, secret)
    assert (await client.get("/v1/clients", headers=authorization_headers(token))).status_code == 200


async def test_tokens_are_unique(app: FastAPI, client: httpx.AsyncClient) -> None:
    credentials = await register_client(app)
    assert await fetch_token(client, *credentials) != await fetch_token(client, *credentials)


@pytest.mark.parametrize(
    "parameters", ["", "; charset=utf-8", ';charset="UTF-8"', "; charset=utf8", "; charset=us-ascii"]
)
async def test_form_may_name_its_charset(app: FastAPI, client: httpx.AsyncClient, parameters: str) -> None:
    id_, secret = await register_client(app)
    content = f"grant_type=client_credentials&client_id={id_}&client_secret={secret}"
    headers = {"Content-Type": f"application/x-www-form-urlencoded{parameters}"}
    assert (await client.post("/oauth/token", content=content, headers=headers)).status_code == 200


class TestSecrets:
    async def test_revoking_one_of_two_leaves_the_other_valid(
        self, app: FastAPI, client: httpx.AsyncClient, clients_url: str
    ) -> None:
        """The first is valid until it is revoked, and the second also afterwards."""
        id_, first = await register_client(app, "changes:read")
        secret_id = "SELECT id::text FROM client_secrets WHERE client = $1::text::uuid"
        first_id = await fetch_value(clients_url, secret_id, id_)
        async with open_transaction(state_of(app).database) as transaction:
            second = await maintenance.add_secret(transaction, id_)
        with_first, with_second = [await fetch_token(client, id_, secret) for secret in (first, second)]
        async with open_transaction(state_of(app).database) as transaction:
            await maintenance.revoke_secret(transaction, id_, first_id)
        answer = await request_token(client, {**GRANT_FORM, "client_id": id_, "client_secret": first})
        assert read_error(answer) == (401, "invalid_client")
        assert await fetch_token(client, id_, second)
        until = time.monotonic() + 5
        while (await client.get("/v1/clients", headers=authorization_headers(with_first))).status_code != 401:
            assert time.monotonic() < until
            await asyncio.sleep(0.02)
        assert (await client.get("/v1/clients", headers=authorization_headers(with_second))).status_code == 403

    async def test_of_a_revoked_client_are_rejected(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        key = generate_key()
        with_keys, _ = await register_client(app, jwks=build_jwk_set(key))
        id_, secret = await register_client(app)
        async with open_transaction(state_of(app).database) as transaction:
            await maintenance.revoke_client(transaction, id_)
            await maintenance.revoke_client(transaction, with_keys)
        answer = await request_token(client, {**GRANT_FORM, "client_id": id_, "client_secret": secret})
        assert read_error(answer) == (401, "invalid_client")
        assert read_error(await request_with_assertion(client, build_assertion(key, with_keys, ISSUER))) == (
            401,
            "invalid_client",
        )

    async def test_are_stored_as_digests_only(self, app: FastAPI, clients_url: str) -> None:
        _, secret = await register_client(app)
        assert len(secret) == len("rks_") + 43
        assert secret.startswith("rks_")
        all_rows = "SELECT string_agg(s::text || c::text, '') FROM client_secrets s, clients c"
        dump = await fetch_value(clients_url, all_rows)
        assert secret not in dump


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "rks_wrong"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_assertion_type": "saml", "client_secret": None, "client_assertion": "x"}, "invalid_request"),
        ({"client_assertion": "x", "client_secret": None}, "invalid_request"),
        ({"client_assertion": "x", "client_assertion_type": ASSERTION_TYPE}, "invalid_request"),
        ({"client_assertion": "x", "client_assertion_type": ASSERTION_TYPE, "client_secret": None}, "invalid_client"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
    ],
    ids=str,
)
async def test_invalid_request_returns_its_error_code(
    app: FastAPI, client: httpx.AsyncClient, changes: dict[str, Any], error: str
) -> None:
    id_, secret = await register_client(app)
    parameters = {**GRANT_FORM, "client_id": id_, "client_secret": secret, **changes}
    form = {name: value for name, value in parameters.items() if value is not None}
    answer = await request_token(client, form)
    assert read_error(answer) == (401 if error == "invalid_client" else 400, error)
    assert ("www-authenticate" in answer.headers) == (error == "invalid_client")  # RFC 9110, section 15.5.2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=client_credentials", "multipart/form-data; boundary=x"),
        (b"grant_type=client_credentials", "application/x-www-form-urlencoded; charset=utf-16"),
        (b"grant_type=client_credentials", ""),
        (b"grant_type", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&scope=%ff", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&scope=\xc3\xa9", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&client_secret=%00", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(30)), "application/x-www-form-urlencoded"),
    ],
)
async def test_malformed_form_is_an_invalid_request(client: httpx.AsyncClient, body: bytes, content_type: str) -> None:
    answer = await client.post("/oauth/token", content=body, headers={"Content-Type": content_type})
    assert read_error(answer) == (400, "invalid_request")


async def test_form_over_16_kib_is_413(client: httpx.AsyncClient) -> None:
    answer = await request_token(client, {**GRANT_FORM, "scope": "x" * 17_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("Basic", "invalid_client"),
        ("Basic !!!", "invalid_client"),
        ("Basic bm9jb2xvbg==", "invalid_client"),
        ("Basic /w==", "invalid_client"),
        (b"Basic \xe9", "invalid_client"),
        ("Bearer x", "invalid_client"),
        ("Basic bm9ib2R5OnNlY3JldA==", "invalid_client"),
    ],
)
async def test_failed_basic_authentication_is_challenged(client: httpx.AsyncClient, value: Any, error: str) -> None:
    answer = await request_token(client, GRANT_FORM, headers={"Authorization": value})
    assert read_error(answer) == (401, error)
    assert answer.headers["www-authenticate"] == 'Basic realm="rakornas"'


async def test_several_authentication_methods_are_an_invalid_request(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app)
    auth = httpx.BasicAuth(id_, secret)
    assert (await request_token(client, {**GRANT_FORM, "client_id": id_}, auth=auth)).status_code == 200
    for more in ({"client_secret": secret}, {"client_id": "another"}):
        answer = await request_token(client, {**GRANT_FORM, **more}, auth=auth)
        assert read_error(answer) == (400, "invalid_request")


async def test_query_parameters_are_rejected(client: httpx.AsyncClient) -> None:
    """A secret in the URL would be logged."""
    answer = await client.post("/oauth/token?client_secret=x", data=GRANT_FORM)
    assert answer.status_code == 422
