"""Behind a proxy with a path prefix: every address in every response has it, whether or not the proxy removes it."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.auth import Scope as AccessScope
from app.core.http.root_path import remove_prefix
from app.settings import Settings
from tests.callers import bearer_headers
from tests.conftest import run_application

PREFIX = "/layanan/rakornas"
ISSUER = f"https://kpu.example{PREFIX}"
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}
MAX_PER_ROUTE = 3  # addresses of one kind that are followed; all are checked
STARTS = (
    "/",
    "/docs",
    "/openapi.json",
    "/.well-known/oauth-authorization-server",
    "/v1/regions?page_size=2",
    "/v1/regions/91.01",
    "/v1/elections/pemilu-2024",
    "/v1/search?q=jakarta",
    "/v1/regions/99",
    "/v1/regions?colour=red",
    "/v1/meetings/rakornas-2022-06/attendance?page_size=1",
    "/nothing",
)


class Proxy:
    """A proxy that serves the application under the prefix only, with or without removing it from the path."""

    def __init__(self, app: ASGIApp, *, removes_prefix: bool) -> None:
        self.app = app
        self.removes_prefix = removes_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert f"{scope['path']}/".startswith(f"{PREFIX}/"), f"{scope['path']} is not an address behind the proxy"
        if self.removes_prefix:
            raw_path = scope["raw_path"].removeprefix(PREFIX.encode())
            scope = {**scope, "path": scope["path"].removeprefix(PREFIX) or "/", "raw_path": raw_path or b"/"}
        await self.app(scope, receive, send)


@pytest_asyncio.fixture
async def app(own_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=own_url, issuer=ISSUER)) as app:
        yield app


@pytest.fixture(params=[True, False], ids=["removed", "passed on"])
def client(app: FastAPI, request: pytest.FixtureRequest) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Proxy(app, removes_prefix=request.param))
    return httpx.AsyncClient(transport=transport, base_url="https://kpu.example", headers={"Accept-Language": "en"})


def list_addresses(response: httpx.Response) -> Iterator[str]:
    """Yield the addresses of this service in the headers and the body of a response, as paths."""
    if location := response.headers.get("location"):
        yield location
    yield from re.findall(r"<([^>]+)>", response.headers.get("link", ""))
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html"):
        found = re.findall(r"""(?:src|href)=["']([^"'#]+)["']|url: ["']([^"']+)["']""", response.text)
        yield from (urljoin(response.request.url.path, address) for pair in found for address in pair if address)
    elif "json" in kind and response.content:
        yield from list_addresses_in_document(response.json())


def list_addresses_in_document(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in ("pointer", "paths"):
                yield from list_addresses_in_document(value)
        for item in node.get("paths", {}).values():
            yield from list_addresses_in_document(item)
    elif isinstance(node, list):
        for value in node:
            yield from list_addresses_in_document(value)
    elif isinstance(node, str):
        if node.startswith("https://kpu.example"):
            yield node.removeprefix("https://kpu.example")
        elif re.match(r"/\w", node):
            yield node
        yield from re.findall(r"\]\((/[^)]*)\)", node)


def to_kind(address: str) -> str:
    """Return what the addresses of one kind have in common: the path without digits, ids and codes."""
    parts = urlsplit(address)
    return re.sub(r"[0-9a-f-]{36}|[\d.]+", "#", "/".join(parts.path.split("/")[:6])) + "?" * bool(parts.query)


async def test_every_address_in_every_response_works(client: httpx.AsyncClient) -> None:
    waiting = [PREFIX + path for path in STARTS]
    seen, followed, per_kind = set(waiting), set[str](), Counter[str]()
    while waiting:
        address = waiting.pop()
        response = await client.get(address, headers=BROWSER if address.endswith(("/docs", "/problems")) else {})
        assert response.status_code < 500, address
        if address.removeprefix(PREFIX) not in STARTS and not address.endswith("/oauth/token"):
            assert response.status_code in (200, 308, 401, 422), (address, response.status_code)
        followed.add(address)
        for found in list_addresses(response):
            assert found == PREFIX or found.startswith(f"{PREFIX}/"), (address, found)
            per_kind[to_kind(found)] += 1
            if found not in seen and per_kind[to_kind(found)] <= MAX_PER_ROUTE:
                seen.add(found)
                waiting.append(found)
    expected = ("/v1/stages?election=pemilu-2024", "/problems/not_found", "/oauth/token", "/docs/swagger-ui.css")
    assert {PREFIX + path for path in expected} <= followed
    assert len(followed) > 60


async def test_written_objects_and_conflicts_are_named_with_the_prefix(app: FastAPI, client: httpx.AsyncClient) -> None:
    headers = {**bearer_headers(app, AccessScope.ELECTIONS_WRITE), "Idempotency-Key": "a"}
    election = {"code": "pemilu-2029", "name": "Pemilihan Umum 2029", "kind": "general"}
    for _ in range(2):  # the second is the stored response
        created = await client.post(f"{PREFIX}/v1/elections", json=election, headers=headers)
        assert created.status_code == 201, created.text
        assert created.headers["location"] == f"{PREFIX}/v1/elections/pemilu-2029"
        assert created.json()["stages_url"] == f"{PREFIX}/v1/stages?election=pemilu-2029"
    conflict = await client.post(f"{PREFIX}/v1/elections", json=election, headers={**headers, "Idempotency-Key": "b"})
    assert conflict.json()["type"] == f"{PREFIX}/problems/already_exists"
    assert conflict.json()["errors"][0]["address"] == f"{PREFIX}/v1/elections/pemilu-2029"


async def test_contract_states_the_prefix_as_server_and_in_the_token_url(client: httpx.AsyncClient) -> None:
    contract = (await client.get(f"{PREFIX}/openapi.json")).json()
    assert [server["url"] for server in contract["servers"]] == [PREFIX]
    flow = contract["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == f"{PREFIX}/oauth/token"
    assert "/v1/regions" in contract["paths"]


async def test_metadata_of_the_issuer(app: FastAPI, client: httpx.AsyncClient) -> None:
    """RFC 8414, section 3: clients insert the well-known path between the host and the path of the issuer."""
    metadata = (await client.get(f"{PREFIX}/.well-known/oauth-authorization-server")).json()
    assert (metadata["issuer"], metadata["token_endpoint"]) == (ISSUER, f"{ISSUER}/oauth/token")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://kpu.example") as direct:
        inserted = await direct.get(f"/.well-known/oauth-authorization-server{PREFIX}")
        assert inserted.json() == metadata
        other = await direct.get("/.well-known/oauth-authorization-server/other")
        assert (other.status_code, other.json()["type"]) == (404, f"{PREFIX}/problems/not_found")


@pytest.mark.parametrize(
    ("path", "raw_path", "expected"),
    [
        (f"{PREFIX}/v1/regions", f"{PREFIX}/v1/regions".encode(), ("/v1/regions", b"/v1/regions")),
        ("/v1/regions", b"/v1/regions", ("/v1/regions", b"/v1/regions")),
        (PREFIX, PREFIX.encode(), ("/", b"/")),
        (f"{PREFIX}/", f"{PREFIX}/".encode(), ("/", b"/")),
        (f"{PREFIX}x/v1", f"{PREFIX}x/v1".encode(), (f"{PREFIX}x/v1", f"{PREFIX}x/v1".encode())),
        (f"{PREFIX}/v1/é", f"{PREFIX}/v1/%C3%A9".encode(), ("/v1/é", b"/v1/%C3%A9")),
        (f"{PREFIX}{PREFIX}/v1", f"{PREFIX}{PREFIX}/v1".encode(), (f"{PREFIX}/v1", f"{PREFIX}/v1".encode())),
    ],
)
def test_prefix_is_removed_once_and_only_as_whole_segments(
    path: str, raw_path: bytes, expected: tuple[str, bytes]
) -> None:
    scope = remove_prefix({"type": "http", "path": path, "raw_path": raw_path}, PREFIX)
    assert (scope["path"], scope["raw_path"]) == expected


class TestSettings:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({}, ("http://127.0.0.1:8000", "")),
            ({"issuer": "https://kpu.example"}, ("https://kpu.example", "")),
            ({"issuer": "https://kpu.example/a/b"}, ("https://kpu.example/a/b", "/a/b")),
            ({"root_path": "/a.1/b-c"}, ("http://127.0.0.1:8000/a.1/b-c", "/a.1/b-c")),
            ({"issuer": "https://kpu.example/a", "root_path": "/a"}, ("https://kpu.example/a", "/a")),
        ],
    )
    def test_issuer_and_root_path_complete_each_other(self, values: Any, expected: tuple[str, str]) -> None:
        settings = Settings(**values)
        assert (settings.issuer, settings.root_path) == expected

    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            *(({"root_path": path}, "must be a path") for path in ("a", "/a/", "/", "/a//b", "/..", "/a b", "/a%20")),
            *(({"root_path": path}, "must not begin with") for path in ("/v1", "/docs/a", "/health", "/oauth")),
            ({"issuer": "https://kpu.example", "root_path": "/a"}, "must be the path of RAKORNAS_ISSUER"),
            ({"issuer": "https://kpu.example/b", "root_path": "/a"}, "must be the path of RAKORNAS_ISSUER"),
        ],
    )
    def test_other_root_paths_are_refused(self, values: Any, reason: str) -> None:
        with pytest.raises(ValidationError, match=reason) as raised:
            Settings(**values)
        assert [error["loc"] for error in raised.value.errors()] == [("root_path",)]
