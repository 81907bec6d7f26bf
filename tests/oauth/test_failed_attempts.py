"""The limits of failed attempts at the token endpoint, by client and by network."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from app.core.problems import TooManyRequests
from app.oauth.schemas import TokenRequestError
from app.oauth.service import CLIENT_FAILURE_LIMIT, NETWORK_FAILURE_LIMIT, FailedAttemptLimiter
from tests.auth.credentials import build_assertion, build_jwk_set, fetch_token, generate_key, register_client
from tests.oauth.requests import ENDPOINT, request_with_assertion

FORM = {"grant_type": "client_credentials"}


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def fail_once(limiter: FailedAttemptLimiter, client_id: str, network: str | None) -> None:
    with pytest.raises(TokenRequestError), limiter.limit_failures(client_id, network):
        raise TokenRequestError("invalid_client", "")


def test_client_is_limited_after_ten_failures_until_time_passes() -> None:
    clock = FakeClock()
    limiter = FailedAttemptLimiter(clock)
    for _ in range(CLIENT_FAILURE_LIMIT[1]):
        fail_once(limiter, "one", "net")
    for _ in range(2):  # a refused attempt does not prolong the limit
        with pytest.raises(TooManyRequests) as refused, limiter.limit_failures("one", "net"):
            raise TokenRequestError("invalid_client", "")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 6
    fail_once(limiter, "two", "net")  # another client of the same network
    fail_once(limiter, "one", "elsewhere")  # the client itself, from another network
    clock.now += 1 / CLIENT_FAILURE_LIMIT[0] + 0.01
    fail_once(limiter, "one", "net")


def test_network_is_limited_for_all_clients() -> None:
    limiter = FailedAttemptLimiter(FakeClock())
    for n in range(NETWORK_FAILURE_LIMIT[1]):
        fail_once(limiter, f"client {n}", "net")
    with pytest.raises(TooManyRequests), limiter.limit_failures("another", "net"):
        raise TokenRequestError("invalid_client", "")
    fail_once(limiter, "another", None)  # without a network


def test_right_credentials_are_never_limited() -> None:
    limiter = FailedAttemptLimiter(FakeClock())
    for _ in range(CLIENT_FAILURE_LIMIT[1]):
        fail_once(limiter, "one", "net")
    with limiter.limit_failures("one", "net"):
        granted = True
    assert granted


def test_success_and_server_errors_are_not_counted() -> None:
    limiter = FailedAttemptLimiter(FakeClock())
    for _ in range(100):
        with limiter.limit_failures("one", "net"):
            pass
        with pytest.raises(OSError, match="gone"), limiter.limit_failures("one", "net"):
            raise OSError("gone")


async def test_token_endpoint_returns_429(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app)
    wrong = {**FORM, "client_id": id_, "client_secret": "rks_wrong"}
    answers = [await client.post("/oauth/token", data=wrong) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    late = answers[-1]
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert int(late.headers["retry-after"]) >= 1
    assert late.headers["ratelimit-policy"] == '"failures";q=10;w=60'
    assert late.headers["ratelimit"].startswith('"failures";r=0;t=')
    assert await fetch_token(client, *await register_client(app))
    assert await fetch_token(client, id_, secret)  # nobody locks a client out with wrong secrets


async def test_right_assertion_is_never_limited(app: FastAPI, client: httpx.AsyncClient) -> None:
    key = generate_key()
    id_, _ = await register_client(app, jwks=build_jwk_set(key))
    wrong = build_assertion(generate_key(), id_, ENDPOINT)
    answers = [await request_with_assertion(client, wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert (await request_with_assertion(client, build_assertion(key, id_, ENDPOINT))).status_code == 200


async def test_concurrent_valid_requests_are_not_limited(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app)
    right = {**FORM, "client_id": id_, "client_secret": secret}
    answers = await asyncio.gather(*(client.post("/oauth/token", data=right) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
