"""The examples of write operations in the OpenAPI document are accepted, and their problems are as documented."""

from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.core.problems import MEDIA_TYPE
from tests import openapi
from tests.applications import get_application, get_resolved_contract
from tests.callers import bearer_headers

EXAMPLES = openapi.list_write_examples(get_application())
WRITES = {
    entry["operationId"]: (method, entry)
    for path, item in get_resolved_contract()["paths"].items()
    for method, entry in item.items()
    if method != "get"
}
IN_USE = {"delete_region", "delete_official", "delete_election", "delete_meeting"}
"""Deletions whose example is 409: in the reference data, each object of these kinds is referred to."""
SCANS = {"check_in": {200, 201}, "check_in_batch": {207}}
"""The statuses of check-ins, which have no dry run: a repeated scan is the same scan."""
KEYLESS = {*SCANS, "reissue_badge", "annul_check_in", "close_roll", "confirm_correction"}
KEYLESS |= {"move_meeting", "reset_device"}
"""Operations without Idempotency-Key: the id of a scan is its key, a badge is new each time, others act only once."""
WORDLESS = {"reissue_badge"}
"""Operations without a request body."""
MATCHED = [name for name in EXAMPLES if WRITES[name][0] != "post" or name in ("close_roll", "move_meeting")]
PROVOKED: list[tuple[str, dict[str, str], str]] = [
    ("malformed", {}, "colour=%ff"),
    ("unauthenticated", {"Authorization": "Bearer x"}, "dry_run=true"),
    ("unauthenticated", {"Authorization": ""}, "dry_run=true"),
    ("not_acceptable", {"Accept": "image/png"}, "dry_run=true"),
    ("uri_too_long", {}, f"colour={'x' * 9000}"),
]


async def send(
    client: httpx.AsyncClient, name: str, headers: dict[str, str], query: str = "dry_run=true"
) -> list[httpx.Response]:
    """Send the example of a write operation, once with each media type that it accepts."""
    method, operation = WRITES[name]
    address: str = EXAMPLES[name]["address"]
    query = query if name not in SCANS or query != "dry_run=true" else ""
    address += f"{'&' if '?' in address else '?'}{query}" if query else ""
    kinds = operation.get("requestBody", {"content": {}})["content"].items()
    bodies = {kind: content["example"] for kind, content in kinds if "example" in content}
    return [
        await client.request(
            method, address, headers={k: v for k, v in {"Content-Type": kind, **headers}.items() if v}, content=body
        )
        for kind, body in {kind: as_bytes(body) for kind, body in bodies.items()}.items() or [("", b"")]
    ]


def as_bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else orjson.dumps(body)


def check_shown(name: str, response: httpx.Response, code: str) -> None:
    """Assert that a problem equals the documented one, except for the request id."""
    assert response.json()["code"] == code, response.text
    content = WRITES[name][1]["responses"][str(response.status_code)]["content"][MEDIA_TYPE]
    assert response.json() | {"request_id": None} == content["examples"][code]["value"] | {"request_id": None}


def test_each_write_operation_has_an_example() -> None:
    assert set(WRITES) == {*EXAMPLES, "issue_token"}  # whose example does not show the client's own secret
    for name, (method, operation) in WRITES.items():
        assert ("requestBody" in operation) == (name not in WORDLESS)
        contents = operation.get("requestBody", {"content": {}})["content"].values()
        texts = [entry for entry in contents if entry["schema"].get("format") != "binary"]
        assert method == "delete" or all("example" in entry for entry in texts)
        if name in EXAMPLES:
            parameters = {entry["name"]: entry for entry in operation["parameters"]}
            # So a first try in the explorer keeps nothing.
            assert name in SCANS or parameters["dry_run"]["example"] == "true"
            assert "If-Match" not in parameters or parameters["If-Match"]["example"] == "*"
            assert ("If-Match" in parameters) == (name in MATCHED)
            assert ("Idempotency-Key" in parameters) == (method == "post" and name not in KEYLESS)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_dry_run_of_the_example_succeeds(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for response in await send(client, name, {**token, "If-Match": "*", "Idempotency-Key": "an example"}):
        if name in IN_USE:
            assert (response.status_code, response.json()["code"]) == (409, "in_use")
        else:
            expected = {204} if WRITES[name][0] == "delete" else SCANS.get(name, {200})
            assert response.status_code in expected, response.text
        if name == "import_rows":
            assert {row["status"] for row in response.json()["rows"]} == {"created"}


async def test_token_request_works_as_documented(client: httpx.AsyncClient, token: dict[str, str]) -> None:
    keyed = {**token, "Idempotency-Key": "an example"}
    made = (await client.post("/v1/clients", json=EXAMPLES["create_client"]["body"], headers=keyed)).json()
    (content,) = WRITES["issue_token"][1]["requestBody"]["content"].values()
    auth = httpx.BasicAuth(made["id"], made["client_secret"])
    response = await client.post("/oauth/token", data=content["example"], auth=auth)
    assert (response.status_code, response.json()["scope"]) == (200, content["example"]["scope"])


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(("code", "headers", "query"), PROVOKED)
async def test_problem_equals_the_documented_one(
    client: httpx.AsyncClient, token: dict[str, str], name: str, code: str, headers: dict[str, str], query: str
) -> None:
    for response in await send(client, name, {**token, "If-Match": "*", **headers}, query):
        check_shown(name, response, code)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if WRITES[name][0] != "delete" and name not in WORDLESS])
async def test_415_equals_the_documented_one(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for response in await send(client, name, {**token, "If-Match": "*", "Content-Type": "text/html"}):
        check_shown(name, response, "unsupported_media_type")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in KEYLESS or name in MATCHED])
async def test_missing_precondition_or_key_equals_the_documented_problem(
    client: httpx.AsyncClient, token: dict[str, str], name: str
) -> None:
    for response in await send(client, name, token, ""):
        check_shown(name, response, "precondition_required" if name in MATCHED else "idempotency_key_required")


@pytest.mark.parametrize("name", MATCHED)
async def test_412_equals_the_documented_one(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for response in await send(client, name, {**token, "If-Match": '"999.kenari"'}):
        check_shown(name, response, "precondition_failed")


@pytest.mark.parametrize("name", EXAMPLES)
async def test_403_names_the_missing_scope(app: FastAPI, client: httpx.AsyncClient, name: str) -> None:
    """The detail names the missing scope, which is the declared one."""
    needed = [scope for entry in WRITES[name][1]["security"] for scopes in entry.values() for scope in scopes]
    scope = "officials:write" if name == "import_rows" else needed[0]  # there it is the resource's
    assert scope in needed
    others = [entry for entry in Scope if entry != scope]
    for response in await send(client, name, {**bearer_headers(app, *others), "If-Match": "*"}):
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
        assert scope in response.json()["detail"]
