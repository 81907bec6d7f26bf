import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.openapi import ProblemDocument
from app.core.problems import KINDS
from app.explorer.contract import contract
from app.main import TAGS, create_app
from tests import openapi

DOCUMENT: dict[str, Any] = json.loads(json.dumps(contract(create_app())))
OPERATIONS = {
    f"{method} {path}": operation for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
}


def answer_of(path: str) -> str:
    """The name of the schema of a path's answer."""
    content = OPERATIONS[f"get {path}"]["responses"]["200"]["content"].get("application/json", {})
    schema = content.get("schema", {})
    return str(schema.get("$ref", schema.get("anyOf", [{}])[0].get("$ref", ""))).rpartition("/")[2]


LISTS = [path for path in DOCUMENT["paths"] if answer_of(path).startswith("PageOf_")]
ITEMS = [path for path in DOCUMENT["paths"] if path.startswith("/v1/") and path.endswith("}")]
OF_A_DAY = ("regions", "organizations", "divisions", "officials", "stages", "meetings")


def every_object(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from every_object(inner)


def test_the_published_document_is_this_one() -> None:
    assert openapi.PUBLISHED.read_bytes() == openapi.current(), "if this is meant: uv run python -m tests.openapi"


async def test_the_service_shows_it(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json() == json.loads(openapi.PUBLISHED.read_text())


def test_all_resources_are_in_it() -> None:
    collections = {f"/v1/{resource}" for resource in (*OF_A_DAY, "elections")}
    meeting = "/v1/meetings/{code}"
    within = {"/v1/organizations/{code}/officials", f"{meeting}/sessions", f"{meeting}/attendance"}
    assert set(LISTS) == {*collections, *within, "/v1/search"}
    assert {path.rpartition("/")[0] for path in ITEMS} == {*collections, f"{meeting}/sessions"}
    others = {"/v1/today", "/v1/elections/{code}/tree", f"{meeting}/attendance/summary"}
    assert {path for path in DOCUMENT["paths"] if path.startswith("/v1/")} == {*LISTS, *ITEMS, *others}


@pytest.mark.parametrize("name", OPERATIONS)
class TestOperation:
    def test_is_introduced(self, name: str) -> None:
        operation = OPERATIONS[name]
        assert [tag for tag in TAGS if tag["name"] in operation["tags"]]
        assert len(operation["tags"]) == 1
        assert operation["summary"]
        assert len(operation["description"]) > 30

    def test_the_first_line_is_the_summary_and_not_said_twice(self, name: str) -> None:
        operation = OPERATIONS[name]
        assert operation["summary"] not in operation["description"]
        assert "\n" not in operation["summary"]
        assert len(operation["summary"]) > 7

    def test_answers_with_a_schema(self, name: str) -> None:
        content = OPERATIONS[name]["responses"]["200"].get("content", {})
        assert bool(content.get("application/json", {}).get("schema")) == (name != "get /metrics")  # which is no JSON

    def test_declares_its_problems(self, name: str) -> None:
        responses = OPERATIONS[name]["responses"]
        assert {"400", "408", "413", "414", "422", "431", "503"} <= set(responses)
        assert ("406" in responses) == ("/v1/" in name or name in ("get /", "get /problems", "get /problems/{code}"))
        assert ("404" in responses) == ("{" in name)
        for status, response in responses.items():
            if status not in ("200", "304", "308"):
                (media_type, content) = next(iter(response["content"].items()))
                assert (len(response["content"]), media_type) == (1, "application/problem+json")
                assert content["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}
                assert str(KINDS[content["example"]["code"]].status) == status

    def test_its_parameters_are_never_null(self, name: str) -> None:
        for parameter in OPERATIONS[name].get("parameters", ()):
            assert {"type": "null"} not in every_object(parameter["schema"])
            assert parameter["schema"]["type"] in ("string", "integer")
            needed = parameter["in"] == "path" or (name, parameter["name"]) == ("get /v1/search", "q")
            assert parameter["required"] == needed


class TestLists:
    @pytest.mark.parametrize("path", LISTS)
    def test_have_the_parameters_of_a_list(self, path: str) -> None:
        schemas = {one["name"]: one["schema"] for one in OPERATIONS[f"get {path}"]["parameters"]}
        assert {"page_size", "page_token", "q", "fields"} <= set(schemas)
        assert ("sort" in schemas) == (path != "/v1/search")
        assert ("as_of" in schemas) == (path.endswith(("/officials", *OF_A_DAY)))
        assert (schemas["page_size"]["minimum"], schemas["page_size"]["maximum"]) == (1, 200)
        assert schemas["page_size"]["default"] == 50
        assert schemas.get("as_of", {"format": "date"})["format"] == "date"
        names = schemas.get("sort", {"enum": []})["enum"]
        assert sorted(names) == sorted(
            turned for name in names if not name.startswith("-") for turned in (name, f"-{name}")
        )

    @pytest.mark.parametrize("path", LISTS)
    def test_show_their_own_filters_first(self, path: str) -> None:
        names = [one["name"] for one in OPERATIONS[f"get {path}"]["parameters"] if one["in"] == "query"]
        common = {"q", "sort", "page_size", "page_token", "fields"}
        assert [name in common for name in names] == sorted(name in common for name in names)

    @pytest.mark.parametrize("path", LISTS)
    def test_show_whole_documents_or_parts(self, path: str) -> None:
        schema = OPERATIONS[f"get {path}"]["responses"]["200"]["content"]["application/json"]["schema"]
        page = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert list(page["properties"]) == ["items", "next_page_token"]
        whole, part = (one["$ref"].rpartition("/")[2] for one in page["properties"]["items"]["items"]["anyOf"])
        schemas = DOCUMENT["components"]["schemas"]
        assert set(schemas[whole]["required"]) == set(schemas[whole]["properties"]) == set(schemas[part]["properties"])
        assert "required" not in schemas[part]


def test_parameters_are_described() -> None:
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (name, parameter["name"])


@pytest.mark.parametrize("path", [path for path in LISTS if path != "/v1/search"])
def test_an_order_says_what_it_is_without_asking(path: str) -> None:
    (sort,) = [one for one in OPERATIONS[f"get {path}"]["parameters"] if one["name"] == "sort"]
    assert f"By `{sort['schema']['enum'][0]}` where" in sort["description"]


def test_every_reference_leads_somewhere() -> None:
    names = {one["$ref"].rpartition("/")[2] for one in every_object(DOCUMENT) if isinstance(one.get("$ref"), str)}
    assert names <= set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("path", ["/v1/regions?colour=red", "/v1/regions/99", "/nowhere"])
async def test_a_problem_is_its_schema(client: httpx.AsyncClient, path: str) -> None:
    ProblemDocument.model_validate_json((await client.get(path)).content, strict=True, extra="forbid")


async def test_what_is_not_declared_does_not_happen(client: httpx.AsyncClient, app: FastAPI) -> None:
    for name in OPERATIONS:
        method, path = name.split()
        address = re.sub(r"{\w+}", "01a20c10-0ae2-7033-aa5d-2a6bfa807bee", path)
        for accept in ("application/json", "text/plain"):
            answer = await client.request(method.upper(), address, headers={"Accept": accept})
            assert str(answer.status_code) in OPERATIONS[name]["responses"], (name, accept)
