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


async def list_heads(client: httpx.AsyncClient, body: str, day: str) -> dict[str, Any]:
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
        ({"members": "seven"}, "members", "not_an_integer", "digits 0-9"),
        ({"members": "+7"}, "members", "not_an_integer", "digits 0-9"),
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
    async def test_filters_select_divisions(self, client: httpx.AsyncClient, name: str, value: Any) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if item[name] == value]
        assert expected
        assert await list_items(client, self.path, {name: str(value)}) == expected

    async def test_head_is_null_without_organization(self, client: httpx.AsyncClient) -> None:
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
    async def test_organization_filter_selects_its_divisions(
        self, client: httpx.AsyncClient, body: str, prefixes: set[str]
    ) -> None:
        items = await list_items(client, self.path, {"organization": body})
        assert {item["code"].partition("-")[0] for item in items} == prefixes

    async def test_heads_are_those_on_as_of(self, client: httpx.AsyncClient) -> None:
        assert await list_heads(client, "kpu", "2022-06-14") == {
            "ri-1": None,
            "ri-2": ("August Mellaz", True),
            "ri-3": ("Betty Epsilon Idroos", True),
            "ri-4": ("Parsadaan Harahap", True),
            "ri-5": ("Idham Holik", True),
            "ri-6": ("Mochammad Afifuddin", True),
        }

    async def test_leading_office_is_the_head(self, client: httpx.AsyncClient) -> None:
        assert (await list_heads(client, "kpu-31", "2022-06-14"))["p7-1"] == ("Sunardi", True)

    async def test_single_possible_head_is_named_as_uncertain(self, client: httpx.AsyncClient) -> None:
        assert (await list_heads(client, "kpu-31", "2023-06-01"))["p7-2"] == ("Astri Megatari", False)

    async def test_head_is_null_with_two_possible_heads(self, client: httpx.AsyncClient) -> None:
        on_a_day_of_two_rosters = await list_heads(client, "kpu-31", "2023-06-01")
        assert on_a_day_of_two_rosters["p7-1"] is None
        assert on_a_day_of_two_rosters["p7-4"] is None

    async def test_certain_head_precedes_possible_one(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url, "UPDATE appointments SET start_on = '2023-05-01' WHERE division = 'p7-4' AND end_on = '2028'"
        )
        assert (await list_heads(own_client, "kpu-31", "2023-06-01"))["p7-4"] == ("Fahmi Zikrillah", True)

    async def test_head_is_null_with_two_certain_heads(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(own_url, "UPDATE appointments SET division = 'ri-2' WHERE division = 'ri-5'")
        assert (await list_heads(own_client, "kpu", "2022-06-14"))["ri-2"] is None

    async def test_two_appointments_of_one_official_are_one_head(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(
            own_url,
            "UPDATE appointments SET division = 'p7-3' WHERE organization = 'kpu-31'"
            " AND official = (SELECT id FROM officials WHERE name = 'Muhammad Tarmizi')",
        )
        assert (await list_heads(own_client, "kpu-31", "2023-06-01"))["p7-3"] == ("Muhammad Tarmizi", False)

    async def test_division_without_size_applies_to_commissions_of_known_size(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(
            own_url,
            'INSERT INTO divisions (code, kind, level, name, verified, "primary")'
            " VALUES ('px-1', 'division', 'province', 'Divisi Apa Saja', false, false)",
        )
        for body, there in (("kpu-31", True), ("kpu-32", False), ("kpu", False)):
            assert ("px-1" in await list_heads(own_client, body, "2024-01-01")) == there

    async def test_default_day_is_today(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(date(2022, 6, 14), 60)
        try:
            responses = [
                (await client.get(f"{path}?organization=kpu")).content
                for path in ("/v1/divisions", "/v1/divisions/ri-3")
            ]
        finally:
            app.dependency_overrides.clear()
        for response, path in zip(responses, ("/v1/divisions", "/v1/divisions/ri-3"), strict=True):
            assert response == (await client.get(f"{path}?organization=kpu&as_of=2022-06-14")).content

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("data dan informasi", "k5-4"),
            ("DATA AND INFORMATION DIVISION", "k5-4"),
            ("biro logistk", "s-19"),
            ("inspektorat", "s-3"),
        ],
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_empty_list_runs_a_second_statement_to_check_references(
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


class TestGetDivision(ItemScenarios):
    path = "/v1/divisions/p5-3"
    missing_path = "/v1/divisions/p9-9"
    members = MEMBERS
    invalid_queries = (
        *ItemScenarios.invalid_queries,
        ({"organization": "kpu-99"}, "organization", "unknown_code", "/v1/organizations"),
        ({"organization": "a" * 41}, "organization", "too_long", "40"),
    )

    async def test_item_shows_its_head(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/v1/divisions/ri-3?organization=kpu&as_of=2022-06-14")
        assert response.json()["head"] == {
            "id": "01a20c10-0ae2-7033-aa5d-2a6bfa807bee",
            "name": "Betty Epsilon Idroos",
            "certain": True,
        }
        assert (await client.get("/v1/divisions/ri-3?as_of=2022-06-14")).json()["head"] is None

    async def test_division_of_another_organization_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/divisions/ri-3?organization=kpu-31")).status_code == 404
        assert_invalid(await client.get("/v1/divisions/ri-9?organization=kpu-99"), "organization", "unknown_code")
