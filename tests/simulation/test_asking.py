"""Requests that are sent until they are answered."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx
import pytest

from app.simulation.http_client import Caller, Seen, SimulationError, Unanswered


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, which are not made; others that sleep in this process go on sleeping."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("app.simulation.http_client.asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": pause}))
    return pauses


@asynccontextmanager
async def caller(
    answers: Iterator[httpx.Response | Exception], *, lasts: int = 600
) -> AsyncIterator[tuple[Caller, Seen]]:
    """A caller of a service that gives these answers, and tokens, one after the other."""
    tokens = iter(range(100))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": f"token-{next(tokens)}", "expires_in": lasts})
        given = next(answers)
        if isinstance(given, Exception):
            raise given
        given.headers["Was"] = request.headers["Authorization"]
        return given

    seen = Seen()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test") as http:
        yield Caller(http, "id", "secret", seen, patience=5), seen


async def test_what_breaks_is_sent_again_and_leaves_a_doubt(slept: list[float]) -> None:
    answers: list[httpx.Response | Exception] = [httpx.ReadError("gone"), httpx.Response(503), httpx.Response(201)]
    async with caller(iter(answers)) as (one, seen):
        answer = await one.ask("POST", "/", dict)
    assert (answer.status, answer.unsure, seen.retries) == (201, True, 2)
    assert seen.statuses == {"200": 1, "ReadError": 1, "503": 1, "201": 1}
    assert slept == [0.05, 0.1]


@pytest.mark.parametrize("lost", [httpx.ReadError("gone"), httpx.Response(503)])
async def test_whatever_is_lost_leaves_a_doubt(slept: list[float], lost: httpx.Response | Exception) -> None:
    async with caller(iter([lost, httpx.Response(201)])) as (one, _):
        assert (await one.ask("POST", "/", dict)).unsure


async def test_each_attempt_tells_its_own_instant() -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "token", "expires_in": 600})
        return httpx.Response(503 if len(sent) < 3 else 201)

    instants = iter(range(10))
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test") as http:
        await Caller(http, "id", "secret", Seen()).ask("POST", "/", lambda: next(instants))
    assert sent[1:] == [b"0", b"1"]


async def test_who_asks_too_often_waits_as_long_as_is_asked(slept: list[float]) -> None:
    answers = iter([httpx.Response(429, headers={"Retry-After": "7"})] * 3 + [httpx.Response(201)])
    async with caller(answers) as (one, seen):
        answer = await one.ask("POST", "/", dict)
    assert (answer.status, answer.unsure, slept) == (201, False, [7, 7, 7])
    assert seen.statuses["429"] == 3


async def test_patience_ends() -> None:
    answers = iter([httpx.Response(503, headers={"Retry-After": "6"}), httpx.Response(201)])
    async with caller(answers) as (one, _):
        with pytest.raises(Unanswered, match="Not answered for 5 s, in the end: 503"):
            await one.ask("POST", "/", dict)


@pytest.mark.parametrize(("code", "status"), [("request_in_flight", 201), ("in_the_way", 409)])
async def test_a_conflict_is_final_but_for_a_request_on_its_way(slept: list[float], code: str, status: int) -> None:
    async with caller(iter([httpx.Response(409, json={"code": code}), httpx.Response(201)])) as (one, _):
        assert (await one.ask("POST", "/", dict)).status == status


@pytest.mark.parametrize(("lasts", "tokens"), [(600, ["Bearer token-0"]), (0, ["Bearer token-0", "Bearer token-1"])])
async def test_a_token_is_renewed_when_it_ends(lasts: int, tokens: list[str]) -> None:
    async with caller(iter([httpx.Response(200), httpx.Response(200)]), lasts=lasts) as (one, _):
        used = []
        for _ in range(2):
            used.append((await one.ask("GET", "/")).headers["Was"])
            await asyncio.sleep(0.001)
    assert list(dict.fromkeys(used)) == tokens


async def test_no_token_ends_it() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "invalid_client"}))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        with pytest.raises(SimulationError, match="No token: 401"):
            await Caller(http, "id", "secret", Seen()).ask("GET", "/")
