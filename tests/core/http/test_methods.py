import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.cors import CrossOriginMiddleware
from app.core.http.methods import AllowedMethods, MethodsMiddleware
from app.core.problems import MethodNotAllowed, NotFound

seen: list[Scope] = []


def service() -> ASGIApp:
    app = FastAPI(redirect_slashes=False)
    router = APIRouter(prefix="/v1")

    @router.get("/things/best")
    async def best() -> Response:
        return Response("the best thing")

    @router.post("/things/{code}:sell")
    async def sell(code: str) -> Response:
        return Response(f"sold {code}")

    @router.get("/things/{code}")
    async def read(code: str) -> Response:
        if code == "none":
            return NotFound().response({"type": "http", "headers": []})
        return Response(f"thing {code}", headers={"ETag": '"1"', "Cache-Control": "public, max-age=60"})

    @router.patch("/things/{code}")
    async def change(code: str) -> Response:
        return Response(code)

    @router.get("/secret")
    async def secret() -> Response:
        return Response("secret", headers={"Cache-Control": "no-store"})

    @router.get("/stream")
    async def stream() -> StreamingResponse:
        async def forever() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0)

        return StreamingResponse(forever())

    @router.post("/orders")
    async def order() -> Response:
        return Response("ordered", headers={"Cache-Control": "public"})

    @app.exception_handler(405)
    async def not_allowed(request: Request, error: HTTPException) -> Response:
        return MethodNotAllowed(headers=error.headers).response(request.scope)

    outer = APIRouter()
    outer.include_router(router)
    app.include_router(outer)
    room = CrossOriginMiddleware(MethodsMiddleware(app, AllowedMethods(app)))

    async def remembered(scope: Scope, receive: Receive, send: Send) -> None:
        seen[:] = [scope]
        await room(scope, receive, send)

    return remembered


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service()), base_url="http://test") as client:
        yield client


async def test_head_is_get_without_the_body(http: httpx.AsyncClient) -> None:
    get, head = await http.get("/v1/things/a"), await http.head("/v1/things/a")
    assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")
    assert head.headers["content-length"] == "7"


async def test_head_leaves_the_servers_scope_a_head_and_tells_the_route(http: httpx.AsyncClient) -> None:
    await http.head("/v1/things/a")
    assert seen[0]["method"] == "HEAD"
    assert seen[0]["route"].name == "read"


async def test_the_head_of_an_endless_stream_ends(http: httpx.AsyncClient) -> None:
    """It stops when the client is told to have gone, which is at the end of its answer."""
    assert (await asyncio.wait_for(http.head("/v1/stream"), 1)).content == b""


@pytest.mark.parametrize(
    ("path", "refused", "allow"),
    [
        ("/v1/things/best", ("PATCH", "POST", "DELETE"), "GET, HEAD, OPTIONS"),
        ("/v1/things/a:sell", ("GET", "HEAD", "PATCH"), "OPTIONS, POST"),
    ],
)
async def test_an_address_that_is_also_anothers_has_its_own_methods_only(
    http: httpx.AsyncClient, path: str, refused: tuple[str, ...], allow: str
) -> None:
    for method in refused:
        answer = await http.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allow), method
        assert bool(answer.content) is (method != "HEAD")
    assert (await http.options(path)).headers["allow"] == allow
    assert (await http.request("POST" if "POST" in allow else "GET", path)).status_code == 200
    assert (await http.patch("/v1/things/a")).status_code == 200


async def test_options_tells_all_methods_of_the_path(http: httpx.AsyncClient) -> None:
    answer = await http.options("/v1/things/a")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"
    assert "content-length" not in answer.headers
    assert (await http.options("/v1/orders")).headers["allow"] == "OPTIONS, POST"


async def test_options_of_nothing_is_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.options("/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["BREW", "get", "TRACE", "CONNECT", "DELETE"])
async def test_other_methods_are_told_what_is_allowed(http: httpx.AsyncClient, method: str) -> None:
    request = http.build_request("POST", "/v1/things/a")
    request.method = method
    answer = await http.send(request)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"


async def test_head_where_there_is_no_get(http: httpx.AsyncClient) -> None:
    answer = await http.head("/v1/orders")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


async def test_only_open_answers_and_problems_of_reads_are_for_other_origins(http: httpx.AsyncClient) -> None:
    for answer in (await http.get("/v1/things/a"), await http.head("/v1/things/a"), await http.get("/v1/things/none")):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-expose-headers"] == "ETag, Link, Retry-After, X-Request-Id"
        assert "access-control-allow-credentials" not in answer.headers
    for answer in (await http.get("/v1/secret"), await http.post("/v1/orders"), await http.options("/v1/things/a")):
        assert "access-control-allow-origin" not in answer.headers


async def test_a_preflight_is_answered(http: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "PATCH"}
    answer = await http.options("/v1/things/a", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS, PATCH"
    assert "If-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "86400"
    assert (await http.options("/v1/nothing", headers=asked)).status_code == 404
