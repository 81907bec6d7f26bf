"""A bound client gets the stored response to its own creation, also of an object with a generated id."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.writes.write_client import WriteClient


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/officials", {"name": "Siti"}),
        ("/v1/organizations", {"code": "panitia", "name": "Panitia", "kind": "agency", "parent": "kpu-31"}),
    ],
    ids=["generated id", "code"],
)
@pytest.mark.parametrize("is_deleted", [False, True])
async def test_bound_client_gets_its_own_response_again(
    app: FastAPI, client: Any, path: str, body: dict[str, Any], is_deleted: bool
) -> None:
    bound = WriteClient.create(app, client, organization="kpu-31")
    first = await bound.post(path, body, idempotency_key="k")
    assert first.status_code == 201
    if is_deleted:
        assert (await bound.delete(first.headers["location"])).status_code == 204
    again = await bound.post(path, body, idempotency_key="k")
    assert (again.status_code, again.content) == (201, first.content)
