import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from app.core.http.protocol import Protocol
from app.core.http.request_limits import RequestLimits, RequestLimitsMiddleware

KIB = 1024
GET = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"


class Hasty(Protocol):
    header_timeout_seconds = 0.3
    linger_timeout_seconds = 1.0


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what arrived, `/slow` only after a while."""
    body = await Request(scope, receive).body()
    if scope["path"] == "/slow":
        await asyncio.sleep(0.2)
    headers = [name.decode() for name, _ in scope["headers"]]
    answer = {"path": scope["path"], "body": body.decode(), "headers": headers}
    await JSONResponse(answer)(scope, receive, send)


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    app = RequestLimitsMiddleware(mirror, RequestLimits(body_bytes=256 * KIB))
    config = uvicorn.Config(
        app, "127.0.0.1", 0, http=Hasty, ws="none", lifespan="off", log_config=None, proxy_headers=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


Answer = tuple[int, dict[str, str], Any]


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:-2])
    return int(head[0].split()[1]), headers, json.loads(await reader.readexactly(int(headers["content-length"])))


@contextlib.asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def last_answer(port: int, *pieces: bytes, after: int = 0) -> tuple[int, str]:
    """Status and code of the answer that ends the connection, after some others."""
    async with asyncio.timeout(3), connection(port) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        for _ in range(after):
            assert (await read_answer(reader))[0] == 200
        status, headers, body = await read_answer(reader)
        assert headers["content-type"] == "application/problem+json"
        assert headers["connection"] == "close"
        assert headers["x-request-id"] == body["request_id"]
        assert await reader.read() == b""
        return status, body["code"]


async def answers(port: int, sent: bytes | list[bytes], count: int) -> list[Any]:
    async with asyncio.timeout(3), connection(port) as (reader, writer):
        for piece in [sent] if isinstance(sent, bytes) else sent:
            writer.write(piece)
            await asyncio.sleep(0.02)
        return [(await read_answer(reader))[2] for _ in range(count)]


async def test_a_header_is_cut_off_before_its_end(port: int) -> None:
    """The parser keeps a value until the next line begins: counting finished fields would let this one grow."""
    sent = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5_000_000
    assert await last_answer(port, sent) == (431, "headers_too_large")


async def test_many_header_lines_are_cut_off_too(port: int) -> None:
    lines = [b"X: %d\r\n" % number for number in range(500)]
    assert await last_answer(port, GET[:-2] % b"/", *[b"".join(lines)] * 10) == (431, "headers_too_large")


async def test_the_last_header_that_fits_is_served(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n"
    assert await answers(port, head % (b"a" * (32 * KIB - len(head) + 2)), 1)


async def test_an_address_is_cut_off_before_its_end(port: int) -> None:
    assert await last_answer(port, b"GET /" + b"a" * 9 * KIB) == (414, "uri_too_long")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
    ],
)
async def test_a_head_that_does_not_end_is_given_up(port: int, sent: bytes) -> None:
    assert await last_answer(port, sent) == (408, "request_timeout")


async def test_a_trickling_head_gains_no_time(port: int) -> None:
    async with asyncio.timeout(2), connection(port) as (reader, writer):

        async def trickle() -> None:
            while True:
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.02)

        writer.write(GET[:-2] % b"/")
        trickling = asyncio.create_task(trickle())
        try:
            assert (await read_answer(reader))[0] == 408
        finally:
            trickling.cancel()


async def test_a_second_head_has_its_own_time(port: int) -> None:
    assert await last_answer(port, GET % b"/", b"GET / HT", after=1) == (408, "request_timeout")


async def test_a_socket_that_says_nothing_is_closed(port: int) -> None:
    async with asyncio.timeout(2), connection(port) as (reader, _):
        assert await reader.read() == b""


async def test_an_idle_connection_is_not_hurried(port: int) -> None:
    async with connection(port) as (reader, writer):
        for _ in range(2):
            writer.write(GET % b"/")
            assert (await read_answer(reader))[0] == 200
            await asyncio.sleep(0.4)


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        GET % "/é".encode(),
        GET % b"/#there",
        GET % b"http://[a/",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_request_is_malformed(port: int, sent: bytes) -> None:
    assert await last_answer(port, sent) == (400, "malformed")


async def test_an_absolute_address_is_served(port: int) -> None:
    assert [answer["path"] for answer in await answers(port, GET % b"http://a/b?c=d", 1)] == ["/b"]


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    sent = b"".join(GET % path for path in (b"/slow", b"/2", b"/3"))
    assert [answer["path"] for answer in await answers(port, sent, 3)] == ["/slow", "/2", "/3"]


async def test_the_answers_still_due_come_before_a_refusal(port: int) -> None:
    sent = GET % b"/slow" + GET % b"/2" + b"nonsense\r\n\r\n"
    assert await last_answer(port, sent, after=2) == (400, "malformed")


async def test_trailers_are_bounded_and_are_no_headers(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    first, second = await answers(port, [head, b"Authorization: b\r\n\r\n" + GET % b"/"], 2)
    assert first["headers"] == ["host", "transfer-encoding"]
    assert second["headers"] == ["host"]
    assert await last_answer(port, head + b"X: " + b"a" * 100 * KIB) == (431, "headers_too_large")


async def test_a_body_longer_than_a_header_may_be_is_no_header(port: int) -> None:
    body = b"a" * 200 * KIB
    sent = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    assert [answer["path"] for answer in await answers(port, sent + GET % b"/2", 2)] == ["/", "/2"]


@pytest.mark.parametrize("split", [lambda sent: [sent], lambda sent: sent.partition(b"\r\n\r\n")])
async def test_an_upgrade_is_not_taken_and_the_body_not_lost(
    port: int, caplog: pytest.LogCaptureFixture, split: Callable[[bytes], list[bytes]]
) -> None:
    """Java's client asks for h2c with its first request, whatever the method."""
    upgrade = b"Host: a\r\nConnection: Upgrade\r\nUpgrade: %b\r\nContent-Length: %d\r\n\r\n"
    post = b"POST /1 HTTP/1.1\r\n" + upgrade % (b"h2c", 3) + b"abc"
    websocket = b"GET /2 HTTP/1.1\r\n" + upgrade % (b"websocket", 0)
    got = await answers(port, list(split(post + websocket + GET % b"/3")), 3)
    assert [(answer["path"], answer["body"]) for answer in got] == [("/1", "abc"), ("/2", ""), ("/3", "")]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


async def test_a_refused_body_does_not_take_the_answer_along(port: int) -> None:
    """A connection closed with bytes on the way is reset, and clients that are still sending never see why."""
    body = [b"a" * 64 * KIB] * 50
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % sum(map(len, body))
    async with asyncio.timeout(3), connection(port) as (reader, writer):
        for piece in (head, *body):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.001)
        status, headers, problem = await read_answer(reader)
        assert (status, headers["connection"], problem["code"]) == (413, "close", "content_too_large")
        assert await reader.read() == b""


async def test_a_refusal_is_named_counted_and_told_as_any_answer(port: int) -> None:
    """In the caller's language, under the caller's name for it, readable for a page of another origin."""
    counted = {"method": "GET", "route": "unmatched", "status": "400"}
    before = REGISTRY.get_sample_value("http_request_duration_seconds_count", counted) or 0
    sent = b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nX-Request-Id: mine-7\r\nAccept-Language: en\r\n\r\n"
    async with asyncio.timeout(3), connection(port) as (reader, writer):
        writer.write(sent)
        status, headers, body = await read_answer(reader)
    assert (status, body["title"]) == (400, "Malformed request")
    assert headers["x-request-id"] == body["request_id"] == "mine-7"
    assert headers["access-control-allow-origin"] == "*"
    assert REGISTRY.get_sample_value("http_request_duration_seconds_count", counted) == before + 1
