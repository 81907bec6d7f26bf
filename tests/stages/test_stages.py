# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from collections import Counter
from datetime import date
from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.scenarios import ItemScenarios, ListScenarios, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code election parent position kind name name_en start_on end_on rule round legal_basis status days_until_start"
    " days_until_end note source verified primary revision updated_at"
)


def start_on_key(stage: Any) -> Any:
    """Return the sort key for `sort=start_on`: by the first known day, and without one last."""
    return date.fromisoformat(stage["start_on"] or stage["end_on"] or "9999-12-31"), stage["code"]


async def list_codes(client: httpx.AsyncClient, **params: str) -> list[str]:
    return [item["code"] for item in await list_items(client, "/v1/stages", {"fields": "code", **params})]


def position_key(item: Any) -> Any:
    """Return the sort key for `sort=position`: the top level first, then the parts of each stage."""
    parent = item["parent"]["code"] if item["parent"] else ""
    return item["election"]["code"], parent, item["position"], item["code"]


class TestListStages(ListScenarios):
    path = "/v1/stages"
    members = MEMBERS
    sort_keys = {
        "position": position_key,
        "code": code_key,
        "start_on": start_on_key,
        "name": name_key,
        "updated_at": updated_at_key,
    }
    search_words = "pemutakhiran daftar pemilih"
    example_filter = {"election": "pilkada-2024"}
    other_list_path = "/v1/regions"
    invalid_queries = (
        ({"kind": "phase"}, "kind", "not_one_of", "substage"),
        ({"status": "over"}, "status", "not_one_of", "undated"),
        ({"round": "0"}, "round", "too_small", "1"),
        ({"round": "10"}, "round", "too_large", "9"),
        ({"round": "+2"}, "round", "not_an_integer", "digits 0-9"),
        ({"election": "pemilu-1955"}, "election", "unknown_code", "/v1/elections"),
        ({"election": "a" * 41}, "election", "too_long", "40"),
        ({"parent": "pu-99"}, "parent", "unknown_code", "/v1/stages"),
        ({"parent": "None"}, "parent", "unknown_code", "/v1/stages"),
        ({"election": "none"}, "election", "unknown_code", "/v1/elections"),
        ({"from": "2024-2-1"}, "from", "not_a_date", "YYYY-MM-DD"),
        ({"to": "2023-02-29"}, "to", "no_such_date", "calendar"),
        ({"from": "2024-02-02", "to": "2024-02-01"}, "to", "to_before_from", "from"),
        ({"from_": "2024-02-02"}, "from_", "unknown_parameter", "from"),
        ({"sort": "round"}, "sort", "not_one_of", "start_on"),
    )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("kind", kind) for kind in ("stage", "substage", "activity", "support")),
            ("round", 1),
            ("round", 2),
        ],
    )
    async def test_filters_select_stages(self, client: httpx.AsyncClient, name: str, value: Any) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if item[name] == value]
        assert expected
        assert await list_items(client, self.path, {name: str(value)}) == expected

    async def test_election_filter_selects_its_stages(self, client: httpx.AsyncClient) -> None:
        everything = await list_items(client, self.path, {})
        counts = Counter(item["election"]["code"] for item in everything)
        assert counts == {"pemilu-2024": 130, "pilkada-2024": 61}
        for election in counts:
            expected = [item for item in everything if item["election"]["code"] == election]
            assert await list_items(client, self.path, {"election": election}) == expected

    async def test_parent_filter_selects_the_parts(self, client: httpx.AsyncClient) -> None:
        """Each stage is listed under its parent only."""
        everything = await list_items(client, self.path, {})
        parents = {item["parent"]["code"] if item["parent"] else "none" for item in everything}
        assert len(parents) > 20
        for parent in parents:
            expected = [item["code"] for item in everything if (item["parent"] or {"code": "none"})["code"] == parent]
            assert await list_codes(client, parent=parent) == expected

    async def test_parent_without_parts_is_an_empty_list(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (({"parent": "pu-08"}, 2), ({"round": "9"}, 1), ({"parent": "none", "round": "9"}, 1)):
            statements.clear()
            response = await self.get(client, params)
            assert (response.status_code, response.json()["items"]) == (200, [])
            assert len(statements) == count

    async def test_parent_of_another_election_is_an_empty_list(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, election="pilkada-2024", parent="pu-01") == []

    async def test_references_carry_the_names(self, client: httpx.AsyncClient) -> None:
        everything = {item["code"]: item for item in await list_items(client, self.path, {})}
        elections = {item["code"]: item["name"] for item in await list_items(client, "/v1/elections", {})}
        for item in everything.values():
            assert item["election"]["name"] == elections[item["election"]["code"]]
            assert item["parent"] is None or item["parent"]["name"] == everything[item["parent"]["code"]]["name"]

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("masa tenang", "pk-b6a"),
            ("quiet period", "pk-b6a"),
            ("masa tenang putaran kedua", "pu-r2c"),
            ("pelantikn ppk", "pk-a4l"),
        ],
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_search_respects_filters(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, q="masa tenang", election="pemilu-2024", round="1") == ["pu-08"]

    async def test_part_may_lie_outside_the_days_of_its_parent(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        await fetch_value(
            own_url,
            "INSERT INTO stages (code, election, parent, position, kind, name, start_on, end_on, round, verified,"
            " \"primary\") VALUES ('late', 'pemilu-2024', 'pu-08', 1, 'activity', 'Late', '2026-01-01', '2026-01-03',"
            " 1, false, false)",
        )
        item = (await own_client.get("/v1/stages/late?as_of=2026-01-02")).json()
        assert (item["parent"]["code"], item["status"]) == ("pu-08", "running")


class TestGetStage(ItemScenarios):
    path = "/v1/stages/pu-08"
    missing_path = "/v1/stages/pu-99"
    members = MEMBERS
    invalid_queries = (
        *ItemScenarios.invalid_queries,
        ({"status": "running"}, "status", "unknown_parameter", "as_of"),
        ({"from": "2024-02-12"}, "from", "unknown_parameter", "as_of"),
    )

    async def test_item_equals_the_list_entry(self, client: httpx.AsyncClient) -> None:
        listed = await list_items(client, "/v1/stages", {"as_of": "2024-02-12"})
        for entry in listed[::19]:
            assert (await client.get(f"/v1/stages/{entry['code']}?as_of=2024-02-12")).json() == entry

    @pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
    async def test_item_exists_on_every_day(self, client: httpx.AsyncClient, day: str) -> None:
        assert (await client.get(f"/v1/stages/pu-08?as_of={day}")).status_code == 200
