"""Requests that nobody should send, on the wire of the real service: none breaks it, none is taken for another."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any

import httpx
import orjson
import psutil
import pytest
import pytest_asyncio

from app.auth import Scope
from tests.service.conftest import Service, run
from tests.service.corpus import CLOSED, PARTS, Nasty, groups, sample
from tests.service.corpus.contract import CLOSED as CLOSED_ADDRESSES
from tests.service.wire import Answer, Exchange, exchange, get, post

MEBIBYTE = 1024 * 1024
GROWTH = 48 * MEBIBYTE
MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
WITHOUT_ERRORS = {"too_recent", "idempotency_key_reused", "import_refused"}
LISTS = (b"/v1/regions", b"/v1/organizations", b"/v1/divisions", b"/v1/officials", b"/v1/organizations/kpu/officials")


@pytest_asyncio.fixture(scope="module")
async def memory(service: Service) -> int:
    """What the service holds when it has served each list a while, and before anything nasty."""
    for _ in range(10):
        await asyncio.gather(*(exchange(service.port, get(target + b"?page_size=200")) for target in LISTS))
    return held(service)


@pytest.fixture(scope="module")
def token(service: Service, loaded_url: str) -> bytes:
    """Of a client that may do everything: what is refused is refused for what it is."""
    scopes = [part for scope in Scope for part in ("--scope", scope)]
    made = orjson.loads(
        run("clients", "create", "--json", "--name", "nasty", *scopes, "--database-url", loaded_url).stdout
    )
    form = {"grant_type": "client_credentials"}
    auth = (made["client_id"], made["client_secret"])
    answer = httpx.post(f"{service.base}/oauth/token", data=form, auth=auth, timeout=30)
    return str(answer.json()["access_token"]).encode()


def held(service: Service) -> int:
    process = psutil.Process(service.process.pid)
    return int(process.memory_info().rss)


@pytest.mark.parametrize("part", PARTS)
async def test_it_is_refused_or_legal(service: Service, memory: int, token: bytes, part: str) -> None:
    assert await wrong(service, sample(PARTS[part]), token) == []


@pytest.mark.full
@pytest.mark.parametrize("part", PARTS)
async def test_all_of_it_is(service: Service, memory: int, token: bytes, part: str) -> None:
    assert await wrong(service, PARTS[part], token) == []


async def wrong(service: Service, corpus: Iterable[Nasty], token: bytes) -> list[str]:
    """What is not answered as it should be, of requests that are sent a group at a time."""
    found: list[str] = []
    for group in groups(corpus).values():
        for told in await asyncio.gather(*(try_out(service, nasty, token) for nasty in group), return_exceptions=True):
            if isinstance(told, BaseException):
                found.append(str(told))
    return found


def with_token(sent: bytes, token: bytes) -> bytes:
    """Where the request has a place for it, and where what is read is closed to others."""
    method, _, target = sent.partition(b" ")
    if method in (b"GET", b"HEAD") and target.startswith(CLOSED_ADDRESSES) and b"Authorization" not in sent:
        return sent.replace(b"\r\n", b"\r\nAuthorization: Bearer %b\r\n" % token, 1)
    return sent.replace(b"@token@", token)


async def try_out(service: Service, nasty: Nasty, token: bytes) -> None:
    sent = tuple(with_token(piece, token) for piece in nasty.sent)
    got = await exchange(service.port, *sent, half_close=nasty.half_close, pause=0.001)
    outcome = got.answers[-1].status if got.answers else CLOSED if got.closed else None
    assert outcome in nasty.expected, f"{nasty}: {outcome}"
    try:
        check(got, nasty.secret)
    except AssertionError as error:
        raise AssertionError(f"{nasty}: {error}") from error


def check(got: Exchange, secret: bytes) -> None:
    """What holds of every answer, whatever was asked."""
    assert len(got.answers) <= 1, "an answer to something that was no request of its own"
    assert got.rest == b""
    for answer in got.answers:
        assert answer.status < 500
        assert REQUEST_ID.fullmatch(answer.headers["x-request-id"])
        assert "server" not in answer.headers
        said = answer.body + repr(answer.headers).encode()
        assert answer.status == 200 or secret not in said.replace(answer.headers["x-request-id"].encode(), b"")
        if answer.status >= 400 and answer.body and b'"error"' not in answer.body:  # OAuth's form of a refusal
            check_problem(answer)


def check_problem(answer: Answer) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem.keys() >= MEMBERS
    assert problem["status"] == answer.status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert bool(problem["errors"]) or answer.status != 422 or problem["code"] in WITHOUT_ERRORS
    for error in problem["errors"]:
        assert error.keys() - {"address"} in ({"parameter", "code", "detail"}, {"pointer", "code", "detail"})
        assert error["detail"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] in ("id", "en")
    assert (answer.status == 405) == ("allow" in answer.headers)


@pytest.mark.full  # tests/core/http/test_protocol.py says it with less patience
async def test_silence_is_given_ten_seconds(service: Service) -> None:
    """All at once, so that they wait together. A word now and then gains no time."""

    async def slow(*pieces: bytes, pause: float = 0.7) -> tuple[list[int], bool, int]:
        got = await exchange(service.port, *pieces, answers=9, patience=14, pause=pause)
        for answer in got.answers:
            if answer.status >= 400:
                check_problem(answer)
        return [answer.status for answer in got.answers], got.closed, round(got.seconds)

    head = get(b"/v1/regions?page_size=1")
    silent, nothing, dribbled, fields, second, *others = await asyncio.gather(
        slow(b""),
        slow(head[:-2]),
        slow(*(bytes([byte]) for byte in head)),
        slow(head[:-2], *[b"X-Kenari7: a\r\n"] * 40),
        slow(head, head[:9], pause=1.0),
        *(slow(head[:-2]) for _ in range(50)),
    )
    assert silent == ([], True, 10)
    assert nothing == dribbled == fields == ([408], True, 10)
    assert second == ([200, 408], True, 11)
    assert others == [([408], True, 10)] * 50


async def test_a_silent_body_holds_nobody_up(service: Service) -> None:
    """Who has no token hears so before the body is read, and the rest of it is not taken for a request."""
    body = get(b"/v1/kenari7")
    sent = get(b"/v1/regions", b"Content-Length: %d" % len(body), method=b"POST")
    got = await exchange(service.port, sent, patience=2)
    assert [answer.status for answer in got.answers] == [401]
    late = await exchange(service.port, sent, body, get(b"/v1/regions/31"), answers=2, pause=0.2)
    assert [answer.status for answer in late.answers] == [401, 200]


async def test_a_body_that_breaks_after_its_answer_gets_no_second_one(service: Service) -> None:
    """Whoever keeps connections for many callers would take it for the answer to the next request."""
    head = get(b"/v1/regions", b"Transfer-Encoding: chunked", method=b"POST")
    got = await exchange(service.port, head, b"kenari7\r\n", answers=2, pause=0.2)
    assert [answer.status for answer in got.answers] == [401]
    assert got.closed


async def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    codes = [b"31", b"kenari7", b"93.01", b"91.01", b"11"] * 20
    got = await exchange(service.port, b"".join(get(b"/v1/regions/" + code) for code in codes), answers=len(codes))
    assert [answer.status for answer in got.answers] == [200, 404, 200, 308, 200] * 20
    named = [answer.json()["code"].encode() for answer in got.answers if answer.status == 200]
    assert named == [code for code in codes if code not in (b"kenari7", b"91.01")]


async def test_nonsense_behind_requests_is_refused_after_their_answers(service: Service) -> None:
    sent = get(b"/v1/regions/31") * 3 + b"kenari7\r\n\r\n" + get(b"/v1/regions/31")
    got = await exchange(service.port, sent, answers=9)
    assert [answer.status for answer in got.answers] == [200, 200, 200, 400]
    assert got.closed
    assert got.rest == b""


@pytest.mark.parametrize(
    "smuggled",
    [
        post(b"/v1/regions", b"0\r\n\r\n" + get(b"/v1/kenari7"), b"Transfer-Encoding: chunked"),
        get(b"/v1/regions", b"Content-Length: 0", b"Content-Length: 30", method=b"POST") + get(b"/v1/kenari7"),
        get(b"/v1/regions", b"Transfer-Encoding: kenari7", method=b"POST") + b"0\r\n\r\n" + get(b"/v1/kenari7"),
        get(b"/v1/regions", b"Content-Length: 30") + get(b"/v1/kenari7"),
        post(b"/v1/regions", b"k" * 2 * MEBIBYTE) + get(b"/v1/kenari7"),
    ],
    ids=["length and chunks", "two lengths", "unknown coding", "GET with a body", "too large a body"],
)
async def test_no_request_is_smuggled_in_a_body(service: Service, smuggled: bytes) -> None:
    got = await exchange(service.port, smuggled, answers=2)
    assert [answer.status for answer in got.answers] in ([400], [413])
    assert got.closed


async def test_a_request_id_and_a_host_are_not_taken_on_trust(service: Service) -> None:
    got = await exchange(service.port, get(b"/v1/regions?page_size=1", b"Host: kenari7", b"X-Request-Id: a b"))
    said = repr(got.answers[0])
    assert "kenari7" not in said
    assert "a b" not in said


async def test_zz_afterwards_it_serves_as_before(service: Service, memory: int) -> None:
    """Last in this file: it looks back on all of the above."""
    grown = held(service) - memory
    for target in LISTS:
        got = await exchange(service.port, get(target))
        assert [answer.status for answer in got.answers] == [200]
    assert grown < GROWTH, f"{grown / MEBIBYTE:.1f} MiB"
    log = service.errors()
    assert '"level": "error"' not in log
    assert "Traceback" not in log
    assert "kenari7" not in log
