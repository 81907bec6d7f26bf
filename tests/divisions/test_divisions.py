# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.http.dependencies import get_local_day
from tests.conftest import fetch_value
from tests.scenarios import ItemScenarios, ListScenarios, assert_invalid, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code kind level members name name_en led_by duties legal_basis head source verified primary revision updated_at"
)


async def heads(client: httpx.AsyncClient, body: str, day: str) -> dict[str, Any]:
    items = await list_items(client, "/v1/divisions", {"organization": body, "as_of": day, "kind": "division"})
    return {item["code"]: item["head"] and (item["head"]["name"], item["head"]["certain"]) for item in items}


class TestListDivisions(ListScenarios):
    path = "/v1/divisions"
    members = MEMBERS
    sort_keys = {"code": code_key, "name": name_key, "updated_at": updated_at_key}
    search_words = "divisi"
    example_filter = {"level": "national"}
    other_list_path = "/v1/regions"
    invalid_queries = (
        ({"kind": "bureau"}, "kind", "not_one_of", "secretariat_unit"),
        ({"level": "village"}, "level", "not_one_of", "province"),
        ({"members": "0"}, "members", "too_small", "1"),
        ({"members": "100"}, "members", "too_large", "99"),
        ({"members": "seven"}, "members", "not_an_integer", "ASCII digits"),
        ({"members": "+7"}, "members", "not_an_integer", "ASCII digits"),
        ({"organization": "kpu-99"}, "organization", "unknown_code", "/v1/organizations"),
    )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kind", "division"),
            ("kind", "secretariat_unit"),
            ("level", "national"),
            ("level", "province"),
            ("level", "regency"),
            ("members", 5),
            ("members", 7),
        ],
    )
    async def test_by_what_it_is(self, client: httpx.AsyncClient, name: str, value: Any) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if item[name] == value]
        assert expected
        assert await list_items(client, self.path, {name: str(value)}) == expected

    async def test_without_a_body_nobody_heads_anything(self, client: httpx.AsyncClient) -> None:
        items = await list_items(client, self.path, {"as_of": "2022-06-14"})
        assert {item["head"] for item in items} == {None}

    @pytest.mark.parametrize(
        ("body", "prefixes"),
        [
            ("kpu", {"ri", "s"}),
            ("kpu-31", {"p7"}),
            ("kpu-31.71", {"k5"}),
            ("kpu-32", set()),
            ("bawaslu", set()),
        ],
    )
    async def test_of_a_body(self, client: httpx.AsyncClient, body: str, prefixes: set[str]) -> None:
        items = await list_items(client, self.path, {"organization": body})
        assert {item["code"].partition("-")[0] for item in items} == prefixes

    async def test_heads_on_a_day(self, client: httpx.AsyncClient) -> None:
        assert await heads(client, "kpu", "2022-06-14") == {
            "ri-1": None,
            "ri-2": ("August Mellaz", True),
            "ri-3": ("Betty Epsilon Idroos", True),
            "ri-4": ("Parsadaan Harahap", True),
            "ri-5": ("Idham Holik", True),
            "ri-6": ("Mochammad Afifuddin", True),
        }

    async def test_the_office_that_leads_it_heads_it(self, client: httpx.AsyncClient) -> None:
        assert (await heads(client, "kpu-31", "2022-06-14"))["p7-1"] == ("Sunardi", True)

    async def test_the_only_one_who_may_be_head_is_named(self, client: httpx.AsyncClient) -> None:
        assert (await heads(client, "kpu-31", "2023-06-01"))["p7-2"] == ("Astri Megatari", False)

    async def test_of_two_who_may_be_head_nobody_is(self, client: httpx.AsyncClient) -> None:
        on_a_day_of_two_rosters = await heads(client, "kpu-31", "2023-06-01")
        assert on_a_day_of_two_rosters["p7-1"] is None
        assert on_a_day_of_two_rosters["p7-4"] is None

    async def test_who_certainly_heads_it_goes_before_who_may(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(
            own_url, "UPDATE appointments SET start_on = '2023-05-01' WHERE division = 'p7-4' AND end_on = '2028'"
        )
        assert (await heads(own_client, "kpu-31", "2023-06-01"))["p7-4"] == ("Fahmi Zikrillah", True)

    async def test_of_two_who_certainly_head_it_nobody_is(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(own_url, "UPDATE appointments SET division = 'ri-2' WHERE division = 'ri-5'")
        assert (await heads(own_client, "kpu", "2022-06-14"))["ri-2"] is None

    async def test_one_person_with_two_possible_seats_is_one_head(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(
            own_url,
            "UPDATE appointments SET division = 'p7-3' WHERE organization = 'kpu-31'"
            " AND official = (SELECT id FROM officials WHERE name = 'Muhammad Tarmizi')",
        )
        assert (await heads(own_client, "kpu-31", "2023-06-01"))["p7-3"] == ("Muhammad Tarmizi", False)

    async def test_a_division_for_any_size(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url,
            'INSERT INTO divisions (code, kind, level, name, verified, "primary")'
            " VALUES ('px-1', 'division', 'province', 'Divisi Apa Saja', false, false)",
        )
        for body, there in (("kpu-31", True), ("kpu-32", False), ("kpu", False)):
            assert ("px-1" in await heads(own_client, body, "2024-01-01")) == there

    async def test_without_a_day_it_is_today(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(date(2022, 6, 14), 60)
        try:
            answers = [
                (await client.get(f"{path}?organization=kpu")).content
                for path in ("/v1/divisions", "/v1/divisions/ri-3")
            ]
        finally:
            app.dependency_overrides.clear()
        for answer, path in zip(answers, ("/v1/divisions", "/v1/divisions/ri-3"), strict=True):
            assert answer == (await client.get(f"{path}?organization=kpu&as_of=2022-06-14")).content

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("data dan informasi", "k5-4"),
            ("DATA AND INFORMATION DIVISION", "k5-4"),
            ("biro logistk", "s-19"),
            ("inspektorat", "s-3"),
        ],
    )
    async def test_search_finds_the_best_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_one_statement_more_to_tell_empty_from_unknown(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (
            ({"organization": "kpu-32"}, 2),
            ({"organization": "nobody"}, 2),
            ({"level": "regency", "members": "7"}, 1),
            ({"organization": "kpu"}, 1),
        ):
            statements.clear()
            await self.get(client, params)
            assert len(statements) == count


class TestReadDivision(ItemScenarios):
    path = "/v1/divisions/p5-3"
    missing_path = "/v1/divisions/p9-9"
    members = MEMBERS
    invalid_queries = (
        *ItemScenarios.invalid_queries,
        ({"organization": "kpu-99"}, "organization", "unknown_code", "/v1/organizations"),
        ({"organization": "a" * 41}, "organization", "too_long", "40"),
    )

    async def test_its_head(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/v1/divisions/ri-3?organization=kpu&as_of=2022-06-14")
        assert answer.json()["head"] == {
            "id": "01a20c10-0ae2-7033-aa5d-2a6bfa807bee",
            "name": "Betty Epsilon Idroos",
            "certain": True,
        }
        assert (await client.get("/v1/divisions/ri-3?as_of=2022-06-14")).json()["head"] is None

    async def test_a_body_that_has_no_such_division(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/divisions/ri-3?organization=kpu-31")).status_code == 404
        assert_invalid(await client.get("/v1/divisions/ri-9?organization=kpu-99"), "organization", "unknown_code")
