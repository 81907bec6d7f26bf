import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.methods import AllowedMethods, MethodsMiddleware
from app.core.problems import MethodNotAllowed, NotFound

received_scopes: list[Scope] = []


def create_test_app() -> ASGIApp:
    app = FastAPI(redirect_slashes=False)
    router = APIRouter(prefix="/v1")

    @router.get("/things/best")
    async def get_best() -> Response:
        return Response("the best thing")

    @router.post("/things/{code}:sell")
    async def sell_thing(code: str) -> Response:
        return Response(f"sold {code}")

    @router.get("/things/{code}")
    async def get_thing(code: str) -> Response:
        if code == "none":
            return NotFound().response({"type": "http", "headers": []})
        return Response(f"thing {code}", headers={"ETag": '"1"', "Cache-Control": "public, max-age=60"})

    @router.patch("/things/{code}")
    async def update_thing(code: str) -> Response:
        return Response(code)

    @router.get("/secret")
    async def get_secret() -> Response:
        return Response("secret", headers={"Cache-Control": "no-store"})

    @router.get("/stream")
    async def get_stream() -> StreamingResponse:
        async def generate_forever() -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0)

        return StreamingResponse(generate_forever())

    @router.post("/orders")
    async def create_order() -> Response:
        return Response("ordered", headers={"Cache-Control": "public"})

    @app.exception_handler(405)
    async def not_allowed(request: Request, error: HTTPException) -> Response:
        return MethodNotAllowed(headers=error.headers).response(request.scope)

    outer = APIRouter()
    outer.include_router(router)
    app.include_router(outer)
    middleware = MethodsMiddleware(app, AllowedMethods(app))

    async def record_scope(scope: Scope, receive: Receive, send: Send) -> None:
        received_scopes[:] = [scope]
        await middleware(scope, receive, send)

    return record_scope


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_test_app()), base_url="http://test") as client:
        yield client


async def test_head_has_the_headers_of_get_without_the_body(client: httpx.AsyncClient) -> None:
    get, head = await client.get("/v1/things/a"), await client.head("/v1/things/a")
    assert (head.status_code, head.headers, head.content) == (200, get.headers, b"")
    assert head.headers["content-length"] == "7"


async def test_head_keeps_the_method_of_the_scope_and_sets_the_route(client: httpx.AsyncClient) -> None:
    await client.head("/v1/things/a")
    assert received_scopes[0]["method"] == "HEAD"
    assert received_scopes[0]["route"].name == "get_thing"


async def test_head_of_an_endless_stream_ends(client: httpx.AsyncClient) -> None:
    """The stream stops when it receives a disconnect, which follows the end of the response."""
    assert (await asyncio.wait_for(client.head("/v1/stream"), 1)).content == b""


@pytest.mark.parametrize(
    ("path", "rejected_methods", "allow"),
    [
        ("/v1/things/best", ("PATCH", "POST", "DELETE"), "GET, HEAD, OPTIONS"),
        ("/v1/things/a:sell", ("GET", "HEAD", "PATCH"), "OPTIONS, POST"),
    ],
)
async def test_literal_path_has_only_its_own_methods(
    client: httpx.AsyncClient, path: str, rejected_methods: tuple[str, ...], allow: str
) -> None:
    for method in rejected_methods:
        response = await client.request(method, path)
        assert (response.status_code, response.headers["allow"]) == (405, allow), method
        assert bool(response.content) is (method != "HEAD")
    assert (await client.options(path)).headers["allow"] == allow
    assert (await client.request("POST" if "POST" in allow else "GET", path)).status_code == 200
    assert (await client.patch("/v1/things/a")).status_code == 200


async def test_options_lists_all_methods_of_the_path(client: httpx.AsyncClient) -> None:
    response = await client.options("/v1/things/a")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"
    assert "content-length" not in response.headers
    assert response.headers["accept-patch"] == "application/merge-patch+json, application/json"
    orders = await client.options("/v1/orders")
    assert orders.headers["allow"] == "OPTIONS, POST"
    assert "accept-patch" not in orders.headers


async def test_options_of_an_unknown_path_is_404(client: httpx.AsyncClient) -> None:
    response = await client.options("/v1/nothing")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["BREW", "get", "TRACE", "CONNECT", "DELETE"])
async def test_unsupported_method_is_405_with_allow(client: httpx.AsyncClient, method: str) -> None:
    request = client.build_request("POST", "/v1/things/a")
    request.method = method
    response = await client.send(request)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, PATCH"


async def test_head_without_a_get_route_is_405(client: httpx.AsyncClient) -> None:
    response = await client.head("/v1/orders")
    assert (response.status_code, response.headers["allow"]) == (405, "OPTIONS, POST")
