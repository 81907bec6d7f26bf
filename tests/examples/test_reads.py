"""The examples of GET operations in the OpenAPI document and its introduction equal the responses of the service."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from app.core.http.examples import extract_parameters
from app.core.http.openapi_components import is_anonymous
from app.core.problems import MEDIA_TYPE
from app.explorer.contract import INTRODUCTION_FILE, load_example_responses
from tests import openapi
from tests.applications import get_application, get_resolved_contract
from tests.conftest import fetch_value

ADDRESSES = openapi.list_read_examples(get_application())
OPERATIONS: dict[str, dict[str, Any]] = {
    path: item["get"] for path, item in get_resolved_contract()["paths"].items() if "get" in item
}
ROLL = "/v1/meetings/{code}/attendance"
UNKNOWN = {(ROLL, "session"), ("/v1/meetings/{code}/participants", "session"), ("/v1/audit", "client")}
"""Parameters whose example has no results, such as `session`: no source states who attended which class."""
NOWHERE = {**dict.fromkeys(("id", "participant"), "01a20c10-0000-7000-8000-000000000000"), "digest": "f" * 64}
LINKS = re.findall(r"\]\(([^)]+)\)", INTRODUCTION_FILE.read_text())
ANNOUNCED = {"/v1/regions/91.01": 308, "/v1/regions?colour=red": 422}


def address_of(path: str, given: dict[str, str]) -> str:
    inside = {name: value for name, value in given.items() if f"{{{name}}}" in path}
    rest = {name: value for name, value in given.items() if name not in inside}
    return path.format(**inside) + (f"?{urlencode(rest)}" if rest else "")


def is_asked(path: str, address: str) -> bool:
    """Return whether an address belongs to the operation of this path; the path with the fewest variables wins."""
    fit = (entry for entry in OPERATIONS if re.fullmatch(re.sub(r"{\w+}", "[^/]+", entry), address.partition("?")[0]))
    return path == min(fit, key=lambda entry: entry.count("{"))


def example_of(path: str) -> dict[str, str]:
    """Return the parameters of an operation's example."""
    (address,) = [entry for entry in ADDRESSES if is_asked(path, entry)]
    return extract_parameters(path, address)


def ready(operation: dict[str, Any], token: dict[str, str]) -> dict[str, str]:
    """Return the headers of the token if the operation requires one."""
    return {} if is_anonymous(operation) else token


def parameters() -> Iterator[tuple[str, str, str]]:
    """Yield (path, name, example) of each optional parameter."""
    for path, operation in OPERATIONS.items():
        for entry in operation.get("parameters", ()):
            # What was known at an instant is another thing in each installation.
            if entry["in"] == "query" and entry["name"] not in ("page_token", "known_at"):
                yield path, entry["name"], str(entry.get("example", *entry["schema"].get("examples", ())))


def provocations() -> Iterator[tuple[str, int, str, dict[str, str]]]:
    """Yield (path, status, address, headers) of a request for each declared problem of each operation."""
    for path, operation in OPERATIONS.items():
        given = example_of(path)
        address = address_of(path, given)
        mark = "&" if "?" in address else "?"
        last = (re.findall(r"{(\w+)}", path) or [""])[-1]
        nowhere = NOWHERE.get(last, "nowhere")
        # The metrics are for other networks than that of a proxy.
        elsewhere = {"X-Forwarded-For": "203.0.113.7"} if path == "/metrics" else {}
        requests: dict[str, tuple[str, dict[str, str]]] = {
            "400": (f"{address}{mark}colour=%ff", {}),
            "401": (address, {"Authorization": "Bearer x"}),
            "404": (address_of(path, given | {last: nowhere} if last else given), elsewhere),
            "406": (address, {"Accept": "image/avif"}),
            "414": (f"{address}{mark}colour={'x' * 9000}", {}),
            "422": (f"{address}{mark}colour=red", {}),
        }
        for status, (request, headers) in requests.items():
            if status in operation["responses"]:
                yield path, int(status), request, headers


def without_request(problem: dict[str, Any]) -> dict[str, Any]:
    """Return a problem without what depends on the request: its id, and the parameters of its operation."""
    errors = [
        entry | {"detail": entry["detail"].partition(" Known: ")[0]} if entry["code"] == "unknown_parameter" else entry
        for entry in problem["errors"]
    ]
    return problem | {"request_id": None, "errors": errors}


def shown(operation: dict[str, Any], status: int, code: str) -> Any:
    """Return the documented problem, without the request id."""
    content = operation["responses"][str(status)]["content"][MEDIA_TYPE]
    return without_request(content["examples"][code]["value"])


class TestReadExamples:
    def test_each_operation_has_one_example_with_a_response(self) -> None:
        assert len(ADDRESSES) == len(set(ADDRESSES)) == len(OPERATIONS)
        assert set(load_example_responses()) == set(ADDRESSES)
        for path in OPERATIONS:
            example_of(path)

    @pytest.mark.parametrize("address", ADDRESSES)
    async def test_response_equals_the_example(self, app: FastAPI, client: httpx.AsyncClient, address: str) -> None:
        response = await openapi.fetch_example_response(app, client, address)
        assert response == load_example_responses()[address], "if this is meant: uv run python -m tests.openapi"
        assert response
        assert "items" not in response or response["items"]

    @pytest.mark.parametrize("path", OPERATIONS)
    def test_document_contains_the_example_response(self, path: str) -> None:
        """Only the JSON media type has an example."""
        contents = OPERATIONS[path]["responses"]["200"]["content"]
        (content,) = (entry for entry in contents.values() if "example" in entry)
        assert content == contents.get("application/json", content)
        assert (
            content["example"] == load_example_responses()[next(entry for entry in ADDRESSES if is_asked(path, entry))]
        )

    @pytest.mark.parametrize(("path", "name", "value"), list(parameters()))
    async def test_parameter_example_has_results(
        self, client: httpx.AsyncClient, token: dict[str, str], path: str, name: str, value: str
    ) -> None:
        needed = {entry["name"] for entry in OPERATIONS[path]["parameters"] if entry["required"]} | {"as_of"}
        given = {key: of for key, of in example_of(path).items() if key in needed} | {name: value}
        response = await client.get(address_of(path, given), headers=ready(OPERATIONS[path], token))
        assert response.status_code == 200, response.text
        if "items" in response.json():
            assert bool(response.json()["items"]) == ((path, name) not in UNKNOWN)

    @pytest.mark.parametrize(
        "path", [path for path in OPERATIONS if "page_token" in str(OPERATIONS[path].get("parameters"))]
    )
    async def test_page_token_continues_the_example(
        self, client: httpx.AsyncClient, token: dict[str, str], path: str
    ) -> None:
        """The pages are those of the example request."""
        given, headers = example_of(path) | {"page_size": "1"}, ready(OPERATIONS[path], token)
        whole = (await client.get(address_of(path, given | {"page_size": "2"}), headers=headers)).json()["items"]
        first = (await client.get(address_of(path, given), headers=headers)).json()
        if len(whole) == 1:
            assert first["next_page_token"] is None
            return
        page_token = first["next_page_token"]
        rest = await client.get(address_of(path, given | {"page_token": page_token}), headers=headers)
        assert first["items"] + rest.json()["items"] == whole


class TestProblemExamples:
    @pytest.mark.parametrize(("path", "status", "address", "headers"), list(provocations()))
    async def test_problem_equals_the_documented_one(
        self,
        client: httpx.AsyncClient,
        token: dict[str, str],
        path: str,
        status: int,
        address: str,
        headers: dict[str, str],
    ) -> None:
        response = await client.get(address, headers={**ready(OPERATIONS[path], token), **headers})
        assert response.status_code == status, response.text
        assert without_request(response.json()) == shown(OPERATIONS[path], status, response.json()["code"])

    async def test_restricted_roll_returns_the_documented_401(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(own_url, "UPDATE meetings SET roll = 'restricted'")
        response = await own_client.get(address_of(ROLL, example_of(ROLL)))
        assert response.status_code == 401
        assert without_request(response.json()) == shown(OPERATIONS[ROLL], 401, "unauthenticated")

    def test_all_other_problems_are_tested(self) -> None:
        """The others need scopes, a slow client, a large request, many requests, or no database."""
        declared = {
            (path, int(status)) for path in OPERATIONS for status in OPERATIONS[path]["responses"] if status >= "400"
        }
        left = declared - {(path, status) for path, status, _, _ in provocations()}
        assert {status for _, status in left} == {403, 408, 409, 413, 429, 431, 503}


@pytest.mark.parametrize("link", LINKS)
async def test_link_of_the_introduction_works(client: httpx.AsyncClient, link: str) -> None:
    response = await client.get(link)
    assert response.status_code == ANNOUNCED.get(link, 200)


async def test_former_code_in_the_introduction_redirects(client: httpx.AsyncClient) -> None:
    """The only link of the introduction that redirects."""
    (former,) = [link for link, status in ANNOUNCED.items() if status == 308]
    response = await client.get(former, follow_redirects=True)
    assert response.status_code == 200
    assert former.rpartition("/")[2] in [entry["code"] for entry in response.json()["previous_codes"]]


def test_introduction_contains_the_announced_links() -> None:
    assert set(ANNOUNCED) <= set(LINKS)
    assert len(LINKS) > 10
