from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from app.core.http.rate_limits import RateLimitMiddleware
from app.core.http.raw_query import RawQueryMiddleware

MIDDLEWARE = RawQueryMiddleware(RateLimitMiddleware(PlainTextResponse("ok")))  # answers rejections


async def send_request(path: bytes, query: bytes = b"") -> httpx.Response:
    """Send the bytes unchanged, which a client library would encode."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": [], "path": "/"}
    await MIDDLEWARE({**scope, "raw_path": path, "query_string": query}, receive, send)
    return httpx.Response(messages[0]["status"], headers=messages[0]["headers"], content=messages[1]["body"])


@pytest.mark.parametrize(
    "raw",
    [b"%zz", b"%", b"%e", b"%c3", b"%C3%28", b"%ed%a0%80", b"%c0%80", b"%00", "é".encode()],
    ids=["not hex", "lone", "cut", "half a letter", "latin-1", "surrogate", "overlong", "NUL", "raw byte"],
)
async def test_invalid_encoding_is_400(raw: bytes) -> None:
    for response in (
        await send_request(b"/" + raw),
        await send_request(b"/", b"q=" + raw),
        await send_request(b"/", raw + b"=1"),
    ):
        assert response.status_code == 400
        assert response.json()["code"] == "malformed"
        assert "ratelimit" in response.headers  # it is counted like any other


@pytest.mark.parametrize(
    "query",
    [b"", b"q=Asy%27ari", b"q=%C3%A9%F0%9F%97%B3", b"a=1;b=2", b"a=b=c", b"a=+", b"a=1&b=1"],
    ids=["none", "escaped", "utf-8", "semicolon", "equals sign", "space", "equal values"],
)
async def test_valid_url_is_passed_on(query: bytes) -> None:
    assert (await send_request(b"/Jawa%20Barat/%C3%A9", query)).text == "ok"


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        (b"a=1&a=2", [("a", "repeated_parameter")]),
        (b"a=1&%61=2&a=3", [("a", "repeated_parameter")]),
        (b"a+b=1&a%20b=2", [("a b", "repeated_parameter")]),
        (b"a=", [("a", "empty_parameter")]),
        (b"a", [("a", "empty_parameter")]),
        (b"=1", [("", "empty_parameter")]),
        (b"a=1&&b=2", [("", "empty_parameter")]),
        (b"a=1&", [("", "empty_parameter")]),
        (b"a=&b=1&b=2", [("b", "repeated_parameter"), ("a", "empty_parameter")]),
        (b"&".join(b"p%d=1" % number for number in range(101)), [("", "too_many_parameters")]),
    ],
)
async def test_repeated_and_empty_parameters_are_422(query: bytes, errors: list[tuple[str, str]]) -> None:
    response = await send_request(b"/", query)
    assert response.status_code == 422
    assert [(error["parameter"], error["code"]) for error in response.json()["errors"]] == errors


async def test_100_parameters_are_allowed() -> None:
    assert (await send_request(b"/", b"&".join(b"p%d=1" % number for number in range(100)))).status_code == 200
