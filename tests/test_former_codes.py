"""Every operation below the code of a region or an organization redirects a former code to the current one."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.core.http.openapi_components import list_operations
from app.main import create_app
from tests.callers import bearer_headers

ITEMS = {"/v1/regions/{code}": ("91.01", "93.01"), "/v1/organizations/{code}": ("kpu-91.01", "kpu-93.01")}
BODIES: dict[str, Any] = {"patch": {"json": {}}}


def list_operations_of_items() -> list[tuple[str, str, dict[str, Any]]]:
    document = create_app().openapi()
    return [
        (method, path, operation)
        for method, path, operation in list_operations(document)
        if any(path == item or path.startswith((f"{item}/", f"{item}:")) for item in ITEMS)
    ]


OPERATIONS = list_operations_of_items()


def test_there_are_operations() -> None:
    paths = {path for _, path, _ in OPERATIONS}
    assert {"/v1/regions/{code}/revisions", "/v1/organizations/{code}/officials"} < paths
    assert {method for method, _, _ in OPERATIONS} >= {"get", "patch", "delete"}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
async def test_operation_redirects_a_former_code(
    app: FastAPI, client: httpx.AsyncClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    former, current = next(codes for item, codes in ITEMS.items() if path.startswith(item))
    query = "?dry_run=true" if method != "get" else ""
    headers = {**bearer_headers(app, *Scope), "If-Match": "*"}
    response = await client.request(method, path.format(code=former) + query, headers=headers, **BODIES.get(method, {}))
    assert response.status_code == 308
    assert response.headers["location"] == path.format(code=current) + query
    assert response.headers["cache-control"] == ("public, max-age=86400" if method == "get" else "no-store")
    assert "308" in operation["responses"]
    followed = await client.request(method, response.headers["location"], headers=headers, **BODIES.get(method, {}))
    assert followed.status_code in (200, 204, 409)  # 409: it cannot be deleted, because others refer to it


@pytest.mark.parametrize("path", ["/v1/regions/91.01", "/v1/organizations/kpu-91.01"])
async def test_caller_without_the_scope_is_not_redirected(app: FastAPI, client: httpx.AsyncClient, path: str) -> None:
    for headers, status in (({}, 401), (bearer_headers(app, Scope.AUDIT_READ), 403)):
        assert (await client.delete(path, headers={**headers, "If-Match": "*"})).status_code == status
    stale = {**bearer_headers(app, *Scope), "Content-Type": "application/json"}
    assert (await client.patch(path, content=b"{}", headers=stale)).status_code == 428
