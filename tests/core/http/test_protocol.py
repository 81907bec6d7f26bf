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


class FastProtocol(Protocol):
    header_timeout_seconds = 0.3
    linger_timeout_seconds = 1.0


async def echo_request(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the path, body and header names of the request; `/slow` after 0.2 s."""
    body = await Request(scope, receive).body()
    if scope["path"] == "/slow":
        await asyncio.sleep(0.2)
    headers = [name.decode() for name, _ in scope["headers"]]
    response = {"path": scope["path"], "body": body.decode(), "headers": headers}
    await JSONResponse(response)(scope, receive, send)


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[int]:
    app = RequestLimitsMiddleware(echo_request, RequestLimits(body_bytes=256 * KIB))
    config = uvicorn.Config(
        app, "127.0.0.1", 0, http=FastProtocol, ws="none", lifespan="off", log_config=None, proxy_headers=False
    )
    server = uvicorn.Server(config)
    server_task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await server_task


ParsedResponse = tuple[int, dict[str, str], Any]


async def read_response(reader: asyncio.StreamReader) -> ParsedResponse:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:-2])
    return int(head[0].split()[1]), headers, json.loads(await reader.readexactly(int(headers["content-length"])))


@contextlib.asynccontextmanager
async def connect(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_last_response(port: int, *chunks: bytes, preceding: int = 0) -> tuple[int, str]:
    """Return the status and problem code of the last response of a connection, after some preceding ones."""
    async with asyncio.timeout(3), connect(port) as (reader, writer):
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0.01)
        for _ in range(preceding):
            assert (await read_response(reader))[0] == 200
        status, headers, body = await read_response(reader)
        assert headers["content-type"] == "application/problem+json"
        assert headers["connection"] == "close"
        assert headers["x-request-id"] == body["request_id"]
        assert await reader.read() == b""
        return status, body["code"]


async def read_responses(port: int, request_bytes: bytes | list[bytes], count: int) -> list[Any]:
    async with asyncio.timeout(3), connect(port) as (reader, writer):
        for chunk in [request_bytes] if isinstance(request_bytes, bytes) else request_bytes:
            writer.write(chunk)
            await asyncio.sleep(0.02)
        return [(await read_response(reader))[2] for _ in range(count)]


async def test_endless_header_is_431(port: int) -> None:
    """The parser buffers a value until the next line, so counting complete fields would not limit this one."""
    request_bytes = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 5_000_000
    assert await read_last_response(port, request_bytes) == (431, "headers_too_large")


async def test_too_many_header_lines_are_431(port: int) -> None:
    lines = [b"X: %d\r\n" % number for number in range(500)]
    assert await read_last_response(port, GET[:-2] % b"/", *[b"".join(lines)] * 10) == (431, "headers_too_large")


async def test_largest_allowed_header_is_served(port: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: %b\r\n\r\n"
    assert await read_responses(port, head % (b"a" * (32 * KIB - len(head) + 2)), 1)


async def test_endless_url_is_414(port: int) -> None:
    assert await read_last_response(port, b"GET /" + b"a" * 9 * KIB) == (414, "uri_too_long")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
    ],
)
async def test_incomplete_head_is_408(port: int, request_bytes: bytes) -> None:
    assert await read_last_response(port, request_bytes) == (408, "request_timeout")


async def test_slow_head_is_408(port: int) -> None:
    async with asyncio.timeout(2), connect(port) as (reader, writer):

        async def trickle() -> None:
            while True:
                writer.write(b"X: y\r\n")
                await asyncio.sleep(0.02)

        writer.write(GET[:-2] % b"/")
        trickle_task = asyncio.create_task(trickle())
        try:
            assert (await read_response(reader))[0] == 408
        finally:
            trickle_task.cancel()


async def test_incomplete_second_head_is_408(port: int) -> None:
    assert await read_last_response(port, GET % b"/", b"GET / HT", preceding=1) == (408, "request_timeout")


async def test_silent_connection_is_closed(port: int) -> None:
    async with asyncio.timeout(2), connect(port) as (reader, _):
        assert await reader.read() == b""


async def test_idle_keep_alive_connection_stays_open(port: int) -> None:
    async with connect(port) as (reader, writer):
        for _ in range(2):
            writer.write(GET % b"/")
            assert (await read_response(reader))[0] == 200
            await asyncio.sleep(0.4)


@pytest.mark.parametrize(
    "request_bytes",
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
async def test_invalid_request_is_400(port: int, request_bytes: bytes) -> None:
    assert await read_last_response(port, request_bytes) == (400, "malformed")


async def test_absolute_form_is_served(port: int) -> None:
    assert [response["path"] for response in await read_responses(port, GET % b"http://a/b?c=d", 1)] == ["/b"]


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    request_bytes = b"".join(GET % path for path in (b"/slow", b"/2", b"/3"))
    assert [response["path"] for response in await read_responses(port, request_bytes, 3)] == ["/slow", "/2", "/3"]


async def test_pending_responses_precede_a_rejection(port: int) -> None:
    request_bytes = GET % b"/slow" + GET % b"/2" + b"nonsense\r\n\r\n"
    assert await read_last_response(port, request_bytes, preceding=2) == (400, "malformed")


async def test_trailers_are_limited_and_not_merged_into_headers(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    first, second = await read_responses(port, [head, b"Authorization: b\r\n\r\n" + GET % b"/"], 2)
    assert first["headers"] == ["host", "transfer-encoding"]
    assert second["headers"] == ["host"]
    assert await read_last_response(port, head + b"X: " + b"a" * 100 * KIB) == (431, "headers_too_large")


async def test_body_longer_than_the_header_limit_is_served(port: int) -> None:
    body = b"a" * 200 * KIB
    request_bytes = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    assert [response["path"] for response in await read_responses(port, request_bytes + GET % b"/2", 2)] == ["/", "/2"]


@pytest.mark.parametrize("split", [lambda data: [data], lambda data: data.partition(b"\r\n\r\n")])
async def test_upgrade_is_ignored_and_the_body_is_kept(
    port: int, caplog: pytest.LogCaptureFixture, split: Callable[[bytes], list[bytes]]
) -> None:
    """The HTTP client of Java requests an upgrade to h2c with its first request, whatever the method."""
    upgrade = b"Host: a\r\nConnection: Upgrade\r\nUpgrade: %b\r\nContent-Length: %d\r\n\r\n"
    post = b"POST /1 HTTP/1.1\r\n" + upgrade % (b"h2c", 3) + b"abc"
    websocket = b"GET /2 HTTP/1.1\r\n" + upgrade % (b"websocket", 0)
    responses = await read_responses(port, list(split(post + websocket + GET % b"/3")), 3)
    assert [(response["path"], response["body"]) for response in responses] == [("/1", "abc"), ("/2", ""), ("/3", "")]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


async def test_response_to_a_rejected_body_is_not_lost(port: int) -> None:
    """Closing a connection while the client is sending would reset it, and the client would never see the response."""
    body = [b"a" * 64 * KIB] * 50
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % sum(map(len, body))
    async with asyncio.timeout(3), connect(port) as (reader, writer):
        for chunk in (head, *body):
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0.001)
        status, headers, problem = await read_response(reader)
        assert (status, headers["connection"], problem["code"]) == (413, "close", "content_too_large")
        assert await reader.read() == b""


async def test_rejection_has_a_request_id_and_cors_headers_and_is_counted(port: int) -> None:
    """It has the request id and the language of the caller, and pages of other origins can read it."""
    labels = {"method": "GET", "route": "unmatched", "status": "400"}
    before = REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0
    request_bytes = b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\nX-Request-Id: mine-7\r\nAccept-Language: en\r\n\r\n"
    async with asyncio.timeout(3), connect(port) as (reader, writer):
        writer.write(request_bytes)
        status, headers, body = await read_response(reader)
    assert (status, body["title"]) == (400, "Malformed request")
    assert headers["x-request-id"] == body["request_id"] == "mine-7"
    assert headers["access-control-allow-origin"] == "*"
    assert REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) == before + 1
