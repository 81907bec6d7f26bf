"""Invalid requests to the real service: none breaks it, and none is taken for another request."""

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
from tests.service.conftest import Service, run_command
from tests.service.corpus import CLOSED, PARTS, InvalidRequest, group_by_prefix, select_sample
from tests.service.corpus.contract import RESTRICTED_PREFIXES as CLOSED_ADDRESSES
from tests.service.raw_http import Exchange, RawResponse, build_get, build_post, exchange

MEBIBYTE = 1024 * 1024
MAX_GROWTH = 48 * MEBIBYTE
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
WITHOUT_ERRORS = {"too_recent", "idempotency_key_reused", "import_refused"}
LISTS = (b"/v1/regions", b"/v1/organizations", b"/v1/divisions", b"/v1/officials", b"/v1/organizations/kpu/officials")


@pytest_asyncio.fixture(scope="module")
async def baseline_memory(service: Service) -> int:
    """Memory of the service (bytes) after it has served each list several times, before any invalid request."""
    for _ in range(10):
        await asyncio.gather(*(exchange(service.port, build_get(target + b"?page_size=200")) for target in LISTS))
    return measure_memory(service)


@pytest.fixture(scope="module")
def token(service: Service, loaded_url: str) -> bytes:
    """Token of all scopes, so that a request is refused for its content only."""
    scopes = [part for scope in Scope for part in ("--scope", scope)]
    created = orjson.loads(
        run_command("clients", "create", "--json", "--name", "nasty", *scopes, "--database-url", loaded_url).stdout
    )
    form = {"grant_type": "client_credentials"}
    auth = (created["client_id"], created["client_secret"])
    response = httpx.post(f"{service.base_url}/oauth/token", data=form, auth=auth, timeout=30)
    return str(response.json()["access_token"]).encode()


def measure_memory(service: Service) -> int:
    process = psutil.Process(service.process.pid)
    return int(process.memory_info().rss)


@pytest.mark.parametrize("part", PARTS)
async def test_sample_gets_the_expected_statuses(
    service: Service, baseline_memory: int, token: bytes, part: str
) -> None:
    assert await find_wrong_responses(service, select_sample(PARTS[part]), token) == []


@pytest.mark.full
@pytest.mark.parametrize("part", PARTS)
async def test_corpus_gets_the_expected_statuses(
    service: Service, baseline_memory: int, token: bytes, part: str
) -> None:
    assert await find_wrong_responses(service, PARTS[part], token) == []


async def find_wrong_responses(service: Service, corpus: Iterable[InvalidRequest], token: bytes) -> list[str]:
    """Send the cases group by group, and return a message for each wrong response."""
    found: list[str] = []
    for group in group_by_prefix(corpus).values():
        for failure in await asyncio.gather(
            *(send_request(service, case, token) for case in group), return_exceptions=True
        ):
            if isinstance(failure, BaseException):
                found.append(str(failure))
    return found


def insert_token(sent: bytes, token: bytes) -> bytes:
    """Insert the token where the request has its placeholder, and into GET requests of restricted addresses."""
    method, _, target = sent.partition(b" ")
    if method in (b"GET", b"HEAD") and target.startswith(CLOSED_ADDRESSES) and b"Authorization" not in sent:
        return sent.replace(b"\r\n", b"\r\nAuthorization: Bearer %b\r\n" % token, 1)
    return sent.replace(b"@token@", token)


async def send_request(service: Service, case: InvalidRequest, token: bytes) -> None:
    sent = tuple(insert_token(piece, token) for piece in case.sent)
    result = await exchange(service.port, *sent, half_close=case.half_close, pause=0.001)
    outcome = result.responses[-1].status if result.responses else CLOSED if result.closed else None
    assert outcome in case.expected, f"{case}: {outcome}"
    try:
        assert_valid_exchange(result, case.secret)
    except AssertionError as error:
        raise AssertionError(f"{case}: {error}") from error


def assert_valid_exchange(result: Exchange, secret: bytes) -> None:
    """Assert what is true of each response, for any request."""
    assert len(result.responses) <= 1, "a response without a request"
    assert result.rest == b""
    for response in result.responses:
        assert response.status < 500
        assert REQUEST_ID.fullmatch(response.headers["x-request-id"])
        assert "server" not in response.headers
        said = response.body + repr(response.headers).encode()
        assert response.status == 200 or secret not in said.replace(response.headers["x-request-id"].encode(), b"")
        if response.status >= 400 and response.body and b'"error"' not in response.body:  # an error response of OAuth
            assert_valid_problem(response)


def assert_valid_problem(response: RawResponse) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem.keys() >= PROBLEM_MEMBERS
    assert problem["status"] == response.status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert bool(problem["errors"]) or response.status != 422 or problem["code"] in WITHOUT_ERRORS
    for error in problem["errors"]:
        assert error.keys() - {"address"} in ({"parameter", "code", "detail"}, {"pointer", "code", "detail"})
        assert error["detail"]
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-language"] in ("id", "en")
    assert (response.status == 405) == ("allow" in response.headers)


@pytest.mark.full  # tests/core/http/test_protocol.py tests it with shorter timeouts
async def test_idle_connection_is_closed_after_10_seconds(service: Service) -> None:
    """All connections wait at the same time. Single bytes do not extend the time limit."""

    async def slow(*pieces: bytes, pause: float = 0.7) -> tuple[list[int], bool, int]:
        result = await exchange(service.port, *pieces, response_count=9, timeout=14, pause=pause)
        for response in result.responses:
            if response.status >= 400:
                assert_valid_problem(response)
        return [response.status for response in result.responses], result.closed, round(result.seconds)

    head = build_get(b"/v1/regions?page_size=1")
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


async def test_missing_token_is_401_before_the_body_arrives(service: Service) -> None:
    """The response comes before the body is read, and the late body is not taken for a request."""
    body = build_get(b"/v1/kenari7")
    sent = build_get(b"/v1/regions", b"Content-Length: %d" % len(body), method=b"POST")
    result = await exchange(service.port, sent, timeout=2)
    assert [response.status for response in result.responses] == [401]
    late = await exchange(service.port, sent, body, build_get(b"/v1/regions/31"), response_count=2, pause=0.2)
    assert [response.status for response in late.responses] == [401, 200]


async def test_broken_body_after_the_response_gets_no_second_response(service: Service) -> None:
    """A proxy that shares connections would take a second response for that to the next request."""
    head = build_get(b"/v1/regions", b"Transfer-Encoding: chunked", method=b"POST")
    result = await exchange(service.port, head, b"kenari7\r\n", response_count=2, pause=0.2)
    assert [response.status for response in result.responses] == [401]
    assert result.closed


async def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    codes = [b"31", b"kenari7", b"93.01", b"91.01", b"11"] * 20
    result = await exchange(
        service.port, b"".join(build_get(b"/v1/regions/" + code) for code in codes), response_count=len(codes)
    )
    assert [response.status for response in result.responses] == [200, 404, 200, 308, 200] * 20
    named = [response.json()["code"].encode() for response in result.responses if response.status == 200]
    assert named == [code for code in codes if code not in (b"kenari7", b"91.01")]


async def test_invalid_bytes_after_requests_are_400(service: Service) -> None:
    sent = build_get(b"/v1/regions/31") * 3 + b"kenari7\r\n\r\n" + build_get(b"/v1/regions/31")
    result = await exchange(service.port, sent, response_count=9)
    assert [response.status for response in result.responses] == [200, 200, 200, 400]
    assert result.closed
    assert result.rest == b""


@pytest.mark.parametrize(
    "smuggled",
    [
        build_post(b"/v1/regions", b"0\r\n\r\n" + build_get(b"/v1/kenari7"), b"Transfer-Encoding: chunked"),
        build_get(b"/v1/regions", b"Content-Length: 0", b"Content-Length: 30", method=b"POST")
        + build_get(b"/v1/kenari7"),
        build_get(b"/v1/regions", b"Transfer-Encoding: kenari7", method=b"POST")
        + b"0\r\n\r\n"
        + build_get(b"/v1/kenari7"),
        build_get(b"/v1/regions", b"Content-Length: 30") + build_get(b"/v1/kenari7"),
        build_post(b"/v1/regions", b"k" * 2 * MEBIBYTE) + build_get(b"/v1/kenari7"),
    ],
    ids=["length and chunks", "two lengths", "unknown coding", "GET with a body", "too large a body"],
)
async def test_no_request_is_smuggled_in_a_body(service: Service, smuggled: bytes) -> None:
    result = await exchange(service.port, smuggled, response_count=2)
    assert [response.status for response in result.responses] in ([400], [413])
    assert result.closed


async def test_request_id_and_host_are_not_echoed(service: Service) -> None:
    result = await exchange(service.port, build_get(b"/v1/regions?page_size=1", b"Host: kenari7", b"X-Request-Id: a b"))
    said = repr(result.responses[0])
    assert "kenari7" not in said
    assert "a b" not in said


async def test_zz_memory_and_log_after_all_requests(service: Service, baseline_memory: int) -> None:
    """Runs last in this file: it checks the service after all tests above."""
    grown = measure_memory(service) - baseline_memory
    for target in LISTS:
        result = await exchange(service.port, build_get(target))
        assert [response.status for response in result.responses] == [200]
    assert grown < MAX_GROWTH, f"{grown / MEBIBYTE:.1f} MiB"
    log = service.read_log()
    assert '"level": "error"' not in log
    assert "Traceback" not in log
    assert "kenari7" not in log
