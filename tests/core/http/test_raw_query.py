from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from app.core.http.rate_limits import RateLimitMiddleware
from app.core.http.raw_query import RawQueryMiddleware

ROOM = RawQueryMiddleware(RateLimitMiddleware(PlainTextResponse("ok")))  # which answers what it refuses


async def ask(path: bytes, query: bytes = b"") -> httpx.Response:
    """The bytes as given: a client library would repair them."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": [], "path": "/"}
    await ROOM({**scope, "raw_path": path, "query_string": query}, receive, send)
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


@pytest.mark.parametrize(
    "raw",
    [b"%zz", b"%", b"%e", b"%c3", b"%C3%28", b"%ed%a0%80", b"%c0%80", b"%00", "é".encode()],
    ids=["not hex", "lone", "cut", "half a letter", "latin-1", "surrogate", "overlong", "NUL", "raw byte"],
)
async def test_an_address_that_is_not_utf8_is_malformed(raw: bytes) -> None:
    for answer in (await ask(b"/" + raw), await ask(b"/", b"q=" + raw), await ask(b"/", raw + b"=1")):
        assert answer.status_code == 400
        assert answer.json()["code"] == "malformed"
        assert "ratelimit" in answer.headers  # it is counted as any other


@pytest.mark.parametrize(
    "query",
    [b"", b"q=Asy%27ari", b"q=%C3%A9%F0%9F%97%B3", b"a=1;b=2", b"a=b=c", b"a=+", b"a=1&b=1"],
    ids=["none", "escaped", "utf-8", "semicolon", "equals sign", "space", "equal values"],
)
async def test_an_address_with_one_meaning_goes_on(query: bytes) -> None:
    assert (await ask(b"/Jawa%20Barat/%C3%A9", query)).text == "ok"


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
async def test_a_parameter_is_given_once_and_with_a_value(query: bytes, errors: list[tuple[str, str]]) -> None:
    answer = await ask(b"/", query)
    assert answer.status_code == 422
    assert [(error["parameter"], error["code"]) for error in answer.json()["errors"]] == errors


async def test_a_hundred_parameters_pass() -> None:
    assert (await ask(b"/", b"&".join(b"p%d=1" % number for number in range(100)))).status_code == 200
