"""Each response header for clients is declared for its status, and those declared as required are sent."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.core.http.cors import EXPOSED_HEADERS
from app.main import create_app
from app.settings import Settings
from tests import openapi
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, run_application
from tests.examples.test_reads import ADDRESSES, OPERATIONS, ROLL, is_asked, provocations, ready
from tests.examples.test_writes import EXAMPLES, PROVOKED, WRITES, send

FOR_CLIENTS = {name.strip().lower() for name in EXPOSED_HEADERS.split(",")}
READS = [address for address in ADDRESSES if not address.endswith("/attendance/live")]  # that one never ends
PROBLEMS: list[tuple[dict[str, str], str]] = [
    *((headers, query) for _, headers, query in PROVOKED),
    ({"Content-Type": "text/html"}, "dry_run=true"),
    ({"If-Match": '"999.kenari"'}, "dry_run=true"),
    ({"If-Match": "", "Idempotency-Key": ""}, "dry_run=false"),
]


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    """An application that counts the requests of clients, so that it sends the headers of rate limits."""
    async for url in copy_template(server, LOADED):
        settings = Settings(DATABASE_URL=url, burst_client=100_000)
        async with run_application(settings) as app, openapi.prepare_examples(app, url):
            yield app


def check_headers(operation: dict[str, Any], response: httpx.Response) -> None:
    """Assert that the headers of a response are declared for its status, and that those required are there."""
    label = (operation["operationId"], response.status_code)
    declared = operation["responses"][str(response.status_code)]["headers"]
    names = {name.lower() for name in declared}
    assert FOR_CLIENTS & set(response.headers) <= names, (label, FOR_CLIENTS & set(response.headers) - names)
    required = {name.lower() for name, header in declared.items() if header.get("required")}
    assert required <= set(response.headers), (label, required - set(response.headers))
    for name, header in declared.items():
        allowed = header["schema"].get("enum", [response.headers.get(name)])
        assert response.headers.get(name, allowed[0]) in allowed, label


@pytest.mark.parametrize("address", READS)
async def test_headers_of_a_read_and_its_304(client: httpx.AsyncClient, token: dict[str, str], address: str) -> None:
    (operation,) = (operation for path, operation in OPERATIONS.items() if is_asked(path, address))
    response = await client.get(address, headers=ready(operation, token))
    assert response.status_code == 200
    check_headers(operation, response)
    if "304" in operation["responses"]:
        known = {**ready(operation, token), "If-None-Match": response.headers["ETag"]}
        unchanged = await client.get(address, headers=known)
        assert unchanged.status_code == 304
        check_headers(operation, unchanged)


@pytest.mark.parametrize(("path", "status", "address", "headers"), list(provocations()))
async def test_headers_of_a_problem_of_a_read(
    client: httpx.AsyncClient, token: dict[str, str], path: str, status: int, address: str, headers: dict[str, str]
) -> None:
    response = await client.get(address, headers={**ready(OPERATIONS[path], token), **headers})
    assert response.status_code == status
    check_headers(OPERATIONS[path], response)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_headers_of_a_write(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    headers = {**token, "If-Match": "*", "Idempotency-Key": "headers"}
    for changed, query in [({}, "dry_run=true"), *PROBLEMS]:
        for response in await send(client, name, headers | changed, query):
            check_headers(WRITES[name][1], response)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_headers_of_a_403(app: FastAPI, client: httpx.AsyncClient, name: str) -> None:
    for response in await send(client, name, {**bearer_headers(app, Scope.AUDIT_READ), "If-Match": "*"}):
        assert response.status_code == 403
        check_headers(WRITES[name][1], response)


@pytest.mark.parametrize("name", ["create_client_secret", "create_participants", "create_participants_in_office"])
async def test_headers_of_a_creation_without_an_etag(
    client: httpx.AsyncClient, token: dict[str, str], name: str
) -> None:
    [created] = await send(client, name, {**token, "Idempotency-Key": f"headers-of-{name}"}, "dry_run=false")
    assert (created.status_code, "ETag" in created.headers) == (201, False), created.text
    check_headers(WRITES[name][1], created)


async def test_headers_of_stored_writes(client: httpx.AsyncClient, token: dict[str, str]) -> None:
    """A creation, its repetition, a conflict, a change and a deletion."""
    region = EXAMPLES["create_region"]["body"]
    keyed = {**token, "Idempotency-Key": "headers-of-a-region"}
    created = await client.post("/v1/regions", json=region, headers=keyed)
    repeated = await client.post("/v1/regions", json=region, headers=keyed)
    exists = await client.post("/v1/regions", json=region, headers={**token, "Idempotency-Key": "another"})
    assert (created.status_code, repeated.status_code, exists.status_code) == (201, 201, 409)
    assert repeated.headers["Idempotency-Replayed"] == "true"
    address, tag = created.headers["Location"], created.headers["ETag"]
    changed = await client.patch(address, json={"capital": "Contoh"}, headers={**token, "If-Match": tag})
    stale = await client.delete(address, headers={**token, "If-Match": tag})
    deleted = await client.delete(address, headers={**token, "If-Match": changed.headers["ETag"]})
    assert (changed.status_code, stale.status_code, deleted.status_code) == (200, 412, 204)
    for name, responses in (
        ("create_region", (created, repeated, exists)),
        ("update_region", (changed,)),
        ("delete_region", (stale, deleted)),
    ):
        for response in responses:
            check_headers(WRITES[name][1], response)


async def test_headers_of_a_former_code(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/regions/91.01")
    assert response.status_code == 308
    check_headers(OPERATIONS["/v1/regions/{code}"], response)


@pytest.mark.parametrize("media_type", OPERATIONS[ROLL]["responses"]["200"]["content"])
async def test_headers_of_a_file(client: httpx.AsyncClient, media_type: str) -> None:
    response = await client.get(ROLL.format(code="rakornas-2022-06"), headers={"Accept": media_type})
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (200, media_type)
    check_headers(OPERATIONS[ROLL], response)


async def test_headers_of_the_token_endpoint(client: httpx.AsyncClient, token: dict[str, str]) -> None:
    keyed = {**token, "Idempotency-Key": "headers-of-a-token"}
    made = (await client.post("/v1/clients", json=EXAMPLES["create_client"]["body"], headers=keyed)).json()
    for secret, grant_type, status in (
        (made["client_secret"], "client_credentials", 200),
        (made["client_secret"], "password", 400),
        ("wrong", "client_credentials", 401),
    ):
        auth = httpx.BasicAuth(made["id"], secret)
        response = await client.post("/oauth/token", data={"grant_type": grant_type}, auth=auth)
        assert response.status_code == status
        check_headers(WRITES["issue_token"][1], response)


async def test_headers_of_too_many_requests(loaded_url: str) -> None:
    settings = Settings(DATABASE_URL=loaded_url, rate_client=0.001, burst_client=1)
    async with run_application(settings) as app, connect_client(app) as client:
        responses = [await client.get("/v1/regions", headers=bearer_headers(app, Scope.AUDIT_READ)) for _ in range(2)]
    assert responses[1].status_code == 429
    check_headers(OPERATIONS["/v1/regions"], responses[1])


async def test_headers_of_a_service_that_is_starting() -> None:
    async with connect_client(create_app(Settings())) as client:
        response = await client.get("/v1/regions", headers={"Authorization": "Bearer x"})
    assert response.status_code == 503
    check_headers(OPERATIONS["/v1/regions"], response)
