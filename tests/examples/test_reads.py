"""What the OpenAPI document and its introduction show as examples is what the service says."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from app.core.http.examples import extract_parameters
from app.core.problems import MEDIA_TYPE
from app.explorer.contract import INTRODUCTION, load_example_responses
from tests import openapi
from tests.applications import get_application, get_contract
from tests.conftest import fetch_value

ADDRESSES = openapi.list_read_examples(get_application())
OPERATIONS: dict[str, dict[str, Any]] = {
    path: item["get"] for path, item in get_contract()["paths"].items() if "get" in item
}
ROLL = "/v1/meetings/{code}/attendance"
UNKNOWN = {(ROLL, "session"), ("/v1/meetings/{code}/participants", "session"), ("/v1/audit", "client")}
"""No source tells who sat in which class, so its one example finds nobody."""
NOWHERE = {**dict.fromkeys(("id", "participant"), "01a20c10-0000-7000-8000-000000000000"), "digest": "f" * 64}
LINKS = re.findall(r"\]\(([^)]+)\)", INTRODUCTION.read_text())
ANNOUNCED = {"/v1/regions/91.01": 308, "/v1/regions?colour=red": 422}


def address_of(path: str, given: dict[str, str]) -> str:
    inside = {name: value for name, value in given.items() if f"{{{name}}}" in path}
    rest = {name: value for name, value in given.items() if name not in inside}
    return path.format(**inside) + (f"?{urlencode(rest)}" if rest else "")


def is_asked(path: str, address: str) -> bool:
    """Whether this operation answers at this address: of several, that with the fewest variables."""
    fit = (one for one in OPERATIONS if re.fullmatch(re.sub(r"{\w+}", "[^/]+", one), address.partition("?")[0]))
    return path == min(fit, key=lambda one: one.count("{"))


def example_of(path: str) -> dict[str, str]:
    """The parameters of an operation's example."""
    (address,) = [one for one in ADDRESSES if is_asked(path, one)]
    return extract_parameters(path, address)


def ready(operation: dict[str, Any], token: dict[str, str]) -> dict[str, str]:
    """The token, where the operation asks for one."""
    return token if "security" in operation else {}


def parameters() -> Iterator[tuple[str, str, str]]:
    """Each parameter that may be left out, with its example."""
    for path, operation in OPERATIONS.items():
        for one in operation.get("parameters", ()):
            # What was known at an instant is another thing in each installation.
            if one["in"] == "query" and one["name"] not in ("page_token", "known_at"):
                yield path, one["name"], str(one.get("example", *one["schema"].get("examples", ())))


def provocations() -> Iterator[tuple[str, int, str, dict[str, str]]]:
    """For each problem that an operation declares, what must make it say so."""
    for path, operation in OPERATIONS.items():
        given = example_of(path)
        address = address_of(path, given)
        mark = "&" if "?" in address else "?"
        last = (re.findall(r"{(\w+)}", path) or [""])[-1]
        nowhere = NOWHERE.get(last, "nowhere")
        requests: dict[str, tuple[str, dict[str, str]]] = {
            "400": (f"{address}{mark}colour=%ff", {}),
            "401": (address, {"Authorization": "Bearer x"}),
            "404": (address_of(path, given | {last: nowhere}), {}),
            "406": (address, {"Accept": "image/avif"}),
            "414": (f"{address}{mark}colour={'x' * 9000}", {}),
            "422": (f"{address}{mark}colour=red", {}),
        }
        for status, (request, headers) in requests.items():
            if status in operation["responses"]:
                yield path, int(status), request, headers


def shown(operation: dict[str, Any], status: int, code: str) -> Any:
    """A declared problem, but for what names the one request."""
    content = operation["responses"][str(status)]["content"][MEDIA_TYPE]
    document = content["examples"][code]["value"] if "examples" in content else content["example"]
    return document | {"request_id": None}


class TestOperations:
    def test_each_has_one_example_and_each_example_an_answer(self) -> None:
        assert len(ADDRESSES) == len(set(ADDRESSES)) == len(OPERATIONS)
        assert set(load_example_responses()) == set(ADDRESSES)
        for path in OPERATIONS:
            example_of(path)

    @pytest.mark.parametrize("address", ADDRESSES)
    async def test_the_service_says_what_is_shown(self, app: FastAPI, client: httpx.AsyncClient, address: str) -> None:
        answer = await openapi.fetch_example_response(app, client, address)
        assert answer == load_example_responses()[address], "if this is meant: uv run python -m tests.openapi"
        assert answer
        assert "items" not in answer or answer["items"]

    @pytest.mark.parametrize("path", OPERATIONS)
    def test_the_document_shows_it(self, path: str) -> None:
        """Beside it, files have none: what they hold is no JSON."""
        contents = OPERATIONS[path]["responses"]["200"]["content"]
        (content,) = (one for one in contents.values() if "example" in one)
        assert content == contents.get("application/json", content)
        assert content["example"] == load_example_responses()[next(one for one in ADDRESSES if is_asked(path, one))]

    @pytest.mark.parametrize(("path", "name", "value"), list(parameters()))
    async def test_a_parameter_finds_something_with_its_own_example(
        self, client: httpx.AsyncClient, token: dict[str, str], path: str, name: str, value: str
    ) -> None:
        needed = {one["name"] for one in OPERATIONS[path]["parameters"] if one["required"]} | {"as_of"}
        given = {key: of for key, of in example_of(path).items() if key in needed} | {name: value}
        answer = await client.get(address_of(path, given), headers=ready(OPERATIONS[path], token))
        assert answer.status_code == 200, answer.text
        if "items" in answer.json():
            assert bool(answer.json()["items"]) == ((path, name) not in UNKNOWN)

    @pytest.mark.parametrize(
        "path", [path for path in OPERATIONS if "page_token" in str(OPERATIONS[path].get("parameters"))]
    )
    async def test_a_token_leads_to_the_rest(self, client: httpx.AsyncClient, token: dict[str, str], path: str) -> None:
        """With the operation's own filters, as somebody does who goes on from the example."""
        given, headers = example_of(path) | {"page_size": "1"}, ready(OPERATIONS[path], token)
        whole = (await client.get(address_of(path, given | {"page_size": "2"}), headers=headers)).json()["items"]
        first = (await client.get(address_of(path, given), headers=headers)).json()
        if len(whole) == 1:
            assert first["next_page_token"] is None
            return
        page_token = first["next_page_token"]
        rest = await client.get(address_of(path, given | {"page_token": page_token}), headers=headers)
        assert first["items"] + rest.json()["items"] == whole


class TestProblems:
    @pytest.mark.parametrize(("path", "status", "address", "headers"), list(provocations()))
    async def test_the_service_says_what_is_shown(
        self,
        client: httpx.AsyncClient,
        token: dict[str, str],
        path: str,
        status: int,
        address: str,
        headers: dict[str, str],
    ) -> None:
        answer = await client.get(address, headers={**ready(OPERATIONS[path], token), **headers})
        assert answer.status_code == status, answer.text
        assert answer.json() | {"request_id": None} == shown(OPERATIONS[path], status, answer.json()["code"])

    async def test_a_restricted_roll_says_what_is_shown(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(own_url, "UPDATE meetings SET roll = 'restricted'")
        answer = await own_client.get(address_of(ROLL, example_of(ROLL)))
        assert answer.status_code == 401
        assert answer.json() | {"request_id": None} == shown(OPERATIONS[ROLL], 401, "unauthenticated")

    def test_all_that_can_be_provoked_is(self) -> None:
        """The rest needs too few scopes, a slow caller, a large body or header, a long roll, haste, no database."""
        declared = {
            (path, int(status)) for path in OPERATIONS for status in OPERATIONS[path]["responses"] if status >= "400"
        }
        left = declared - {(path, status) for path, status, _, _ in provocations()}
        assert {status for _, status in left} == {403, 408, 409, 413, 429, 431, 503}


@pytest.mark.parametrize("link", LINKS)
async def test_a_link_of_the_introduction_leads_where_it_says(client: httpx.AsyncClient, link: str) -> None:
    answer = await client.get(link)
    assert answer.status_code == ANNOUNCED.get(link, 200)


async def test_a_former_code_leads_on(client: httpx.AsyncClient) -> None:
    """The one link of the introduction that does not answer by itself."""
    (former,) = [link for link, status in ANNOUNCED.items() if status == 308]
    answer = await client.get(former, follow_redirects=True)
    assert answer.status_code == 200
    assert former.rpartition("/")[2] in [one["code"] for one in answer.json()["previous_codes"]]


def test_the_introduction_shows_what_is_announced() -> None:
    assert set(ANNOUNCED) <= set(LINKS)
    assert len(LINKS) > 10
