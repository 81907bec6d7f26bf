"""Failed attempts have a limit, for a client and for a network; whoever succeeds is not counted."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from app.core.problems import TooManyRequests
from app.oauth.schemas import TokenRequestError
from app.oauth.service import CLIENT_FAILURE_LIMIT, NETWORK_FAILURE_LIMIT, FailedAttemptLimiter
from tests.auth.credentials import fetch_token, register_client

FORM = {"grant_type": "client_credentials"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def fail(attempts: FailedAttemptLimiter, client: str, network: str | None) -> None:
    with pytest.raises(TokenRequestError), attempts.limit_failures(client, network):
        raise TokenRequestError("invalid_client", "")


def test_a_client_is_refused_after_ten_and_comes_back() -> None:
    clock = Clock()
    attempts = FailedAttemptLimiter(clock)
    for _ in range(CLIENT_FAILURE_LIMIT[1]):
        fail(attempts, "one", "net")
    with pytest.raises(TooManyRequests) as refused, attempts.limit_failures("one", "net"):
        raise AssertionError("it was let through")
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 6
    with attempts.limit_failures("two", "net"):  # another client of the same network
        pass
    with attempts.limit_failures("one", "elsewhere"):  # nobody locks a client out from elsewhere
        pass
    clock.now += 1 / CLIENT_FAILURE_LIMIT[0] + 0.01
    with attempts.limit_failures("one", "net"):
        pass


def test_a_network_is_refused_whatever_the_client() -> None:
    attempts = FailedAttemptLimiter(Clock())
    for n in range(NETWORK_FAILURE_LIMIT[1]):
        fail(attempts, f"client {n}", "net")
    with pytest.raises(TooManyRequests), attempts.limit_failures("another", "net"):
        raise AssertionError("it was let through")
    with attempts.limit_failures("another", None):  # the machine itself
        pass


def test_success_and_faults_of_ours_cost_nothing() -> None:
    attempts = FailedAttemptLimiter(Clock())
    for _ in range(100):
        with attempts.limit_failures("one", "net"):
            pass
        with pytest.raises(OSError, match="gone"), attempts.limit_failures("one", "net"):
            raise OSError("gone")


async def test_the_endpoint_answers_429(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app)
    wrong = {**FORM, "client_id": id_, "client_secret": "rks_wrong"}
    answers = [await client.post("/oauth/token", data=wrong) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    late = await client.post("/oauth/token", data={**wrong, "client_secret": secret})
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert int(late.headers["retry-after"]) >= 1
    assert late.headers["ratelimit-policy"] == '"failures";q=10;w=60'
    assert late.headers["ratelimit"].startswith('"failures";r=0;t=')
    assert await fetch_token(client, *await register_client(app))


async def test_right_ones_that_come_together_are_all_let_through(app: FastAPI, client: httpx.AsyncClient) -> None:
    id_, secret = await register_client(app)
    right = {**FORM, "client_id": id_, "client_secret": secret}
    answers = await asyncio.gather(*(client.post("/oauth/token", data=right) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}


def test_wrong_ones_that_come_together_are_paid_later() -> None:
    """Five beyond the ten, and one for the next attempt: six times six seconds."""
    attempts = FailedAttemptLimiter(Clock())
    together = [attempts.limit_failures("one", "net") for _ in range(CLIENT_FAILURE_LIMIT[1] + 5)]
    for attempt in together:
        attempt.__enter__()
    for attempt in together:
        attempt.__exit__(TokenRequestError, TokenRequestError("invalid_client", ""), None)
    with pytest.raises(TooManyRequests) as refused, attempts.limit_failures("one", "net"):
        raise AssertionError("it was let through")
    assert refused.value.headers["Retry-After"] == "36"
