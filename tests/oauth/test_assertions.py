"""Client authentication with `private_key_jwt`."""

import asyncio
import re
import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.auth.credentials import (
    build_assertion,
    build_jwk_set,
    decode_token,
    fetch_token,
    generate_ed25519_key,
    generate_key,
    register_client,
    sign_token,
)
from tests.conftest import fetch_value
from tests.oauth.requests import ENDPOINT, ISSUER, read_error, request_with_assertion

UNKNOWN_ID = "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"
# RFC 6749, section 5.2
DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


def assert_rejected(answer: httpx.Response, reason: str) -> None:
    """Assert that an assertion was rejected, and that the description says why."""
    assert read_error(answer) == (401, "invalid_client")
    description = answer.json()["error_description"]
    assert description.startswith(f"The assertion was rejected. {reason}")
    assert DESCRIPTION.fullmatch(description)


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
            ([ISSUER, ENDPOINT], 200),
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
        answer = await request_with_assertion(client, build_assertion(key, id_, audience))
        assert answer.status_code == status
        if status == 401:
            form = (
                "aud must be a text"
                if audience is None
                else f"aud must name only this service: {ISSUER} or {ENDPOINT}."
            )
            assert_rejected(answer, form)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"exp": None}, "exp must be a number: seconds since 1970."),
            ({"exp": "2030-01-01"}, "exp must be a number: seconds since 1970."),
            ({"exp": 1}, "It is expired: exp has passed."),
            ({"exp": 9999999999}, "It is valid for too long: exp may be at most an hour ahead."),
            ({"nbf": 9999999999}, "nbf is in the future: compare the clocks."),
            ({"iat": 9999999999}, "iat is in the future: compare the clocks."),
            ({"iat": "now"}, "iat must be a number: seconds since 1970."),
            ({"iat": 1700000000}, "It is too old: iat may be at most an hour ago."),
            ({"jti": None}, "jti is missing."),
            *(({"jti": jti}, "jti must be a text of 1 to 200 characters") for jti in ("", "x" * 201, 5, "a\x00b")),
            ({"iss": "somebody else"}, "iss and sub must both be the client id."),
            ({"iss": None}, "iss and sub must both be the client id."),
            ({"sub": None}, "sub is missing."),
            ({"sub": UNKNOWN_ID}, "iss and sub must both be the client id."),
            ({"sub": UNKNOWN_ID, "iss": UNKNOWN_ID}, "The client that iss and sub name is unknown or revoked."),
        ],
        ids=str,
    )
    async def test_with_an_invalid_claim_is_rejected_with_the_reason(
        self, app: FastAPI, client: httpx.AsyncClient, changes: dict[str, Any], reason: str
    ) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        assert_rejected(await request_with_assertion(client, build_assertion(key, id_, ISSUER, **changes)), reason)

    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            ({"alg": "RS256"}, "The alg in its header must be one of: ES256, Ed25519, EdDSA."),
            ({"alg": "none"}, "The alg in its header must be one of: ES256, Ed25519, EdDSA."),
            ({"alg": "EdDSA"}, "The alg in its header does not fit the key, which is for: ES256."),
            ({"kid": "another"}, "There is no key with the kid of its header."),
            ({"typ": "at+jwt"}, "The typ in its header must be one of: jwt, client-authentication+jwt."),
            ({"jku": "https://other.example"}, "Its header may have only: alg, cty, kid, typ."),
        ],
        ids=str,
    )
    async def test_with_an_invalid_header_is_rejected_with_the_reason(
        self, app: FastAPI, client: httpx.AsyncClient, header: dict[str, str], reason: str
    ) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        _, claims = decode_token(build_assertion(key, id_, ISSUER))
        assertion = sign_token({"alg": "ES256", "kid": key.kid, **header}, claims, key)
        assert_rejected(await request_with_assertion(client, assertion), reason)

    @pytest.mark.parametrize(
        ("assertion", "reason"),
        [
            ("x", "It is no signed JWT"),
            ("a.b.c", "It is no signed JWT"),
            ("e30.e30.", "It is no signed JWT"),
            (f"{'a' * 9000}.b.c", "It must have at most 8192 bytes."),
            ("eyJhbGciOiJFUzI1NiIsImFsZyI6IkVTMjU2In0.e30.eA", "A member of its header or its claims is repeated."),
        ],
    )
    async def test_malformed_is_rejected_with_the_reason(
        self, client: httpx.AsyncClient, assertion: str, reason: str
    ) -> None:
        assert_rejected(await request_with_assertion(client, assertion), reason)

    @pytest.mark.parametrize(
        ("issued", "expires"), [(0, 3600), (20, 3620), (-3590, 5)], ids=["Authlib", "its clock is ahead", "old"]
    )
    async def test_may_be_valid_for_an_hour(
        self, app: FastAPI, client: httpx.AsyncClient, clients_url: str, issued: int, expires: int
    ) -> None:
        """It is remembered for as long, so that it cannot be used again."""
        key, now = generate_key(), int(time.time())
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        assertion = build_assertion(key, id_, ENDPOINT, iat=now + issued, exp=now + expires)
        assert (await request_with_assertion(client, assertion)).status_code == 200
        remembered = "SELECT extract(epoch FROM expires_at)::int FROM used_assertions WHERE client = $1::text::uuid"
        assert await fetch_value(clients_url, remembered, id_) == now + expires
        reason = "It was used before: each needs a jti of its own."
        assert_rejected(await request_with_assertion(client, assertion), reason)

    async def test_of_another_client_than_client_id_is_rejected(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        key = generate_key()
        id_, _ = await register_client(app, jwks=build_jwk_set(key))
        answer = await request_with_assertion(client, build_assertion(key, id_, ISSUER), client_id=UNKNOWN_ID)
        assert_rejected(answer, "sub differs from the parameter client_id.")

    async def test_of_another_key_is_rejected(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        id_, _ = await register_client(app, jwks=build_jwk_set(generate_key()))
        with_secret, _ = await register_client(app)
        answer = await request_with_assertion(client, build_assertion(generate_key(), id_, ISSUER))
        assert_rejected(answer, "Its signature was not made with the registered key.")
        answer = await request_with_assertion(client, build_assertion(generate_key(), with_secret, ISSUER))
        assert_rejected(answer, "The client has no keys: it authenticates with a secret.")

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
        answer = await request_with_assertion(client, build_assertion(key_without_kid, id_, ISSUER))
        assert_rejected(answer, "The client has several keys: name one by the kid in the header.")
        single_key, _ = await register_client(app, jwks=build_jwk_set(key_without_kid))
        assert (
            await request_with_assertion(client, build_assertion(key_without_kid, single_key, ISSUER))
        ).status_code == 200
        with_kid = build_assertion(first, single_key, ISSUER)  # nothing else could be meant
        assert (await request_with_assertion(client, with_kid)).status_code == 200

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
