import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.request_limits import RequestLimits, RequestLimitsMiddleware

KIB = 1024


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)


def connect(middleware: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(middleware), base_url="http://test")


def get_problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


async def generate_chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


async def generate_one_chunk_and_wait() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.Event().wait()


async def test_url_longer_than_8_kib_is_414() -> None:
    async with connect(RequestLimitsMiddleware(echo)) as client:
        assert (await client.get("/" + "a" * (8 * KIB - 1))).status_code == 200
        assert get_problem(await client.get("/" + "a" * (8 * KIB))) == (414, "uri_too_long")
        assert get_problem(await client.get("/?q=" + "a" * (8 * KIB))) == (414, "uri_too_long")


async def test_header_section_longer_than_32_kib_is_431() -> None:
    async with connect(RequestLimitsMiddleware(echo)) as client:
        assert get_problem(await client.get("/", headers={"x": "a" * 33 * KIB})) == (431, "headers_too_large")
        headers = {f"x-{number}": "a" * 24 for number in range(1000)}
        assert get_problem(await client.get("/", headers=headers)) == (431, "headers_too_large")
        assert (await client.get("/", headers={"x": "a" * 31 * KIB})).status_code == 200


async def test_too_large_content_length_is_413_without_reading_the_body() -> None:
    async def unreadable() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    async with connect(RequestLimitsMiddleware(echo, RequestLimits(body_bytes=10))) as client:
        response = await client.post("/", content=unreadable(), headers={"Content-Length": "11"})
        assert get_problem(response) == (413, "content_too_large")
        assert response.headers["connection"] == "close"


async def test_too_large_chunked_body_is_413() -> None:
    async with connect(RequestLimitsMiddleware(echo, RequestLimits(body_bytes=10))) as client:
        assert (await client.post("/", content=generate_chunks(4, 6))).text == "x" * 10
        response = await client.post("/", content=generate_chunks(4, 7))
        assert get_problem(response) == (413, "content_too_large")
        assert response.headers["connection"] == "close"


async def test_large_body_paths_have_a_larger_limit() -> None:
    async with connect(
        RequestLimitsMiddleware(
            echo, RequestLimits(body_bytes=10, large_body_paths=(":batch", "/imports"), large_body_bytes=20)
        )
    ) as client:
        for path in ("/v1/check-ins:batch", "/v1/imports"):
            for content in (b"x" * 20, generate_chunks(15, 5)):
                assert (await client.post(path, content=content)).text == "x" * 20
            assert get_problem(await client.post(path, content=b"x" * 21)) == (413, "content_too_large")
            assert get_problem(await client.post(path, content=generate_chunks(15, 6))) == (
                413,
                "content_too_large",
            )
        for path in ("/v1/check-ins", "/v1/imports/1", "/v1/x:batch/1"):
            assert get_problem(await client.post(path, content=b"x" * 11)) == (413, "content_too_large")
            assert get_problem(await client.post(path, content=generate_chunks(11))) == (413, "content_too_large")


async def test_problem_takes_precedence_over_the_400_of_fastapi() -> None:
    """FastAPI answers 400 for every exception while reading a body."""
    app = FastAPI()

    @app.post("/")
    async def post(body: dict[str, Any]) -> dict[str, Any]:
        return body

    async with connect(RequestLimitsMiddleware(app, RequestLimits(body_bytes=10))) as client:
        response = await client.post("/", content=generate_chunks(11), headers={"Content-Type": "application/json"})
        assert get_problem(response) == (413, "content_too_large")


async def test_stalled_body_is_408() -> None:
    async with connect(RequestLimitsMiddleware(echo, RequestLimits(idle_timeout=0.05))) as client:
        response = await client.post("/", content=generate_one_chunk_and_wait())
        assert get_problem(response) == (408, "request_timeout")
        assert response.headers["connection"] == "close"


async def test_idle_timeout_ends_with_the_body() -> None:
    """Waiting for a disconnect, as every stream does, is not limited."""

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.1)
        await PlainTextResponse("ok")(scope, receive, send)

    ended = [{"type": "http.request", "body": b"", "more_body": False}]
    assert await send_messages(RequestLimitsMiddleware(stream, RequestLimits(idle_timeout=0.02)), ended) == [200]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_get_with_a_body_is_400(method: str) -> None:
    async with connect(RequestLimitsMiddleware(echo)) as client:
        assert (await client.request(method, "/", content=b"x")).status_code == 400
        assert (await client.request(method, "/", content=generate_chunks(1))).headers["connection"] == "close"
        assert (await client.request(method, "/", headers={"Content-Length": "0"})).status_code == 200
        assert (await client.request("DELETE", "/", content=b"x")).status_code == 200


async def test_exceeded_concurrency_is_503_except_for_liveness() -> None:
    started, may_finish = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            started.set()
            await may_finish.wait()
        await PlainTextResponse("ok")(scope, receive, send)

    async with connect(RequestLimitsMiddleware(slow, RequestLimits(concurrency=1))) as client:
        first = asyncio.create_task(client.get("/slow"))
        await started.wait()
        response = await client.get("/")
        assert get_problem(response) == (503, "unavailable")
        assert response.headers["retry-after"] == "1"
        assert (await client.get("/health/live")).status_code == 200
        may_finish.set()
        assert (await first).status_code == 200
        assert (await client.get("/")).status_code == 200


async def test_failed_request_no_longer_counts() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    async with connect(RequestLimitsMiddleware(broken, RequestLimits(concurrency=1))) as client:
        for _ in range(2):
            with pytest.raises(LookupError):
                await client.get("/")


async def sleeping_app(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(60)


async def generate_slowly() -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0.01)


async def test_request_longer_than_the_timeout_is_503_or_408() -> None:
    async with connect(RequestLimitsMiddleware(sleeping_app, RequestLimits(timeout=0.05))) as client:
        response = await client.get("/")
        assert get_problem(response) == (503, "unavailable")
        assert "retry-after" in response.headers
    async with connect(RequestLimitsMiddleware(echo, RequestLimits(timeout=0.1))) as client:
        assert get_problem(await client.post("/", content=generate_slowly())) == (408, "request_timeout")


async def test_event_stream_has_no_timeout_and_is_not_counted() -> None:
    ends = asyncio.Event()

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["path"][1:].encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", kind)]})
        if kind == b"text/event-stream":
            await ends.wait()
        await send({"type": "http.response.body", "body": b"all"})

    middleware = RequestLimitsMiddleware(events, RequestLimits(timeout=0.1, concurrency=1))
    async with connect(middleware) as client:
        streams = [asyncio.ensure_future(client.get("/text/event-stream")) for _ in range(2)]
        await asyncio.sleep(0.3)
        assert not any(stream.done() for stream in streams)
        assert middleware.running == 0
        assert (await client.get("/text/plain")).status_code == 200
        ends.set()
        assert [(await stream).content for stream in streams] == [b"all", b"all"]
        assert middleware.running == 0


async def test_timeout_error_of_the_app_is_propagated() -> None:
    async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError

    async with connect(RequestLimitsMiddleware(impatient)) as client:
        with pytest.raises(TimeoutError):
            await client.get("/")


async def send_messages(middleware: RequestLimitsMiddleware, messages: list[dict[str, Any]]) -> list[int]:
    """Send one POST with these messages and nothing more; return the status codes of its responses."""
    status_codes: list[int] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            status_codes.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    await middleware(scope, receive, send)
    return status_codes


async def test_started_response_gets_no_second_status() -> None:
    received: list[Message] = []

    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        received.append(await receive())
        await asyncio.sleep(60)

    body = [{"type": "http.request", "body": b"x" * 11, "more_body": True}]
    assert await send_messages(RequestLimitsMiddleware(early, RequestLimits(body_bytes=10, timeout=0.05)), body) == [
        200
    ]
    assert received == [{"type": "http.disconnect"}]
