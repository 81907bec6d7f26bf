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


def of_start(stage: Any) -> Any:
    """By the first day that is known, and what has none last."""
    return date.fromisoformat(stage["start_on"] or stage["end_on"] or "9999-12-31"), stage["code"]


async def codes(client: httpx.AsyncClient, **params: str) -> list[str]:
    return [item["code"] for item in await list_items(client, "/v1/stages", {"fields": "code", **params})]


def in_order(item: Any) -> Any:
    """The parts of one stage by their position, after those of the top level."""
    parent = item["parent"]["code"] if item["parent"] else ""
    return item["election"]["code"], parent, item["position"], item["code"]


class TestListStages(ListScenarios):
    path = "/v1/stages"
    members = MEMBERS
    sort_keys = {
        "position": in_order,
        "code": code_key,
        "start_on": of_start,
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
        ({"round": "+2"}, "round", "not_an_integer", "ASCII digits"),
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
    async def test_by_what_it_is(self, client: httpx.AsyncClient, name: str, value: Any) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if item[name] == value]
        assert expected
        assert await list_items(client, self.path, {name: str(value)}) == expected

    async def test_by_election(self, client: httpx.AsyncClient) -> None:
        everything = await list_items(client, self.path, {})
        counts = Counter(item["election"]["code"] for item in everything)
        assert counts == {"pemilu-2024": 130, "pilkada-2024": 61}
        for election in counts:
            expected = [item for item in everything if item["election"]["code"] == election]
            assert await list_items(client, self.path, {"election": election}) == expected

    async def test_by_parent(self, client: httpx.AsyncClient) -> None:
        """Each stage is found below its parent, and only there."""
        everything = await list_items(client, self.path, {})
        parents = {item["parent"]["code"] if item["parent"] else "none" for item in everything}
        assert len(parents) > 20
        for parent in parents:
            expected = [item["code"] for item in everything if (item["parent"] or {"code": "none"})["code"] == parent]
            assert await codes(client, parent=parent) == expected

    async def test_a_stage_without_parts_is_no_unknown_one(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (({"parent": "pu-08"}, 2), ({"round": "9"}, 1), ({"parent": "none", "round": "9"}, 1)):
            statements.clear()
            answer = await self.get(client, params)
            assert (answer.status_code, answer.json()["items"]) == (200, [])
            assert len(statements) == count

    async def test_a_parent_of_another_election_leaves_nothing(self, client: httpx.AsyncClient) -> None:
        assert await codes(client, election="pilkada-2024", parent="pu-01") == []

    async def test_mentions(self, client: httpx.AsyncClient) -> None:
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
    async def test_search_finds_the_best_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_search_within_filters(self, client: httpx.AsyncClient) -> None:
        assert await codes(client, q="masa tenang", election="pemilu-2024", round="1") == ["pu-08"]

    async def test_a_part_may_lie_outside_the_whole(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url,
            "INSERT INTO stages (code, election, parent, position, kind, name, start_on, end_on, round, verified,"
            " \"primary\") VALUES ('late', 'pemilu-2024', 'pu-08', 1, 'activity', 'Late', '2026-01-01', '2026-01-03',"
            " 1, false, false)",
        )
        item = (await own_client.get("/v1/stages/late?as_of=2026-01-02")).json()
        assert (item["parent"]["code"], item["status"]) == ("pu-08", "running")


class TestReadStage(ItemScenarios):
    path = "/v1/stages/pu-08"
    missing_path = "/v1/stages/pu-99"
    members = MEMBERS
    invalid_queries = (
        *ItemScenarios.invalid_queries,
        ({"status": "running"}, "status", "unknown_parameter", "as_of"),
        ({"from": "2024-02-12"}, "from", "unknown_parameter", "as_of"),
    )

    async def test_it_is_what_the_list_shows(self, client: httpx.AsyncClient) -> None:
        listed = await list_items(client, "/v1/stages", {"as_of": "2024-02-12"})
        for one in listed[::19]:
            assert (await client.get(f"/v1/stages/{one['code']}?as_of=2024-02-12")).json() == one

    @pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
    async def test_it_is_there_on_every_day(self, client: httpx.AsyncClient, day: str) -> None:
        assert (await client.get(f"/v1/stages/pu-08?as_of={day}")).status_code == 200
