"""Tests that every list must pass."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.core.http.paging import PageCursor
from tests.scenarios.common import (
    HASH_PATTERN,
    INVALID_LIST_QUERIES,
    EndpointScenarios,
    Params,
    assert_invalid,
    invalid_sorts,
    list_items,
)


class ListScenarios(EndpointScenarios):
    """Tests that every list must pass. A subclass sets the attributes."""

    etag_pattern = f'"{HASH_PATTERN}"'
    sort_keys: ClassVar[Mapping[str, Callable[[Any], Any]]]
    """The names that `sort` accepts, the default first, each with the function that returns the sort key of an item."""
    search_words: ClassVar[str]
    """A `q` with more than one page of results."""
    example_filter: ClassVar[Params]
    """A filter with a result that is not empty."""
    other_list_path: ClassVar[str]
    """The path of another list."""
    common_sort: ClassVar[str] = "name"
    """A name that `sort` accepts in both lists."""

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        sorts = [sort for name in cls.sort_keys for sort in (name, f"-{name}")]
        if "sort" in metafunc.fixturenames:
            metafunc.parametrize("sort", sorts)
        if "list_query" in metafunc.fixturenames:
            # The whole list once in each direction; a filtered list is enough for the other sorts.
            queries: list[Params] = [{"sort": sort} for sort in sorts[:2]]
            queries += [{"sort": sort, **cls.example_filter} for sort in sorts[2:]]
            queries.append({"q": cls.search_words})
            ids = ["&".join(map("=".join, query.items())) for query in queries]
            metafunc.parametrize("list_query", queries, ids=ids)
        common = (*INVALID_LIST_QUERIES, *invalid_sorts(cls.common_sort))
        cls.invalid_queries = (*common, *[query for query in cls.invalid_queries if query not in common])
        super().pytest_generate_tests(metafunc)

    def first_document(self, response: httpx.Response) -> Any:
        return response.json()["items"][0]

    async def get_page_token(self, client: httpx.AsyncClient, **params: str) -> str:
        token = (await self.get(client, {"page_size": "1", **params})).json()["next_page_token"]
        assert isinstance(token, str)
        return token

    async def test_sort_orders_by_code_point(self, client: httpx.AsyncClient, sort: str) -> None:
        items = await list_items(client, self.path, {**self.base_params, "sort": sort})
        assert len(items) > 7
        assert items == sorted(items, key=self.sort_keys[sort.removeprefix("-")], reverse=sort.startswith("-"))

    async def test_default_sort_is_the_first_one(self, client: httpx.AsyncClient) -> None:
        first = next(iter(self.sort_keys))
        assert (await self.get(client)).content == (await self.get(client, {"sort": first})).content

    async def test_pages_contain_each_item_once(self, client: httpx.AsyncClient, list_query: Params) -> None:
        whole = await list_items(client, self.path, {**self.base_params, **list_query})
        page_size = 7 if len(whole) > 7 else 1
        assert len(whole) > page_size
        assert await list_items(client, self.path, {**self.base_params, **list_query}, page_size) == whole

    async def test_next_link_repeats_the_filters(self, client: httpx.AsyncClient) -> None:
        response = await self.get(client, {**self.example_filter, "page_size": "1"})
        query = dict(parse_qsl(urlsplit(response.links["next"]["url"]).query))
        token = response.json()["next_page_token"]
        assert query == {**self.base_params, **self.example_filter, "page_size": "1", "page_token": token}

    async def test_page_size_and_fields_may_change_between_pages(self, client: httpx.AsyncClient) -> None:
        whole = (await self.get(client, {"page_size": "3"})).json()["items"]
        member = self.members.split()[0]
        next_params = {"page_token": await self.get_page_token(client), "page_size": "2", "fields": member}
        assert (await self.get(client, next_params)).json()["items"] == [{member: item[member]} for item in whole[1:]]

    async def test_invalid_page_token_is_422(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        other = "B" if token[0] == "A" else "A"
        forged = PageCursor(b"guessed", ["Region", "code", {}]).create_token(["11"], None)
        for bad in (token[:-2], token[1:], other + token[1:], token + "AAAA", forged, "x", "ñ", "=", "%%", "A" * 2000):
            assert_invalid(await self.get(client, {"page_token": bad}), "page_token", "foreign_page_token", "same")
        assert_invalid(await self.get(client, {"page_token": "A" * 2001}), "page_token", "too_long", "2000")

    async def test_page_token_of_another_query_is_422(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        first, *_ = self.sort_keys
        others: list[Params] = [{"sort": f"-{first}"}, self.example_filter, {"q": self.search_words}]
        for other in [*others, *([{"as_of": "2024-02-29"}] if self.has_as_of else [])]:
            response = await self.get(client, {**other, "page_token": token})
            assert_invalid(response, "page_token", "foreign_page_token", "same filters and order")
        params = {**self.base_params, "sort": self.common_sort, "page_size": "1"}
        response = await client.get(self.other_list_path, params=params)
        response = await self.get(client, {"sort": self.common_sort, "page_token": response.json()["next_page_token"]})
        assert_invalid(response, "page_token", "foreign_page_token")

    async def test_unknown_parameter_error_lists_the_known_ones(self, client: httpx.AsyncClient) -> None:
        (error,) = (await self.get(client, {"colour": "red"})).json()["errors"]
        known = set(re.findall(r"\w+", error["detail"]))
        assert {"page_size", "page_token", "q", "sort", "fields", *self.example_filter} <= known
        assert ("as_of" in known) == self.has_as_of
