"""What holds of lists and items alike."""

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

# A row of each: the query, the parameter that the answer must name, the code, and a piece of what is allowed.
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
        ({"page_size": bad}, "page_size", "not_an_integer", "ASCII digits")
        for bad in ("+5", "-1", "1_0", "٣", "5.0", "five", "1e1", " 5")
    ),
    ({"q": "a"}, "q", "too_short", "2"),
    ({"q": "a" * 101}, "q", "too_long", "100"),
)


def invalid_sorts(name: str) -> tuple[InvalidQuery, ...]:
    """What is refused of a list that can be sorted by this name."""
    return (
        ({"sort": "colour"}, "sort", "not_one_of", name),
        ({"sort": f"+{name}"}, "sort", "not_one_of", f"-{name}"),
        ({"q": "ab", "sort": name}, "sort", "sort_with_q", "leave sort out"),
    )


def code_key(item: Any) -> Any:
    return item["code"]


def name_key(item: Any) -> Any:
    return item["name"], item.get("code", item.get("id"))


def updated_at_key(item: Any) -> Any:
    return datetime.fromisoformat(item["updated_at"]), item.get("code", item.get("id"))


async def list_items(client: httpx.AsyncClient, path: str, params: Params, page_size: int = 200) -> list[Any]:
    """All items of a list, page after page by the Link header."""
    items: list[Any] = []
    answer = await client.get(path, params={**params, "page_size": str(page_size)})
    while True:
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        assert ("next" in answer.links) == (page["next_page_token"] is not None)
        if "next" not in answer.links:
            return items
        assert len(page["items"]) == page_size
        answer = await client.get(answer.links["next"]["url"])


def assert_invalid(answer: httpx.Response, parameter: str, code: str, allowed: str = "") -> None:
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid_parameters"
    (error,) = problem["errors"]
    assert (error["parameter"], error["code"]) == (parameter, code)
    assert allowed in error["detail"]


class EndpointScenarios:
    """What holds of lists and items alike."""

    path: ClassVar[str]
    """The endpoint."""
    base_params: ClassVar[Params] = {}
    """Parameters without which it would be hard to test: the day of a roster."""
    members: ClassVar[str]
    """The names of the document's members, in order."""
    has_as_of: ClassVar[bool] = True
    """Whether it can be asked for a day."""
    invalid_queries: ClassVar[tuple[InvalidQuery, ...]] = ()
    """What else this endpoint refuses."""
    etag_pattern: ClassVar[str]

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "invalid_query" in metafunc.fixturenames:
            refused = (*INVALID_QUERIES, *(INVALID_DATES if cls.has_as_of else ()), *cls.invalid_queries)
            ids = ["&".join(map("=".join, invalid_query[0].items())) for invalid_query in refused]
            metafunc.parametrize("invalid_query", refused, ids=ids)
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    async def get(self, client: httpx.AsyncClient, params: Params | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(self.path, params={**self.base_params, **(params or {})}, headers=named)

    def first_document(self, answer: httpx.Response) -> Any:
        """One document of an answer: an item is one, a list shows its first."""
        return answer.json()

    async def test_a_stranger_is_answered_in_json(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client, accept="application/json", accept_encoding="identity")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert re.fullmatch(r"public, max-age=\d+, stale-while-revalidate=\d+", answer.headers["cache-control"])
        assert {"Accept", "Accept-Encoding"} <= set(re.split(", *", answer.headers["vary"]))
        assert re.fullmatch(self.etag_pattern, answer.headers["etag"])
        assert list(self.first_document(answer)) == self.members.split()

    async def test_who_takes_no_json_is_told(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client, {"page_size": "x"}, accept="text/html")
        assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")

    async def test_fields_keep_the_documents_order(self, client: httpx.AsyncClient) -> None:
        asked = self.members.split()[::-2]
        whole, part = (
            self.first_document(await self.get(client)),
            self.first_document(await self.get(client, {"fields": ",".join(asked)})),
        )
        assert list(part.items()) == [(name, value) for name, value in whole.items() if name in asked]

    async def test_refusals(self, client: httpx.AsyncClient, invalid_query: InvalidQuery) -> None:
        params, parameter, code, allowed = invalid_query
        assert_invalid(await self.get(client, params), parameter, code, allowed)

    async def test_a_refusal_echoes_nothing(self, client: httpx.AsyncClient) -> None:
        for name in ("fields", "colour", *(["as_of"] if self.has_as_of else [])):
            answer = await self.get(client, {name: "1234567"})
            assert (answer.status_code, "1234567" in answer.text) == (422, False)

    async def test_a_parameter_is_given_once(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"{self.path}?fields=source&fields=source")
        assert_invalid(answer, "fields", "repeated_parameter", "once")

    @pytest.mark.parametrize(("language", "title"), [("id", "Parameter tidak sah"), ("en", "Invalid parameters")])
    async def test_problems_speak_both_languages(self, client: httpx.AsyncClient, language: str, title: str) -> None:
        answer = await self.get(client, {"colour": "red"}, accept_language=language)
        assert answer.json()["title"] == title
        assert answer.headers["content-language"] == language
        assert "Accept-Language" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    async def test_an_unchanged_answer_costs_nothing(self, client: httpx.AsyncClient, encoding: dict[str, str]) -> None:
        given = await client.get(self.path, params=self.base_params, headers=encoding)
        answer = await client.get(
            self.path,
            params=self.base_params,
            headers={**encoding, "If-None-Match": f'"other", {given.headers["etag"]}'},
        )
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert answer.headers[name] == given.headers[name]
        assert not {"content-type", "content-encoding", "content-length"} & set(answer.headers)

    async def test_a_tag_names_the_bytes_of_one_coding(self, client: httpx.AsyncClient) -> None:
        plain = await client.get(self.path, params=self.base_params, headers=IDENTITY)
        zipped = await client.get(self.path, params=self.base_params, headers=GZIP)
        assert zipped.headers["content-encoding"] == "gzip"
        assert zipped.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
        assert zipped.content == plain.content
        crossed = {**GZIP, "If-None-Match": plain.headers["etag"]}
        assert (await client.get(self.path, params=self.base_params, headers=crossed)).status_code == 200

    async def test_head_has_the_headers_of_get(self, client: httpx.AsyncClient, encoding: dict[str, str]) -> None:
        named = {**encoding, "X-Request-Id": "head"}
        get = await client.get(self.path, params=self.base_params, headers=named)
        head = await client.head(self.path, params=self.base_params, headers=named)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == get.headers

    async def test_one_statement(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        await self.get(client)  # the first page after a start asks for the key of page tokens too
        statements.clear()
        assert (await self.get(client)).status_code == 200
        assert len(statements) == 1
