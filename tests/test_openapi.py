import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.http.openapi import ProblemDocument
from app.core.http.openapi_components import is_anonymous
from app.core.problems import PROBLEM_TYPES
from app.main import TAGS
from tests import openapi
from tests.applications import get_resolved_contract
from tests.for_each import for_each

DOCUMENT = get_resolved_contract()
OPERATIONS = {
    f"{method} {path}": operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}


def answer_of(path: str) -> str:
    """Return the name of the response schema of GET on a path; an empty text without one."""
    operation = OPERATIONS.get(f"get {path}", {"responses": {"200": {"content": {}}}})
    content = operation["responses"]["200"]["content"].get("application/json", {})
    schema = content.get("schema", {})
    return str(schema.get("$ref", schema.get("anyOf", [{}])[0].get("$ref", ""))).rpartition("/")[2]


LISTS = [path for path in DOCUMENT["paths"] if "Page" in answer_of(path)]
ITEMS = [path for path in DOCUMENT["paths"] if path.endswith("}") and f"get {path}" in OPERATIONS and "/v1/" in path]
REVISIONS = [path for path in LISTS if path.endswith("/revisions")]
MEETING = "/v1/meetings/{code}"
BY_GATES = (f"{MEETING}/check-ins", f"{MEETING}/corrections", f"{MEETING}/devices")
OF_A_DAY = ("regions", "organizations", "divisions", "officials", "appointments", "stages", "meetings")
ROLL, STREAM = f"{MEETING}/attendance", "text/event-stream"
RECORD = f"{ROLL}/{{participant}}"
PERSONAL = (f"{MEETING}/participants", f"{MEETING}/badges", f"{MEETING}/gate-pack", RECORD, *BY_GATES)
SCANS = {f"post {MEETING}/check-ins", f"post {MEETING}/check-ins:batch"}
"""Scans have an id from the device, so they need no Idempotency-Key and have no dry run."""
MEETING_CHANGES = {f"post {MEETING}{action}" for action in (":close-roll", ":move")}
"""They change the meeting, so they need If-Match."""
BADGE = f"post {MEETING}/participants/{{id}}/badge"
ONCE = {
    f"post {MEETING}{action}"
    for action in ("/check-ins/{scan}:annul", "/corrections/{id}:confirm", "/devices/{device}:reset")
}
"""Actions that have an effect only once: repeating them changes nothing."""


def codes_of(content: dict[str, Any]) -> set[str]:
    """Return the problem codes among the examples of a response."""
    return {entry["value"]["code"] for entry in content["examples"].values()}


def codes_in(operation: dict[str, Any], status: str) -> set[str]:
    return codes_of(operation["responses"][status]["content"]["application/problem+json"])


def every_object(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every_object(inner)


def test_published_document_is_current() -> None:
    assert openapi.CONTRACT_FILE.read_bytes() == openapi.build_contract(), (
        "if this is meant: uv run python -m tests.openapi"
    )


async def test_service_serves_the_document(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json() == json.loads(openapi.CONTRACT_FILE.read_text())


def test_document_contains_all_resources() -> None:
    collections = {f"/v1/{resource}" for resource in (*OF_A_DAY, "elections", "clients")}
    parts = {f"{MEETING}/{part}" for part in ("sessions", "statements", "participants")}
    within = {"/v1/organizations/{code}/officials", ROLL, *BY_GATES, "/v1/audit", "/v1/audit/roots"}
    assert set(LISTS) == {*collections, *parts, *within, *REVISIONS, "/v1/search"}
    assert {path.rpartition("/")[0] for path in ITEMS} == collections | parts | {ROLL, "/v1/rolls"}
    # What is set by hand stands in the participant's revisions; a digest has none.
    without = {"/v1/clients/{id}/revisions", f"{RECORD}/revisions", "/v1/rolls/{digest}/revisions"}
    assert set(REVISIONS) == {f"{path}/revisions" for path in ITEMS} - without
    secrets = {"/v1/clients/{id}/secrets", "/v1/clients/{id}/secrets/{secret}"}
    done = {"/v1/appointments:succeed", "/v1/imports", *secrets}
    done |= {name.removeprefix("post ") for name in (*SCANS, *ONCE, *MEETING_CHANGES, BADGE)}
    done |= {f"{MEETING}/participants:batch", f"{MEETING}/participants:in-office"}
    others = {"/v1/today", "/v1/elections/{code}/tree", f"{ROLL}/summary", f"{ROLL}/live", f"{MEETING}/quorum"}
    others |= {f"{MEETING}/{name}" for name in ("badges", "badge-key", "gate-pack")}
    assert {path for path in DOCUMENT["paths"] if path.startswith("/v1/")} == {*LISTS, *ITEMS, *others, *done}


def test_each_resource_has_write_operations() -> None:
    for path in ITEMS:
        methods = set(DOCUMENT["paths"][path]) | set(DOCUMENT["paths"].get(path.rpartition("/")[0], ()))
        # Who came follows from the list and the scans: it is never made and never gone. Nor does anyone write a digest.
        fewer = {RECORD: {"get", "patch"}, "/v1/rolls/{digest}": {"get"}}
        assert methods == fewer.get(path, {"get", "post", "patch", "delete"}), path


@for_each(OPERATIONS)
def test_operation_has_a_summary_and_description(name: str) -> None:
    operation = OPERATIONS[name]
    assert [tag for tag in TAGS if tag["name"] in operation["tags"]]
    assert len(operation["tags"]) == 1
    assert operation["summary"]
    assert len(operation["description"]) >= 20


@for_each(OPERATIONS)
def test_summary_is_not_repeated_in_the_description(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"] not in operation["description"]
    assert "\n" not in operation["summary"]
    assert len(operation["summary"]) > 7


@for_each(OPERATIONS)
def test_operation_declares_a_response_schema(name: str) -> None:
    responses = OPERATIONS[name]["responses"]
    good = [responses[status] for status in responses if status < "300"]
    assert len(good) == (2 if {"201", "202"} & set(responses) else 1)
    for answer in good:
        content = answer.get("content", {})
        schema = content.get(STREAM if name == f"get {ROLL}/live" else "application/json", {}).get("schema")
        assert bool(schema) == (name != "get /metrics" and not name.startswith("delete"))  # no JSON, no body


@for_each(OPERATIONS)
def test_operation_declares_its_problems(name: str) -> None:
    responses = OPERATIONS[name]["responses"]
    assert {"400", "401", "408", "413", "414", "422", "429", "431", "503"} <= set(responses)
    assert ("406" in responses) == ("/v1/" in name or name in ("get /", "get /problems", "get /problems/{code}"))
    assert ("404" in responses) == ("{" in name or name in ("get /metrics", "post /v1/imports"))
    for status, response in responses.items():
        # The token endpoint tells what is wrong with a request in OAuth's own form.
        if status >= "400" and (name, status) not in (("post /oauth/token", "400"), ("post /oauth/token", "401")):
            ((media_type, content),) = response["content"].items()
            assert media_type == "application/problem+json"
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}
            for code in codes_of(content):
                assert str(PROBLEM_TYPES[code].status) == status


@for_each(OPERATIONS)
def test_restricted_operation_declares_its_scopes(name: str) -> None:
    operation = OPERATIONS[name]
    closed = not is_anonymous(operation)
    writes = not name.startswith("get ") and name != "post /oauth/token"
    assert closed == (writes or name.partition("get ")[2].startswith(("/v1/clients", "/v1/audit", *PERSONAL)))
    if closed:
        ((scheme, scopes),) = operation["security"][0].items()
        flow = DOCUMENT["components"]["securitySchemes"][scheme]["flows"]["clientCredentials"]
        assert set(scopes) <= set(flow["scopes"])
        assert scopes
        assert "unauthenticated" in codes_in(operation, "401")
        assert "insufficient_scope" in codes_in(operation, "403")
        assert codes_in(operation, "429") == {"too_many_requests"}
    else:
        assert ("403" in operation["responses"]) == (name in (f"get {ROLL}", f"get {MEETING}/quorum"))


@for_each(OPERATIONS)
def test_write_operation_declares_its_problems(name: str) -> None:
    operation = OPERATIONS[name]
    method, path = name.split()
    headers = {entry["name"] for entry in operation.get("parameters", ()) if entry["in"] == "header"}
    if method == "get" or path == "/oauth/token":
        assert not {"If-Match", "Idempotency-Key"} & headers
        return
    if name == BADGE:  # there is nothing to be said of it, and each time it is another one
        assert not headers
        assert "requestBody" not in operation
        assert "outside_organization" in codes_in(operation, "403")
        return
    kinds = "text/csv" if path == "/v1/imports" else "application/json"
    content = operation["requestBody"]["content"]
    if method == "patch":
        assert list(content) == ["application/merge-patch+json", "application/json"]
        assert content["application/json"] == content["application/merge-patch+json"]
    else:
        assert kinds in content
    may_be_silent = method == "delete" or (name in ONCE and not name.endswith((":annul", ":reset")))
    assert operation["requestBody"].get("required", False) != may_be_silent
    assert codes_in(operation, "415") == {"unsupported_media_type"}
    assert {"invalid_parameters", "invalid_content"} <= codes_in(operation, "422")
    assert ("outside_organization" in codes_in(operation, "403")) == (name not in SCANS)
    if name in ONCE | SCANS:
        assert not headers
    elif method == "post" and name not in MEETING_CHANGES:
        assert headers == {"Idempotency-Key"}
        assert {"malformed", "idempotency_key_required"} <= codes_in(operation, "400")
        assert "idempotency_key_reused" in codes_in(operation, "422")
        assert "request_in_flight" in codes_in(operation, "409")
    else:
        assert headers == {"If-Match"}
        assert codes_in(operation, "428") == {"precondition_required"}
        assert codes_in(operation, "412") == {"precondition_failed"}


@for_each(OPERATIONS)
def test_parameters_are_not_nullable(name: str) -> None:
    for parameter in OPERATIONS[name].get("parameters", ()):
        assert {"type": "null"} not in every_object(parameter["schema"])
        assert parameter["schema"]["type"] in ("string", "integer")
        needed = {("get /v1/search", "q"), ("post /v1/imports", "resource")}
        required = parameter["in"] == "path" or parameter["name"] == "If-Match"
        assert parameter["required"] == (required or (name, parameter["name"]) in needed)


def test_parameters_have_descriptions() -> None:
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (name, parameter["name"])


def test_schema_names_are_words_and_equal_their_titles() -> None:
    """Generators of clients name classes by them."""
    schemas = DOCUMENT["components"]["schemas"]
    assert {name: schema["title"] for name, schema in schemas.items()} == {name: name for name in schemas}
    assert all(re.fullmatch("[A-Z][A-Za-z]+", name) for name in schemas)


@pytest.mark.parametrize("path", ["/v1/regions?colour=red", "/v1/regions/99", "/nowhere"])
async def test_problem_examples_validate_against_the_schema(client: httpx.AsyncClient, path: str) -> None:
    ProblemDocument.model_validate_json((await client.get(path)).content, strict=True, extra="forbid")


async def test_only_declared_problems_occur(client: httpx.AsyncClient, app: FastAPI) -> None:
    for name in OPERATIONS:
        method, path = name.split()
        address = re.sub(r"{\w+}", "01a20c10-0ae2-7033-aa5d-2a6bfa807bee", path)
        for accept in ("application/json", "text/plain"):
            answer = await client.request(method.upper(), address, headers={"Accept": accept})
            assert str(answer.status_code) in OPERATIONS[name]["responses"], (name, accept)
