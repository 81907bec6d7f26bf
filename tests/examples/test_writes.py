"""What the OpenAPI document shows of operations that write is what they take and what they answer."""

from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from app.auth import Scope
from app.core.problems import MEDIA_TYPE
from tests import openapi
from tests.applications import get_application, get_contract
from tests.callers import bearer_headers

EXAMPLES = openapi.list_write_examples(get_application())
WRITES = {
    one["operationId"]: (method, one)
    for path, item in get_contract()["paths"].items()
    for method, one in item.items()
    if method != "get"
}
IN_USE = {"delete_region", "delete_official", "delete_election", "delete_meeting"}
"""Nothing of this kind in the reference data is referred to by nothing: that is what their examples are told."""
SCANS = {"check_in": {200, 201}, "check_in_batch": {207}}
"""What they are answered. They know no dry run: the same scan, sent again, is the same one."""
KEYLESS = {*SCANS, "reissue_badge", "annul_check_in", "close_roll", "confirm_correction"}
"""The id of a scan is its key; a badge is another one each time; the rest can be done but once."""
WORDLESS = {"reissue_badge"}
"""Of which there is nothing to be said."""
MATCHED = [name for name in EXAMPLES if WRITES[name][0] != "post"]
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
    """The example of an operation that writes, once with each media type that it takes."""
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


def check_shown(name: str, answer: httpx.Response, code: str) -> None:
    """The problem is as the document has it, but for what names the one request."""
    assert answer.json()["code"] == code, answer.text
    content = WRITES[name][1]["responses"][str(answer.status_code)]["content"][MEDIA_TYPE]
    document = content["examples"][code]["value"] if "examples" in content else content["example"]
    assert answer.json() | {"request_id": None} == document | {"request_id": None}


def test_each_has_an_example() -> None:
    assert set(WRITES) == {*EXAMPLES, "issue_token"}  # whose example does not show the client's own secret
    for name, (method, operation) in WRITES.items():
        assert ("requestBody" in operation) == (name not in WORDLESS)
        contents = operation.get("requestBody", {"content": {}})["content"].values()
        assert method == "delete" or all("example" in one for one in contents)
        if name in EXAMPLES:
            parameters = {one["name"]: one for one in operation["parameters"]}
            # So a first try in the explorer keeps nothing.
            assert name in SCANS or parameters["dry_run"]["example"] == "true"
            assert "If-Match" not in parameters or parameters["If-Match"]["example"] == "*"
            assert ("If-Match" in parameters) == (name in MATCHED)
            assert ("Idempotency-Key" in parameters) == (method == "post" and name not in KEYLESS)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_it_can_be_done(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for answer in await send(client, name, {**token, "If-Match": "*", "Idempotency-Key": "an example"}):
        if name in IN_USE:
            assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
        else:
            expected = {204} if WRITES[name][0] == "delete" else SCANS.get(name, {200})
            assert answer.status_code in expected, answer.text
        if name == "import_rows":
            assert {row["status"] for row in answer.json()["rows"]} == {"created"}


async def test_a_token_is_fetched_as_shown(client: httpx.AsyncClient, token: dict[str, str]) -> None:
    keyed = {**token, "Idempotency-Key": "an example"}
    made = (await client.post("/v1/clients", json=EXAMPLES["create_client"]["body"], headers=keyed)).json()
    (content,) = WRITES["issue_token"][1]["requestBody"]["content"].values()
    auth = httpx.BasicAuth(made["id"], made["client_secret"])
    answer = await client.post("/oauth/token", data=content["example"], auth=auth)
    assert (answer.status_code, answer.json()["scope"]) == (200, content["example"]["scope"])


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize(("code", "headers", "query"), PROVOKED)
async def test_a_problem_is_as_shown(
    client: httpx.AsyncClient, token: dict[str, str], name: str, code: str, headers: dict[str, str], query: str
) -> None:
    for answer in await send(client, name, {**token, "If-Match": "*", **headers}, query):
        check_shown(name, answer, code)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if WRITES[name][0] != "delete" and name not in WORDLESS])
async def test_another_media_type_is_told_as_shown(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for answer in await send(client, name, {**token, "If-Match": "*", "Content-Type": "text/html"}):
        check_shown(name, answer, "unsupported_media_type")


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in KEYLESS])
async def test_what_is_lacking_is_told_as_shown(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for answer in await send(client, name, token, ""):
        check_shown(name, answer, "precondition_required" if name in MATCHED else "idempotency_key_required")


@pytest.mark.parametrize("name", MATCHED)
async def test_what_has_changed_is_told_as_shown(client: httpx.AsyncClient, token: dict[str, str], name: str) -> None:
    for answer in await send(client, name, {**token, "If-Match": '"999.kenari"'}):
        check_shown(name, answer, "precondition_failed")


@pytest.mark.parametrize("name", EXAMPLES)
async def test_too_few_scopes_are_told(app: FastAPI, client: httpx.AsyncClient, name: str) -> None:
    """The detail names the scope that is lacking: the one that the contract says."""
    needed = [scope for one in WRITES[name][1]["security"] for scopes in one.values() for scope in scopes]
    scope = "officials:write" if name == "import_rows" else needed[0]  # there it is the resource's
    assert scope in needed
    others = [one for one in Scope if one != scope]
    for answer in await send(client, name, {**bearer_headers(app, *others), "If-Match": "*"}):
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert scope in answer.json()["detail"]
