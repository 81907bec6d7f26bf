# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
import re
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.core.http.paging import PageCursor
from app.search.schemas import Hit
from tests.scenarios import assert_invalid, list_items
from tests.scenarios.common import GZIP, HASH_PATTERN, IDENTITY, INVALID_LIST_QUERIES, EndpointScenarios

KINDS = ("official", "organization", "division", "stage", "meeting")
COMMON = "pemilu"
"""What things of all kinds are called, but people."""


class TestSearch(EndpointScenarios):
    """What every list does, but for `sort`: the order is that of likeness."""

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
            ids = ["&".join(map("=".join, one[0].items())) for one in cls.invalid_queries]
            metafunc.parametrize("invalid_query", cls.invalid_queries, ids=ids)
        if "encoding" in metafunc.fixturenames:
            metafunc.parametrize("encoding", [IDENTITY, GZIP], ids=["identity", "gzip"])

    def first_document(self, answer: httpx.Response) -> Any:
        return answer.json()["items"][0]

    async def get_page_token(self, client: httpx.AsyncClient) -> str:
        token = (await self.get(client, {"page_size": "1"})).json()["next_page_token"]
        assert isinstance(token, str)
        return token

    async def test_words_must_be_given(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        for params in ({}, {"kind": "official"}):
            assert_invalid(await client.get(self.path, params=params), "q", "missing", "required")
        assert statements == []

    async def test_words_of_the_least_and_the_greatest_length(self, client: httpx.AsyncClient) -> None:
        for q in ("ja", "papua barat " * 8 + "daya"):
            assert len(q) in (2, 100)
            assert (await self.get(client, {"q": q})).json()["items"]

    @pytest.mark.parametrize("params", [{}, {"q": COMMON}, {"kind": "organization"}, {"q": "ha"}])
    async def test_a_walk_loses_and_doubles_nothing(self, client: httpx.AsyncClient, params: dict[str, str]) -> None:
        asked = {**self.base_params, **params}
        whole = await list_items(client, self.path, asked)
        assert len({one["url"] for one in whole}) == len(whole) > 7
        for page_size in (7, 1):
            assert await list_items(client, self.path, asked, page_size) == whole

    async def test_the_whole_of_many(self, client: httpx.AsyncClient) -> None:
        """More than a page may hold: all commissions but Aceh's, which are called otherwise."""
        found = await list_items(client, self.path, {"q": "kpu", "kind": "organization", "fields": "key,name"}, 200)
        assert len(found) > 500
        assert (
            await list_items(client, self.path, {"q": "kpu", "kind": "organization", "fields": "key,name"}, 53) == found
        )

    async def test_size_and_fields_may_change_on_the_way(self, client: httpx.AsyncClient) -> None:
        whole = (await self.get(client, {"page_size": "3"})).json()["items"]
        onward = {"page_token": await self.get_page_token(client), "page_size": "2", "fields": "key"}
        assert (await self.get(client, onward)).json()["items"] == [{"key": one["key"]} for one in whole[1:]]

    async def test_the_next_page_is_linked_with_what_was_asked(self, client: httpx.AsyncClient) -> None:
        asked = {"q": "jakarta +&%é='", "kind": "organization", "page_size": "1", "fields": "name"}
        answer = await self.get(client, asked)
        query = dict(parse_qsl(urlsplit(answer.links["next"]["url"]).query))
        assert query == {**asked, "page_token": answer.json()["next_page_token"]}
        assert (await client.get(answer.links["next"]["url"])).status_code == 200

    async def test_a_broken_token(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        keys = ["0.0000", "0/v1/officials/1"]
        forged = PageCursor(b"guessed", ["Hit", "q", self.base_params]).create_token(keys, None)
        for bad in (token[:-2], token[1:], token + "AAAA", forged, "x", "ñ", "A" * 2000):
            assert_invalid(await self.get(client, {"page_token": bad}), "page_token", "foreign_page_token", "same")

    async def test_a_token_of_another_walk(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        for other in ({"q": "jakarta pusat"}, {"q": "JAKARTA"}, {"kind": "organization"}):
            answer = await self.get(client, {**other, "page_token": token})
            assert_invalid(answer, "page_token", "foreign_page_token", "same filters")
        answer = await client.get("/v1/organizations", params={"q": "jakarta", "page_token": token})
        assert_invalid(answer, "page_token", "foreign_page_token")

    async def test_an_unknown_parameter_tells_those_that_exist(self, client: httpx.AsyncClient) -> None:
        (error,) = (await self.get(client, {"colour": "red"})).json()["errors"]
        known = re.findall(r"\w+", error["detail"].partition(":")[2])
        assert sorted(known) == ["fields", "kind", "page_size", "page_token", "q"]

    @pytest.mark.parametrize("kind", KINDS)
    async def test_only_of_a_kind(self, client: httpx.AsyncClient, kind: str) -> None:
        q = "ha" if kind == "official" else COMMON
        whole = await list_items(client, self.path, {"q": q})
        expected = [one for one in whole if one["kind"] == kind]
        assert expected
        assert len(expected) < len(whole)
        assert await list_items(client, self.path, {"q": q, "kind": kind}) == expected

    async def test_each_hit_leads_to_what_it_is(self, client: httpx.AsyncClient) -> None:
        """And its name is that one's."""
        hits = [one for q in (COMMON, "ha", "divisi") for one in await list_items(client, self.path, {"q": q})]
        assert set(Counter(one["kind"] for one in hits)) == set(KINDS)
        for one in {one["url"]: one for one in hits}.values():
            assert one["url"] == f"/v1/{one['kind']}s/{one['key']}"
            item = (await client.get(one["url"])).json()
            assert item.get("code", item.get("id")) == one["key"]
            assert (item["name"], item.get("name_en")) == (one["name"], one["name_en"])

    async def test_it_is_what_its_schema_says(self, client: httpx.AsyncClient) -> None:
        for q in (COMMON, "ha"):
            for one in await list_items(client, self.path, {"q": q}):
                Hit.model_validate(one, strict=True, extra="forbid")

    async def test_nothing_found_is_an_empty_list(self, client: httpx.AsyncClient, statements: list[str]) -> None:
        await self.get(client)
        statements.clear()
        answer = await self.get(client, {"q": "xyzzy quux"})
        assert (answer.status_code, answer.json()) == (200, {"items": [], "next_page_token": None})
        assert len(statements) == 1
