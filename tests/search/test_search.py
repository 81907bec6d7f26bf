# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.core.http.paging import PageCursor
from app.search.schemas import SearchResult
from tests.scenarios import assert_invalid, list_items
from tests.scenarios.common import GZIP, HASH_PATTERN, IDENTITY, INVALID_LIST_QUERIES, EndpointScenarios

KINDS = ("official", "organization", "division", "stage", "meeting")
COMMON_WORD = "pemilu"
"""A word in names of all kinds except officials."""


class TestSearchAll(EndpointScenarios):
    """The tests of lists, except those of `sort`: the order is that of similarity."""

    path = "/v1/search"
    base_params = {"q": "jakarta"}
    members = "kind key name name_en url detail"
    has_as_of = False
    etag_pattern = f'"{HASH_PATTERN}"'
    invalid_queries = (
        ({"colour": "red"}, "colour", "unknown_parameter", "fields"),
        ({"fields": "name,colour"}, "fields", "unknown_field", "detail"),
        ({"fields": "name,source"}, "fields", "unknown_field", "detail"),
        ({"fields": ""}, "fields", "empty_parameter", "value"),
        ({"sort": "name"}, "sort", "unknown_parameter", "kind"),
        ({"as_of": "2022-06-14"}, "as_of", "unknown_parameter", "kind"),
        ({"kind": "region"}, "kind", "not_one_of", "official, organization, division, stage"),
        ({"kind": "officials"}, "kind", "not_one_of", "meeting"),
        ({"q": ""}, "q", "empty_parameter", "value"),
        *INVALID_LIST_QUERIES,
    )

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        if "invalid_query" in metafunc.fixturenames:
            ids = ["&".join(map("=".join, entry[0].items())) for entry in cls.invalid_queries]
            metafunc.parametrize("invalid_query", cls.invalid_queries, ids=ids)
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    def first_document(self, response: httpx.Response) -> Any:
        return response.json()["items"][0]

    async def get_page_token(self, client: httpx.AsyncClient) -> str:
        token = (await self.get(client, {"page_size": "1"})).json()["next_page_token"]
        assert isinstance(token, str)
        return token

    async def test_missing_q_is_422(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        for params in ({}, {"kind": "official"}):
            assert_invalid(await client.get(self.path, params=params), "q", "missing", "required")
        assert statements == []

    async def test_q_may_have_2_to_100_characters(self, client: httpx.AsyncClient) -> None:
        for q in ("ja", "papua barat " * 8 + "daya"):
            assert len(q) in (2, 100)
            assert (await self.get(client, {"q": q})).json()["items"]

    @pytest.mark.parametrize("params", [{}, {"q": COMMON_WORD}, {"kind": "organization"}, {"q": "ha"}])
    async def test_pages_contain_each_hit_once(self, client: httpx.AsyncClient, params: dict[str, str]) -> None:
        asked = {**self.base_params, **params}
        whole = await list_items(client, self.path, asked)
        assert len({entry["url"] for entry in whole}) == len(whole) > 7
        for page_size in (7, 1):
            assert await list_items(client, self.path, asked, page_size) == whole

    async def test_pages_of_many_hits_are_complete(self, client: httpx.AsyncClient) -> None:
        """More hits than the largest page: all commissions except those of Aceh, which have other names."""
        found = await list_items(client, self.path, {"q": "kpu", "kind": "organization", "fields": "key,name"}, 200)
        assert len(found) > 500
        assert (
            await list_items(client, self.path, {"q": "kpu", "kind": "organization", "fields": "key,name"}, 53) == found
        )

    async def test_page_size_and_fields_may_change_between_pages(self, client: httpx.AsyncClient) -> None:
        whole = (await self.get(client, {"page_size": "3"})).json()["items"]
        onward = {"page_token": await self.get_page_token(client), "page_size": "2", "fields": "key"}
        assert (await self.get(client, onward)).json()["items"] == [{"key": entry["key"]} for entry in whole[1:]]

    async def test_next_link_repeats_the_parameters(self, client: httpx.AsyncClient) -> None:
        asked = {"q": "jakarta +&%é='", "kind": "organization", "page_size": "1", "fields": "name"}
        response = await self.get(client, asked)
        query = dict(parse_qsl(urlsplit(response.links["next"]["url"]).query))
        assert query == {**asked, "page_token": response.json()["next_page_token"]}
        assert (await client.get(response.links["next"]["url"])).status_code == 200

    async def test_invalid_page_token_is_422(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        keys = ["0.0000", "0/v1/officials/1"]
        forged = PageCursor(b"guessed", ["SearchResult", "q", self.base_params]).create_token(keys, None)
        for bad in (token[:-2], token[1:], token + "AAAA", forged, "x", "ñ", "A" * 2000):
            assert_invalid(await self.get(client, {"page_token": bad}), "page_token", "foreign_page_token", "same")

    async def test_page_token_of_another_query_is_422(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        for other in ({"q": "jakarta pusat"}, {"q": "JAKARTA"}, {"kind": "organization"}):
            response = await self.get(client, {**other, "page_token": token})
            assert_invalid(response, "page_token", "foreign_page_token", "same filters")
        response = await client.get("/v1/organizations", params={"q": "jakarta", "page_token": token})
        assert_invalid(response, "page_token", "foreign_page_token")

    async def test_unknown_parameter_error_lists_the_known_ones(self, client: httpx.AsyncClient) -> None:
        (error,) = (await self.get(client, {"colour": "red"})).json()["errors"]
        known = re.findall(r"\w+", error["detail"].partition(":")[2])
        assert sorted(known) == ["fields", "kind", "page_size", "page_token", "q"]

    @pytest.mark.parametrize("kind", KINDS)
    async def test_kind_filter_selects_hits(self, client: httpx.AsyncClient, kind: str) -> None:
        q = "ha" if kind == "official" else COMMON_WORD
        whole = await list_items(client, self.path, {"q": q})
        expected = [entry for entry in whole if entry["kind"] == kind]
        assert expected
        assert len(expected) < len(whole)
        assert await list_items(client, self.path, {"q": q, "kind": kind}) == expected

    async def test_url_of_each_hit_returns_its_document(self, client: httpx.AsyncClient) -> None:
        """The document has the name of the hit."""
        hits = [entry for q in (COMMON_WORD, "ha", "divisi") for entry in await list_items(client, self.path, {"q": q})]
        assert set(Counter(entry["kind"] for entry in hits)) == set(KINDS)
        for entry in {entry["url"]: entry for entry in hits}.values():
            assert entry["url"] == f"/v1/{entry['kind']}s/{entry['key']}"
            item = (await client.get(entry["url"])).json()
            assert item.get("code", item.get("id")) == entry["key"]
            assert (item["name"], item.get("name_en")) == (entry["name"], entry["name_en"])

    async def test_hits_validate_against_their_schema(self, client: httpx.AsyncClient) -> None:
        for q in (COMMON_WORD, "ha"):
            for entry in await list_items(client, self.path, {"q": q}):
                SearchResult.model_validate(entry, strict=True, extra="forbid")

    async def test_no_match_is_an_empty_list(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        await self.get(client)
        statements.clear()
        response = await self.get(client, {"q": "xyzzy quux"})
        assert (response.status_code, response.json()) == (200, {"items": [], "next_page_token": None})
        assert len(statements) == 1
