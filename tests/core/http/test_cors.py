"""Cross-origin access is whole or absent: for each operation, the preflight, the request and every problem agree."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.core.http.access_log import AccessLogMiddleware
from app.core.http.cors import CrossOriginMiddleware, is_shared
from app.core.http.request_limits import RequestLimits, RequestLimitsMiddleware
from app.settings import Settings
from tests.applications import get_resolved_contract
from tests.callers import bearer_headers
from tests.conftest import connect_client, run_application

ORIGIN = {"Origin": "https://example.org"}
EXPOSED = {
    *("etag", "link", "location", "retry-after", "ratelimit", "ratelimit-policy", "idempotency-replayed"),
    *("content-disposition", "content-language", "x-request-id", "allow", "www-authenticate"),
}
OPERATIONS = [
    (method.upper(), path, operation)
    for path, item in get_resolved_contract()["paths"].items()
    for method, operation in item.items()
]
OPERATORS_PATHS = {"/health/live", "/health/ready", "/metrics"}
WHOLE = [entry for entry in OPERATIONS if entry[1] not in OPERATORS_PATHS]


def build_path(path: str, operation: Mapping[str, Any]) -> str:
    """Return the path with the examples of its parameters; an unknown meeting for a stream, which would not end."""
    examples = {entry["name"]: str(entry["example"]) for entry in operation["parameters"] if entry["in"] == "path"}
    examples |= {"code": "no-such"} if path.endswith("/live") else {}
    required = [entry for entry in operation["parameters"] if entry["in"] == "query" and entry["required"]]
    query = "&".join(f"{entry['name']}={entry['example']}" for entry in required)
    return re.sub(r"\{(\w+)\}", lambda name: examples[name[1]], path) + (f"?{query}" if query else "")


def list_names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")}


async def send_preflight(client: httpx.AsyncClient, method: str, path: str, headers: str = "") -> httpx.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await client.options(path, headers=ORIGIN | asked)


def assert_readable(response: httpx.Response) -> None:
    headers = response.headers
    assert headers.get_list("access-control-allow-origin") == ["*"], (response.request, response.status_code)
    assert list_names(headers["access-control-expose-headers"]) >= EXPOSED
    assert "access-control-allow-credentials" not in headers
    seen = set(headers) - {"cache-control", "content-type", "content-length", "last-modified", "expires", "pragma"}
    ours = {"vary", "accept-ranges", "connection", "x-content-type-options", "content-encoding", "referrer-policy"}
    ours |= {"x-frame-options", "content-security-policy"}
    hidden = {name for name in seen - ours if not name.startswith("access-control-")} - list_names(
        headers["access-control-expose-headers"]
    )
    assert hidden == set(), response.request


@pytest.mark.parametrize(("method", "path", "operation"), WHOLE, ids=[f"{one[0]} {one[1]}" for one in WHOLE])
async def test_preflight_request_and_problems_agree(
    client: httpx.AsyncClient, app: FastAPI, method: str, path: str, operation: Mapping[str, Any]
) -> None:
    target = build_path(path, {"parameters": (), **operation})
    names = {entry["name"].lower() for entry in operation.get("parameters", ()) if entry["in"] == "header"}
    asked = {"authorization", "content-type", "accept-language", "x-request-id", "traceparent", *names}
    preflight = await send_preflight(client, method, target, ",".join(sorted(asked)))
    assert preflight.status_code == 204
    assert_readable(preflight)
    assert method in preflight.headers["access-control-allow-methods"].split(", ")
    assert asked <= list_names(preflight.headers["access-control-allow-headers"])

    all_scopes = bearer_headers(app, *Scope)
    invalid = {"content": b"{", "headers": ORIGIN | all_scopes | {"Content-Type": "application/xml"}}
    requests: list[dict[str, Any]] = [
        {"headers": ORIGIN},
        {"headers": {}},  # caches keep one response for all origins
        {"headers": ORIGIN | {"Authorization": "Bearer wrong"}},
        {"headers": ORIGIN | bearer_headers(app)},
        {"headers": ORIGIN | all_scopes | {"Accept": "image/x-none"}},
        {"headers": ORIGIN, "params": "unknown=1&unknown=2"},
        invalid if method != "GET" else {"headers": ORIGIN | all_scopes, "content": b"x"},
    ]
    statuses = set()
    for request in requests:
        response = await client.request(method, target, **request)
        statuses.add(response.status_code)
        assert_readable(response)
    assert len(statuses) >= (2 if path != "/oauth/token" else 1), statuses
    assert_readable(await client.request("PUT", target, headers=ORIGIN))  # 405
    assert_readable(await client.head(target, headers=ORIGIN))


@pytest.mark.parametrize("path", [*sorted(OPERATORS_PATHS), "/docs", "/docs/swagger-ui.css", "/health/unknown"])
async def test_operators_paths_have_no_cors_headers(client: httpx.AsyncClient, path: str) -> None:
    preflight = await send_preflight(client, "GET", path)
    for response in (preflight, await client.get(path, headers=ORIGIN), await client.post(path, headers=ORIGIN)):
        assert [name for name in response.headers if name.startswith("access-control-")] == []


def test_all_paths_of_the_contract_are_decided() -> None:
    assert {path for _, path, _ in OPERATIONS if not is_shared(path)} == OPERATORS_PATHS
    assert is_shared("/docsearch")
    assert is_shared("/v1/metrics")


@pytest.mark.parametrize("path", ["/v1/nothing", "/openapi.json", "/v1/regions/31?x=%ff", "/", "/problems/not_found"])
async def test_preflight_succeeds_whatever_the_request_is_answered_with(client: httpx.AsyncClient, path: str) -> None:
    """A failed preflight would show the page a network error instead of the problem."""
    assert (await send_preflight(client, "DELETE", path)).status_code == 204
    assert_readable(await client.get(path, headers=ORIGIN))


async def test_ordinary_options_request_is_no_preflight(client: httpx.AsyncClient) -> None:
    response = await client.options("/v1/regions", headers=ORIGIN)
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert_readable(response)


@pytest.fixture
async def limited_client(loaded_url: str) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(DATABASE_URL=loaded_url, rate_client=0.01, burst_client=1, body_limit=10)
    async with run_application(settings) as app, connect_client(app) as client:
        client.headers.update(ORIGIN | bearer_headers(app, *Scope))
        yield client


async def test_problems_of_the_limits_are_readable(limited_client: httpx.AsyncClient) -> None:
    responses = [
        await limited_client.post("/v1/regions", content=b"x" * 11),
        await limited_client.get("/v1/regions", params={"q": "x" * 9000}),
        await limited_client.get("/v1/regions", headers={"X-Large": "x" * 40_000}),
        *[await limited_client.get("/v1/regions") for _ in range(2)],
    ]
    assert [response.status_code for response in responses] == [413, 414, 431, 200, 429]
    for response in responses:
        assert_readable(response)
    assert (await send_preflight(limited_client, "GET", "/v1/regions")).status_code == 204  # it is not limited


async def test_problem_of_a_busy_worker_and_an_error_are_readable() -> None:
    async def failing_app(*_: object) -> None:
        raise RuntimeError("an error of the service")

    for app, status in (
        (CrossOriginMiddleware(RequestLimitsMiddleware(failing_app, RequestLimits(concurrency=0))), 503),
        (AccessLogMiddleware(CrossOriginMiddleware(failing_app)), 500),
    ):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            response = await client.get("/v1/regions", headers=ORIGIN)
            assert response.status_code == status
            assert response.headers["access-control-allow-origin"] == "*"
