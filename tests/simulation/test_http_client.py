"""Retries of the simulator's HTTP client."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx
import pytest

from app.simulation.http_client import RequestStatistics, RetryTimeout, ServiceClient, SimulationError


@pytest.fixture
def recorded_delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the delays of the client instead of waiting; other code in this process still sleeps."""
    delays: list[float] = []

    async def record(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr("app.simulation.http_client.asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": record}))
    return delays


@asynccontextmanager
async def open_client(
    responses: Iterator[httpx.Response | Exception], *, lifetime: int = 600
) -> AsyncIterator[tuple[ServiceClient, RequestStatistics]]:
    """Open a client of a service that returns these responses in order, and tokens valid for `lifetime` seconds."""
    tokens = iter(range(100))

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": f"token-{next(tokens)}", "expires_in": lifetime})
        response = next(responses)
        if isinstance(response, Exception):
            raise response
        response.headers["Sent-Authorization"] = request.headers["Authorization"]
        return response

    statistics = RequestStatistics()
    async with httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="http://test") as http:
        yield ServiceClient(http, "id", "secret", statistics, retry_timeout=5), statistics


async def test_failed_attempts_are_retried_and_counted(recorded_delays: list[float]) -> None:
    responses: list[httpx.Response | Exception] = [httpx.ReadError("gone"), httpx.Response(503), httpx.Response(201)]
    async with open_client(iter(responses)) as (client, statistics):
        response = await client.request("POST", "/", dict)
    assert (response.status, response.is_ambiguous, statistics.retries) == (201, True, 2)
    assert statistics.statuses == {"200": 1, "ReadError": 1, "503": 1, "201": 1}
    assert recorded_delays == [0.05, 0.1]


@pytest.mark.parametrize("lost", [httpx.ReadError("gone"), httpx.Response(503)])
async def test_response_after_lost_attempt_is_ambiguous(
    recorded_delays: list[float], lost: httpx.Response | Exception
) -> None:
    async with open_client(iter([lost, httpx.Response(201)])) as (client, _):
        assert (await client.request("POST", "/", dict)).is_ambiguous


async def test_body_is_built_for_each_attempt() -> None:
    sent: list[bytes] = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "token", "expires_in": 600})
        return httpx.Response(503 if len(sent) < 3 else 201)

    instants = iter(range(10))
    async with httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="http://test") as http:
        await ServiceClient(http, "id", "secret", RequestStatistics()).request("POST", "/", lambda: next(instants))
    assert sent[1:] == [b"0", b"1"]


async def test_429_waits_for_retry_after(recorded_delays: list[float]) -> None:
    responses = iter([httpx.Response(429, headers={"Retry-After": "7"})] * 3 + [httpx.Response(201)])
    async with open_client(responses) as (client, statistics):
        response = await client.request("POST", "/", dict)
    assert (response.status, response.is_ambiguous, recorded_delays) == (201, False, [7, 7, 7])
    assert statistics.statuses["429"] == 3


async def test_retry_timeout_raises_error() -> None:
    responses = iter([httpx.Response(503, headers={"Retry-After": "6"}), httpx.Response(201)])
    async with open_client(responses) as (client, _):
        with pytest.raises(RetryTimeout, match="No final response within 5 s; the last was 503"):
            await client.request("POST", "/", dict)


@pytest.mark.parametrize(("code", "status"), [("request_in_flight", 201), ("in_the_way", 409)])
async def test_conflict_is_final_unless_request_is_in_flight(
    recorded_delays: list[float], code: str, status: int
) -> None:
    async with open_client(iter([httpx.Response(409, json={"code": code}), httpx.Response(201)])) as (client, _):
        assert (await client.request("POST", "/", dict)).status == status


@pytest.mark.parametrize(("lifetime", "tokens"), [(600, ["Bearer token-0"]), (0, ["Bearer token-0", "Bearer token-1"])])
async def test_token_is_renewed_when_it_expires(lifetime: int, tokens: list[str]) -> None:
    async with open_client(iter([httpx.Response(200), httpx.Response(200)]), lifetime=lifetime) as (client, _):
        used = []
        for _ in range(2):
            used.append((await client.request("GET", "/")).headers["Sent-Authorization"])
            await asyncio.sleep(0.001)
    assert list(dict.fromkeys(used)) == tokens


async def test_rejected_client_raises_simulation_error() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "invalid_client"}))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        with pytest.raises(SimulationError, match="issued no access token: 401"):
            await ServiceClient(http, "id", "secret", RequestStatistics()).request("GET", "/")
