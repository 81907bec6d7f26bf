"""What every list must do."""

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
    """What every list must do."""

    etag_pattern = f'"{HASH_PATTERN}"'
    sort_keys: ClassVar[Mapping[str, Callable[[Any], Any]]]
    """The names that `sort` takes, the default first, each with the key that Python would sort by."""
    search_words: ClassVar[str]
    """A `q` that finds more than one page."""
    example_filter: ClassVar[Params]
    """A filter that leaves something."""
    other_list_path: ClassVar[str]
    """The address of another list."""
    common_sort: ClassVar[str] = "name"
    """A name that `sort` takes in both."""

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        sorts = [sort for name in cls.sort_keys for sort in (name, f"-{name}")]
        if "sort" in metafunc.fixturenames:
            metafunc.parametrize("sort", sorts)
        if "way" in metafunc.fixturenames:
            # The whole list once in each direction; a part of it is enough for the other sorts.
            ways: list[Params] = [{"sort": sort} for sort in sorts[:2]]
            ways += [{"sort": sort, **cls.example_filter} for sort in sorts[2:]]
            ways.append({"q": cls.search_words})
            metafunc.parametrize("way", ways, ids=["&".join(map("=".join, one.items())) for one in ways])
        every = (*INVALID_LIST_QUERIES, *invalid_sorts(cls.common_sort))
        cls.invalid_queries = (*every, *[one for one in cls.invalid_queries if one not in every])
        super().pytest_generate_tests(metafunc)

    def first_document(self, answer: httpx.Response) -> Any:
        return answer.json()["items"][0]

    async def get_page_token(self, client: httpx.AsyncClient, **params: str) -> str:
        token = (await self.get(client, {"page_size": "1", **params})).json()["next_page_token"]
        assert isinstance(token, str)
        return token

    async def test_sorted_by_code_point(self, client: httpx.AsyncClient, sort: str) -> None:
        items = await list_items(client, self.path, {**self.base_params, "sort": sort})
        assert len(items) > 7
        assert items == sorted(items, key=self.sort_keys[sort.removeprefix("-")], reverse=sort.startswith("-"))

    async def test_the_first_sort_is_the_default(self, client: httpx.AsyncClient) -> None:
        first = next(iter(self.sort_keys))
        assert (await self.get(client)).content == (await self.get(client, {"sort": first})).content

    async def test_a_walk_loses_and_doubles_nothing(self, client: httpx.AsyncClient, way: Params) -> None:
        whole = await list_items(client, self.path, {**self.base_params, **way})
        page_size = 7 if len(whole) > 7 else 1
        assert len(whole) > page_size
        assert await list_items(client, self.path, {**self.base_params, **way}, page_size) == whole

    async def test_a_filtered_walk_stays_within_its_filter(self, client: httpx.AsyncClient) -> None:
        answer = await self.get(client, {**self.example_filter, "page_size": "1"})
        query = dict(parse_qsl(urlsplit(answer.links["next"]["url"]).query))
        token = answer.json()["next_page_token"]
        assert query == {**self.base_params, **self.example_filter, "page_size": "1", "page_token": token}

    async def test_size_and_fields_may_change_on_the_way(self, client: httpx.AsyncClient) -> None:
        whole = (await self.get(client, {"page_size": "3"})).json()["items"]
        member = self.members.split()[0]
        onward = {"page_token": await self.get_page_token(client), "page_size": "2", "fields": member}
        assert (await self.get(client, onward)).json()["items"] == [{member: one[member]} for one in whole[1:]]

    async def test_a_broken_token(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        other = "B" if token[0] == "A" else "A"
        forged = PageCursor(b"guessed", ["Region", "code", {}]).create_token(["11"], None)
        for bad in (token[:-2], token[1:], other + token[1:], token + "AAAA", forged, "x", "ñ", "=", "%%", "A" * 2000):
            assert_invalid(await self.get(client, {"page_token": bad}), "page_token", "foreign_page_token", "same")
        assert_invalid(await self.get(client, {"page_token": "A" * 2001}), "page_token", "too_long", "2000")

    async def test_a_token_of_another_walk(self, client: httpx.AsyncClient) -> None:
        token = await self.get_page_token(client)
        first, *_ = self.sort_keys
        others: list[Params] = [{"sort": f"-{first}"}, self.example_filter, {"q": self.search_words}]
        for other in [*others, *([{"as_of": "2024-02-29"}] if self.has_as_of else [])]:
            answer = await self.get(client, {**other, "page_token": token})
            assert_invalid(answer, "page_token", "foreign_page_token", "same filters and order")
        params = {**self.base_params, "sort": self.common_sort, "page_size": "1"}
        answer = await client.get(self.other_list_path, params=params)
        answer = await self.get(client, {"sort": self.common_sort, "page_token": answer.json()["next_page_token"]})
        assert_invalid(answer, "page_token", "foreign_page_token")

    async def test_an_unknown_parameter_tells_those_that_exist(self, client: httpx.AsyncClient) -> None:
        (error,) = (await self.get(client, {"colour": "red"})).json()["errors"]
        known = set(re.findall(r"\w+", error["detail"]))
        assert {"page_size", "page_token", "q", "sort", "fields", *self.example_filter} <= known
        assert ("as_of" in known) == self.has_as_of
