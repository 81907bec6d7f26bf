"""Tests that lists and items share, and helpers for the tests of both."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import httpx
import pytest

Params = Mapping[str, str]
IDENTITY = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}
HASH_PATTERN = r"[0-9a-f]{24}"

# The query, the parameter that the error must name, its code, and a part of its text about the allowed values.
InvalidQuery = tuple[Params, str, str, str]

INVALID_QUERIES: tuple[InvalidQuery, ...] = (
    ({"colour": "red"}, "colour", "unknown_parameter", "fields"),
    ({"fields": "name,colour"}, "fields", "unknown_field", "source"),
    ({"fields": "name,"}, "fields", "unknown_field", "source"),
    ({"fields": ""}, "fields", "empty_parameter", "value"),
)
INVALID_DATES: tuple[InvalidQuery, ...] = (
    *(
        ({"as_of": bad}, "as_of", "not_a_date", "YYYY-MM-DD, years 1900 to 2199")
        for bad in ("yesterday", "2022-6-14", "20220614", "1899-12-31", "2200-01-01", "2022-06-14T00:00", "٢٠٢٢-06-14")
    ),
    *(({"as_of": bad}, "as_of", "no_such_date", "calendar") for bad in ("2023-02-29", "2022-13-01", "2022-00-10")),
)
INVALID_LIST_QUERIES: tuple[InvalidQuery, ...] = (
    ({"page_size": "0"}, "page_size", "too_small", "1"),
    ({"page_size": "201"}, "page_size", "too_large", "200"),
    *(
        ({"page_size": bad}, "page_size", "not_an_integer", "digits 0-9")
        for bad in ("+5", "-1", "1_0", "٣", "5.0", "five", "1e1", " 5")
    ),
    ({"q": "a"}, "q", "too_short", "2"),
    ({"q": "a" * 101}, "q", "too_long", "100"),
)


def invalid_sorts(name: str) -> tuple[InvalidQuery, ...]:
    """Return the invalid queries of a list that can be sorted by this name."""
    return (
        ({"sort": "colour"}, "sort", "not_one_of", name),
        ({"sort": f"+{name}"}, "sort", "not_one_of", f"-{name}"),
        ({"q": "ab", "sort": name}, "sort", "sort_with_q", "leave sort out"),
    )


def code_key(item: Any) -> Any:
    """Return the sort key for `sort=code`."""
    return item["code"]


def name_key(item: Any) -> Any:
    """Return the sort key for `sort=name`."""
    return item["name"], item.get("code", item.get("id"))


def updated_at_key(item: Any) -> Any:
    """Return the sort key for `sort=updated_at`."""
    return datetime.fromisoformat(item["updated_at"]), item.get("code", item.get("id"))


async def list_items(client: httpx.AsyncClient, path: str, params: Params, page_size: int = 200) -> list[Any]:
    """Return all items of a list, following the Link header from page to page."""
    items: list[Any] = []
    response = await client.get(path, params={**params, "page_size": str(page_size)})
    while True:
        assert response.status_code == 200, response.text
        page = response.json()
        items += page["items"]
        assert ("next" in response.links) == (page["next_page_token"] is not None)
        if "next" not in response.links:
            return items
        assert len(page["items"]) == page_size
        response = await client.get(response.links["next"]["url"])


def assert_invalid(response: httpx.Response, parameter: str, code: str, allowed: str = "") -> None:
    """Assert that a response is a 422 with one error of this parameter and code, whose text contains `allowed`."""
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == "invalid_parameters"
    (error,) = problem["errors"]
    assert (error["parameter"], error["code"]) == (parameter, code)
    assert allowed in error["detail"]


class EndpointScenarios:
    """Tests that lists and items share. A subclass sets the attributes."""

    path: ClassVar[str]
    """The path of the endpoint."""
    base_params: ClassVar[Params] = {}
    """Parameters that every request needs, such as the day of a roster."""
    members: ClassVar[str]
    """The names of the document's members, in order, separated by spaces."""
    has_as_of: ClassVar[bool] = True
    """Whether the endpoint has the parameter `as_of`."""
    invalid_queries: ClassVar[tuple[InvalidQuery, ...]] = ()
    """Further invalid queries of this endpoint."""
    etag_pattern: ClassVar[str]
    """A regular expression that the ETag matches."""

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "invalid_query" in metafunc.fixturenames:
            refused = (*INVALID_QUERIES, *(INVALID_DATES if cls.has_as_of else ()), *cls.invalid_queries)
            ids = ["&".join(map("=".join, invalid_query[0].items())) for invalid_query in refused]
            metafunc.parametrize("invalid_query", refused, ids=ids)
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    async def get(self, client: httpx.AsyncClient, params: Params | None = None, **headers: str) -> httpx.Response:
        header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(self.path, params={**self.base_params, **(params or {})}, headers=header_fields)

    def first_document(self, response: httpx.Response) -> Any:
        """Return the document of an item, or the first one of a list."""
        return response.json()

    async def test_anonymous_get_returns_public_json(self, client: httpx.AsyncClient) -> None:
        response = await self.get(client, accept="application/json", accept_encoding="identity")
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        assert re.fullmatch(r"public, max-age=\d+, stale-while-revalidate=\d+", response.headers["cache-control"])
        assert {"Accept", "Accept-Encoding"} <= set(re.split(", *", response.headers["vary"]))
        assert re.fullmatch(self.etag_pattern, response.headers["etag"])
        assert list(self.first_document(response)) == self.members.split()

    async def test_unsupported_accept_is_406(self, client: httpx.AsyncClient) -> None:
        response = await self.get(client, {"page_size": "x"}, accept="text/html")
        assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")

    async def test_fields_select_members_in_document_order(self, client: httpx.AsyncClient) -> None:
        names = self.members.split()[::-2]
        whole, part = (
            self.first_document(await self.get(client)),
            self.first_document(await self.get(client, {"fields": ",".join(names)})),
        )
        assert list(part.items()) == [(name, value) for name, value in whole.items() if name in names]

    async def test_invalid_query_is_422(self, client: httpx.AsyncClient, invalid_query: InvalidQuery) -> None:
        params, parameter, code, allowed = invalid_query
        assert_invalid(await self.get(client, params), parameter, code, allowed)

    async def test_422_does_not_echo_the_input(self, client: httpx.AsyncClient) -> None:
        for name in ("fields", "colour", *(["as_of"] if self.has_as_of else [])):
            response = await self.get(client, {name: "1234567"})
            assert (response.status_code, "1234567" in response.text) == (422, False)

    async def test_repeated_parameter_is_422(self, client: httpx.AsyncClient) -> None:
        response = await client.get(f"{self.path}?fields=source&fields=source")
        assert_invalid(response, "fields", "repeated_parameter", "once")

    @pytest.mark.parametrize(("language", "title"), [("id", "Parameter tidak sah"), ("en", "Invalid parameters")])
    async def test_problem_follows_accept_language(self, client: httpx.AsyncClient, language: str, title: str) -> None:
        response = await self.get(client, {"colour": "red"}, accept_language=language)
        assert response.json()["title"] == title
        assert response.headers["content-language"] == language
        assert "Accept-Language" in response.headers["vary"]
        assert response.headers["cache-control"] == "no-store"
        assert response.json()["request_id"] == response.headers["x-request-id"]

    async def test_matching_if_none_match_is_304(self, client: httpx.AsyncClient, encoding: dict[str, str]) -> None:
        first = await client.get(self.path, params=self.base_params, headers=encoding)
        response = await client.get(
            self.path,
            params=self.base_params,
            headers={**encoding, "If-None-Match": f'"other", {first.headers["etag"]}'},
        )
        assert (response.status_code, response.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert response.headers[name] == first.headers[name]
        assert not {"content-type", "content-encoding", "content-length"} & set(response.headers)

    async def test_etag_differs_by_content_encoding(self, client: httpx.AsyncClient) -> None:
        plain = await client.get(self.path, params=self.base_params, headers=IDENTITY)
        zipped = await client.get(self.path, params=self.base_params, headers=GZIP)
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
        assert zipped.content == plain.content
        crossed = {**GZIP, "If-None-Match": plain.headers["etag"]}
        assert (await client.get(self.path, params=self.base_params, headers=crossed)).status_code == 200

    async def test_head_returns_the_headers_of_get(self, client: httpx.AsyncClient, encoding: dict[str, str]) -> None:
        named = {**encoding, "X-Request-Id": "head"}
        get = await client.get(self.path, params=self.base_params, headers=named)
        head = await client.head(self.path, params=self.base_params, headers=named)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == get.headers

    async def test_get_runs_one_sql_statement(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        await self.get(client)  # the first page after a start also reads the key of page tokens
        statements.clear()
        assert (await self.get(client)).status_code == 200
        assert len(statements) == 1
