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


def client(guard: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(guard), base_url="http://test")


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


async def never() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.Event().wait()


async def test_an_address_may_have_eight_kib_and_no_byte_more() -> None:
    async with client(RequestLimitsMiddleware(echo)) as http:
        assert (await http.get("/" + "a" * (8 * KIB - 1))).status_code == 200
        assert problem(await http.get("/" + "a" * (8 * KIB))) == (414, "uri_too_long")
        assert problem(await http.get("/?q=" + "a" * (8 * KIB))) == (414, "uri_too_long")


async def test_many_small_header_fields_count_as_much_as_a_long_one() -> None:
    async with client(RequestLimitsMiddleware(echo)) as http:
        assert problem(await http.get("/", headers={"x": "a" * 33 * KIB})) == (431, "headers_too_large")
        many = {f"x-{number}": "a" * 24 for number in range(1000)}
        assert problem(await http.get("/", headers=many)) == (431, "headers_too_large")
        assert (await http.get("/", headers={"x": "a" * 31 * KIB})).status_code == 200


async def test_a_body_declared_too_long_is_refused_unread() -> None:
    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    async with client(RequestLimitsMiddleware(echo, RequestLimits(body_bytes=10))) as http:
        answer = await http.post("/", content=unread(), headers={"Content-Length": "11"})
        assert problem(answer) == (413, "content_too_large")
        assert answer.headers["connection"] == "close"


async def test_a_chunked_body_is_counted_as_it_comes() -> None:
    async with client(RequestLimitsMiddleware(echo, RequestLimits(body_bytes=10))) as http:
        assert (await http.post("/", content=chunks(4, 6))).text == "x" * 10
        answer = await http.post("/", content=chunks(4, 7))
        assert problem(answer) == (413, "content_too_large")
        assert answer.headers["connection"] == "close"


async def test_a_batch_may_be_longer() -> None:
    async with client(
        RequestLimitsMiddleware(
            echo, RequestLimits(body_bytes=10, large_body_paths=(":batch", "/imports"), large_body_bytes=20)
        )
    ) as http:
        for path in ("/v1/check-ins:batch", "/v1/imports"):
            for content in (b"x" * 20, chunks(15, 5)):
                assert (await http.post(path, content=content)).text == "x" * 20
            assert problem(await http.post(path, content=b"x" * 21)) == (413, "content_too_large")
            assert problem(await http.post(path, content=chunks(15, 6))) == (413, "content_too_large")
        for path in ("/v1/check-ins", "/v1/imports/1", "/v1/x:batch/1"):
            assert problem(await http.post(path, content=b"x" * 11)) == (413, "content_too_large")
            assert problem(await http.post(path, content=chunks(11))) == (413, "content_too_large")


async def test_what_a_framework_makes_of_the_fault_does_not_hide_it() -> None:
    """FastAPI answers 400 for every exception that comes out of the reading of a body."""
    app = FastAPI()

    @app.post("/")
    async def post(body: dict[str, Any]) -> dict[str, Any]:
        return body

    async with client(RequestLimitsMiddleware(app, RequestLimits(body_bytes=10))) as http:
        answer = await http.post("/", content=chunks(11), headers={"Content-Type": "application/json"})
        assert problem(answer) == (413, "content_too_large")


async def test_a_silent_body_is_given_up() -> None:
    async with client(RequestLimitsMiddleware(echo, RequestLimits(idle_timeout=0.05))) as http:
        answer = await http.post("/", content=never())
        assert problem(answer) == (408, "request_timeout")
        assert answer.headers["connection"] == "close"


async def test_the_silence_after_the_body_is_none() -> None:
    """Waiting for the client to go away, as every stream does, is no silent body."""

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.1)
        await PlainTextResponse("ok")(scope, receive, send)

    ended = [{"type": "http.request", "body": b"", "more_body": False}]
    assert await statuses(RequestLimitsMiddleware(stream, RequestLimits(idle_timeout=0.02)), ended) == [200]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_read_has_no_body(method: str) -> None:
    async with client(RequestLimitsMiddleware(echo)) as http:
        assert (await http.request(method, "/", content=b"x")).status_code == 400
        assert (await http.request(method, "/", content=chunks(1))).headers["connection"] == "close"
        assert (await http.request(method, "/", headers={"Content-Length": "0"})).status_code == 200
        assert (await http.request("DELETE", "/", content=b"x")).status_code == 200


async def test_a_full_house_says_so_and_still_tells_that_it_lives() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            entered.set()
            await leave.wait()
        await PlainTextResponse("ok")(scope, receive, send)

    async with client(RequestLimitsMiddleware(slow, RequestLimits(concurrency=1))) as http:
        first = asyncio.create_task(http.get("/slow"))
        await entered.wait()
        answer = await http.get("/")
        assert problem(answer) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
        assert (await http.get("/health/live")).status_code == 200
        leave.set()
        assert (await first).status_code == 200
        assert (await http.get("/")).status_code == 200


async def test_a_place_is_given_back_after_a_failure() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    async with client(RequestLimitsMiddleware(broken, RequestLimits(concurrency=1))) as http:
        for _ in range(2):
            with pytest.raises(LookupError):
                await http.get("/")


async def sleep(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(60)


async def trickle() -> AsyncIterator[bytes]:
    while True:
        yield b"x"
        await asyncio.sleep(0.01)


async def test_a_request_has_an_end() -> None:
    async with client(RequestLimitsMiddleware(sleep, RequestLimits(timeout=0.05))) as http:
        answer = await http.get("/")
        assert problem(answer) == (503, "unavailable")
        assert "retry-after" in answer.headers
    async with client(RequestLimitsMiddleware(echo, RequestLimits(timeout=0.1))) as http:
        assert problem(await http.post("/", content=trickle())) == (408, "request_timeout")


async def test_a_stream_of_events_has_no_end_and_takes_no_place() -> None:
    ends = asyncio.Event()

    async def events(scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["path"][1:].encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", kind)]})
        if kind == b"text/event-stream":
            await ends.wait()
        await send({"type": "http.response.body", "body": b"all"})

    guard = RequestLimitsMiddleware(events, RequestLimits(timeout=0.1, concurrency=1))
    async with client(guard) as http:
        streams = [asyncio.ensure_future(http.get("/text/event-stream")) for _ in range(2)]
        await asyncio.sleep(0.3)
        assert not any(stream.done() for stream in streams)
        assert guard.running == 0
        assert (await http.get("/text/plain")).status_code == 200
        ends.set()
        assert [(await stream).content for stream in streams] == [b"all", b"all"]
        assert guard.running == 0


async def test_a_timeout_of_the_app_is_not_the_guards() -> None:
    async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError

    async with client(RequestLimitsMiddleware(impatient)) as http:
        with pytest.raises(TimeoutError):
            await http.get("/")


async def statuses(guard: RequestLimitsMiddleware, messages: list[dict[str, Any]]) -> list[int]:
    """The status lines written for one POST that sends these messages and then nothing."""
    sent: list[int] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    await guard(scope, receive, send)
    return sent


async def test_an_answer_that_has_begun_gets_no_second_status() -> None:
    heard: list[Message] = []

    async def early(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        heard.append(await receive())
        await asyncio.sleep(60)

    body = [{"type": "http.request", "body": b"x" * 11, "more_body": True}]
    assert await statuses(RequestLimitsMiddleware(early, RequestLimits(body_bytes=10, timeout=0.05)), body) == [200]
    assert heard == [{"type": "http.disconnect"}]
