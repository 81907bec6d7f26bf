# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.scenarios import ItemScenarios, ListScenarios, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code name name_en kind voting_on legal_basis decided_on stages_url source verified primary revision updated_at"
)
KINDS = ("general", "regional_head")


def voting_on_key(election: Any) -> Any:
    """Return the sort key for `sort=voting_on`: by day, and without a day last."""
    return election["voting_on"] or "9999-12-31", election["code"]


class TestListElections(ListScenarios):
    path = "/v1/elections"
    members = MEMBERS
    has_as_of = False
    sort_keys = {"code": code_key, "name": name_key, "voting_on": voting_on_key, "updated_at": updated_at_key}
    search_words = "pemilihan"
    example_filter = {"kind": "general"}
    other_list_path = "/v1/regions"
    invalid_queries = (
        ({"kind": "village"}, "kind", "not_one_of", "regional_head"),
        ({"kind": "General"}, "kind", "not_one_of", "general"),
        ({"sort": "decided_on"}, "sort", "not_one_of", "voting_on"),
        ({"as_of": "2022-06-14"}, "as_of", "unknown_parameter", "kind"),
        ({"from": "2022-06-14"}, "from", "unknown_parameter", "kind"),
    )

    @pytest.mark.parametrize("kind", KINDS)
    async def test_kind_filter_selects_elections(self, client: httpx.AsyncClient, kind: str) -> None:
        expected = [item for item in await list_items(client, self.path, {}) if item["kind"] == kind]
        assert len(expected) == 5
        assert await list_items(client, self.path, {"kind": kind}) == expected

    async def test_pages_split_elections_with_equal_or_missing_voting_day(self, client: httpx.AsyncClient) -> None:
        """Pages also end between elections without a known day."""
        for sort in ("voting_on", "-voting_on"):
            whole = await list_items(client, self.path, {"sort": sort})
            assert await list_items(client, self.path, {"sort": sort}, 1) == whole

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("pemilu 2024", "pemilu-2024"),
            ("pilkada 2024", "pilkada-2024"),
            ("regional head", "pilkada-2024"),
            ("1955", "pemilu-1955"),
            ("EKA", "pilkada-2015"),
        ],
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await self.get(client, {"q": q})).json()["items"][0]["code"] == best

    async def test_search_respects_the_kind_filter(self, client: httpx.AsyncClient) -> None:
        found = await list_items(client, self.path, {"q": "pemilihan", "kind": "regional_head"})
        assert {item["kind"] for item in found} == {"regional_head"}


class TestGetElection(ItemScenarios):
    path = "/v1/elections/pemilu-1955"
    missing_path = "/v1/elections/pemilu-1945"
    members = MEMBERS
    has_as_of = False
    invalid_queries = (
        *ItemScenarios.invalid_queries,
        ({"kind": "general"}, "kind", "unknown_parameter", "fields"),
        ({"as_of": "2022-06-14"}, "as_of", "unknown_parameter", "fields"),
    )

    async def test_item_equals_the_list_entry(self, client: httpx.AsyncClient) -> None:
        for entry in await list_items(client, "/v1/elections", {}):
            assert (await client.get(f"/v1/elections/{entry['code']}")).json() == entry

    @pytest.mark.parametrize(
        ("code", "kind", "voting_on", "decided_on"),
        [
            ("pemilu-2024", "general", "2024-02-14", "2022-06-09"),
            ("pilkada-2024", "regional_head", "2024-11-27", "2024-01-26"),
        ],
    )
    async def test_reference_elections_have_their_dates(
        self, client: httpx.AsyncClient, code: str, kind: str, voting_on: str, decided_on: str
    ) -> None:
        item = (await client.get(f"/v1/elections/{code}")).json()
        assert (item["kind"], item["voting_on"], item["decided_on"]) == (kind, voting_on, decided_on)

    @pytest.mark.parametrize(("code", "count"), [("pemilu-2024", 130), ("pilkada-2024", 61), ("pemilu-1955", 0)])
    async def test_stages_url_lists_its_stages(self, client: httpx.AsyncClient, code: str, count: int) -> None:
        item = (await client.get(f"/v1/elections/{code}")).json()
        response = await client.get(f"{item['stages_url']}&page_size=200")
        assert len(response.json()["items"]) == count
        assert {entry["election"]["code"] for entry in response.json()["items"]} <= {code}

    async def test_voting_day_equals_the_voting_stage(self, client: httpx.AsyncClient) -> None:
        """elections.csv and stages.csv agree."""
        for code, stage in (("pemilu-2024", "pu-09a"), ("pilkada-2024", "pk-b7")):
            item = (await client.get(f"/v1/elections/{code}")).json()
            assert (await client.get(f"/v1/stages/{stage}")).json()["start_on"] == item["voting_on"]

    async def test_update_increments_the_revision(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        before = await own_client.get("/v1/elections/pemilu-2024")
        await fetch_value(own_url, "UPDATE elections SET name_en = 'General Election 2024' WHERE code = 'pemilu-2024'")
        after = await own_client.get("/v1/elections/pemilu-2024", headers={"If-None-Match": before.headers["etag"]})
        assert (after.status_code, after.json()["revision"]) == (200, 2)
        assert after.json()["updated_at"] > before.json()["updated_at"]
