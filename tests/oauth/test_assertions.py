"""Client authentication with `private_key_jwt`."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.auth.credentials import (
    build_assertion,
    build_jwk_set,
    fetch_token,
    generate_ed25519_key,
    generate_key,
    register_client,
)
from tests.conftest import fetch_value
from tests.oauth.requests import ENDPOINT, ISSUER, read_error, request_with_assertion


class TestAssertion:
    async def test_is_accepted_once(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        """Even if it is sent several times at once."""
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        assertion = build_assertion(key, id_, ISSUER)
        answers = await asyncio.gather(*(request_with_assertion(client, assertion) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
        assert read_error(await request_with_assertion(client, assertion)) == (401, "invalid_client")
        assert (await request_with_assertion(client, build_assertion(key, id_, ISSUER))).status_code == 200

    async def test_may_repeat_the_jti_of_another_client(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        key = generate_key()
        for _ in range(2):
            id_, _ = await register_client(app, jwks=build_jwk_set(key))
            assert (await request_with_assertion(client, build_assertion(key, id_, ISSUER, jti="1"))).status_code == 200

    @pytest.mark.parametrize(
        ("audience", "status"),
        [
            (ISSUER, 200),
            (ENDPOINT, 200),
            ([ISSUER], 200),
            ([ISSUER, "https://other.example"], 401),  # either recipient could use it at the other
            ([], 401),
            (None, 401),
            ("rakornas", 401),
            (f"{ISSUER}/", 401),
            ("https://other.example/oauth/token", 401),
        ],
    )
    async def test_must_name_this_service_as_only_audience(
        self, app: FastAPI, client: httpx.AsyncClient, audience: Any, status: int
    ) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        assert (await request_with_assertion(client, build_assertion(key, id_, audience))).status_code == status

    @pytest.mark.parametrize(
        "changes",
        [
            {"exp": None},
            {"exp": 1},
            {"exp": 9999999999},
            {"nbf": 9999999999},
            {"iat": 9999999999},
            {"jti": None},
            {"jti": ""},
            {"jti": "x" * 201},
            {"jti": 5},
            {"jti": "a\x00b"},
            {"iss": "somebody else"},
            {"iss": None},
            {"sub": None},
            {"sub": "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"},
        ],
        ids=str,
    )
    async def test_with_an_invalid_claim_is_rejected(
        self, app: FastAPI, client: httpx.AsyncClient, changes: dict[str, Any]
    ) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        assert read_error(await request_with_assertion(client, build_assertion(key, id_, ISSUER, **changes))) == (
            401,
            "invalid_client",
        )

    async def test_of_another_key_is_rejected(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        id_, _ = await register_client(app, jwks=build_jwk_set(generate_key()))
        with_secret, _ = await register_client(app)
        assert read_error(await request_with_assertion(client, build_assertion(generate_key(), id_, ISSUER))) == (
            401,
            "invalid_client",
        )
        assert read_error(
            await request_with_assertion(client, build_assertion(generate_key(), with_secret, ISSUER))
        ) == (401, "invalid_client")

    async def test_forged_does_not_use_up_the_jti(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        assert (
            await request_with_assertion(client, build_assertion(generate_key(), id_, ISSUER, jti="7"))
        ).status_code == 401
        assert (await request_with_assertion(client, build_assertion(key, id_, ISSUER, jti="7"))).status_code == 200

    async def test_must_not_be_an_access_token(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        token = await fetch_token(client, *await register_client(app))
        assert read_error(await request_with_assertion(client, token)) == (401, "invalid_client")

    async def test_kid_chooses_among_several_keys(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        first, second = generate_key("first"), generate_ed25519_key("second")
        id_, _ = await register_client(app, jwks=build_jwk_set(first, second))
        for key in (first, second):
            assert (await request_with_assertion(client, build_assertion(key, id_, ISSUER))).status_code == 200
        key_without_kid = type(first).import_key({k: v for k, v in first.as_dict(private=True).items() if k != "kid"})
        assert (await request_with_assertion(client, build_assertion(key_without_kid, id_, ISSUER))).status_code == 401
        single_key, _ = await register_client(app, jwks=build_jwk_set(key_without_kid))
        assert (
            await request_with_assertion(client, build_assertion(key_without_kid, single_key, ISSUER))
        ).status_code == 200

    async def test_use_deletes_expired_records(self, app: FastAPI, client: httpx.AsyncClient, clients_url: str) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        for jti, ago in (("long expired", 600), ("just expired", 60)):
            await fetch_value(
                clients_url,
                "INSERT INTO used_assertions VALUES ($1::text::uuid, $2, now() - $3::float8 * interval '1 s')",
                *(id_, jti, float(ago)),
            )
        await request_with_assertion(client, build_assertion(key, id_, ISSUER, jti="new"))
        left = "SELECT array_agg(jti ORDER BY jti) FROM used_assertions WHERE client = $1::text::uuid"
        assert await fetch_value(clients_url, left, id_) == ["just expired", "new"]
