# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from typing import Any

import httpx
import pytest

from tests.conftest import fetch_value
from tests.scenarios import ItemScenarios, ListScenarios, assert_invalid, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code name name_en type parent iso_3166_2 capital time_zone valid_from formed_by split_from previous_codes"
    " autonomous source verified primary revision updated_at"
)
FORMER_PROVINCES = {
    "93": ("91", "2022-07-25"),
    "94": ("91", "2022-07-25"),
    "95": ("91", "2022-07-25"),
    "96": ("92", "2022-12-08"),
}
"""The new provinces, each with the province from which it was formed and its first day."""
SOUTH_PAPUA = ["93.01", "93.02", "93.03", "93.04"]


async def list_codes(client: httpx.AsyncClient, **params: str) -> list[str]:
    return [item["code"] for item in await list_items(client, "/v1/regions", {"fields": "code", **params})]


class TestListRegions(ListScenarios):
    path = "/v1/regions"
    members = MEMBERS
    sort_keys = {"code": code_key, "name": name_key, "updated_at": updated_at_key}
    search_words = "jawa tengah"  # most of what it finds is 0.4166… away: a token must carry what Postgres compares
    example_filter = {"type": "city"}
    other_list_path = "/v1/organizations"
    invalid_queries = (
        ({"type": "village"}, "type", "not_one_of", "province"),
        ({"type": "Province"}, "type", "not_one_of", "province"),
        ({"parent": "99"}, "parent", "unknown_code", "/v1/regions"),
        ({"parent": "a" * 41}, "parent", "too_long", "40"),
    )

    async def test_default_page_size_is_50(self, client: httpx.AsyncClient) -> None:
        assert len((await self.get(client)).json()["items"]) == 50

    @pytest.mark.parametrize(("type_", "count"), [("province", 38), ("regency", 416), ("city", 98)])
    async def test_type_filter_selects_regions(self, client: httpx.AsyncClient, type_: str, count: int) -> None:
        items = await list_items(client, self.path, {"type": type_})
        assert {item["type"] for item in items} == {type_}
        assert len(items) == count

    async def test_parent_filter_selects_regions(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, parent="93") == SOUTH_PAPUA
        assert await list_codes(client, parent="31", type="regency") == ["31.01"]
        assert await list_codes(client, parent="31.01") == []

    @pytest.mark.parametrize(
        ("day", "provinces"),
        [
            ("1900-01-01", 34),
            ("2022-07-24", 34),
            ("2022-07-25", 37),
            ("2022-12-07", 37),
            ("2022-12-08", 38),
            ("2199-12-31", 38),
        ],
    )
    async def test_as_of_selects_provinces_formed_by_then(
        self, client: httpx.AsyncClient, day: str, provinces: int
    ) -> None:
        assert len(await list_codes(client, type="province", as_of=day)) == provinces

    @pytest.mark.parametrize(("day", "former"), [("2022-07-24", True), ("2022-07-25", False)])
    async def test_parent_filter_uses_the_parent_on_as_of(
        self, client: httpx.AsyncClient, day: str, former: bool
    ) -> None:
        """Before a province was formed, its regions belonged to the former one, shown under their present codes."""
        assert set(SOUTH_PAPUA) <= set(await list_codes(client, parent="91" if former else "93", as_of=day))
        assert not set(SOUTH_PAPUA) & set(await list_codes(client, parent="93" if former else "91", as_of=day))

    async def test_parent_filter_matches_the_shown_parent(self, client: httpx.AsyncClient) -> None:
        items = await list_items(client, self.path, {"parent": "92", "as_of": "2022-12-07"})
        assert {item["parent"]["code"] for item in items} == {"92"}
        assert {"96.01", "96.71"} <= {item["code"] for item in items}

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("ACEH", ["11"]),
            ("tapsel", []),
            ("pápua", ["91"]),
            ("\uff30\uff21\uff30\uff35\uff21", ["91"]),
            ("west java", ["32"]),
            ("manokwari", ["92", "92.02"]),
            ("yogyakrta", ["34", "34.71"]),
            ("kota bandung", ["32.73"]),
            ("bandung barat", ["32.17"]),
            ("asy'ari", []),
            ("''", []),
            ("  ", []),
            ("%_", []),
        ],
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: list[str]) -> None:
        found = await list_codes(client, q=q)
        assert found[: len(best)] == best
        assert bool(found) == bool(best)

    @pytest.mark.parametrize("day", ["1900-01-01", "2022-07-24", "2022-07-25"])
    async def test_only_regions_of_new_provinces_had_a_former_parent(self, client: httpx.AsyncClient, day: str) -> None:
        former = {code: province for code, (province, until) in FORMER_PROVINCES.items() if day < until}
        for item in await list_items(client, self.path, {"as_of": day, "fields": "code,parent"}):
            parent = item["parent"] and item["parent"]["code"]
            assert parent == former.get(item["code"][:2], item["code"][:2] if "." in item["code"] else None), item

    async def test_search_respects_filters(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, q="papua", type="province") == ["91", "92", "93", "94", "95", "96"]
        assert await list_codes(client, q="papua", type="province", as_of="2022-06-14") == ["91", "92"]

    async def test_empty_list_runs_a_second_statement_to_check_references(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (
            ({"parent": "31"}, 1),
            ({"parent": "31.01"}, 2),
            ({"parent": "99"}, 2),
            ({"q": "xyzzy"}, 1),
        ):
            statements.clear()
            await self.get(client, params)
            assert len(statements) == count

    async def test_inserts_and_deletes_do_not_shift_the_next_pages(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        before = await list_codes(own_client, parent="91")
        first = await own_client.get(self.path, params={"parent": "91", "page_size": "3"})
        await fetch_value(own_url, "DELETE FROM organizations WHERE region = ANY($1)", before[1:4])
        await fetch_value(own_url, "DELETE FROM regions WHERE code = ANY($1)", before[1:4])
        for code in ("91.00", "91.99"):
            await fetch_value(own_url, INSERT_REGION, code, "Kabupaten Baru", "regency", "91")
        rest = await own_client.get(first.links["next"]["url"])
        assert [item["code"] for item in rest.json()["items"]] == before[4:7]
        last = await own_client.get(rest.links["next"]["url"])
        assert [item["code"] for item in last.json()["items"]] == [*before[7:], "91.99"]

    async def test_equal_names_are_ordered_by_code(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        for number in (3, 1, 2):
            await fetch_value(own_url, INSERT_REGION, f"91.9{number}", "Kabupaten Sama", "regency", "91")
        for params in ({"q": "Kabupaten Sama", "parent": "91"}, {"sort": "name", "parent": "91"}):
            found = [item["code"] for item in await list_items(own_client, self.path, params, page_size=1)]
            assert [code for code in found if code.startswith("91.9")] == ["91.91", "91.92", "91.93"]
        down = await list_items(own_client, self.path, {"sort": "-name", "parent": "91"}, page_size=1)
        assert [item["code"] for item in down if item["code"].startswith("91.9")] == ["91.93", "91.92", "91.91"]


INSERT_REGION = """INSERT INTO regions (code, name, type, parent, time_zone, autonomous, verified, "primary")
    VALUES ($1, $2, $3, $4, 'Asia/Jayapura', true, false, false)"""


class TestGetRegion(ItemScenarios):
    path = "/v1/regions/93.01"
    missing_path = "/v1/regions/99"
    members = MEMBERS

    async def test_document_shows_former_codes_and_provenance(self, client: httpx.AsyncClient) -> None:
        region: dict[str, Any] = (await self.get(client)).json()
        assert region["parent"] == {"code": "93", "name": "Papua Selatan"}
        assert region["previous_codes"] == [{"code": "91.01", "parent": {"code": "91", "name": "Papua"}, "until": None}]
        province = (await client.get("/v1/regions/93")).json()
        assert (province["parent"], province["valid_from"], province["formed_by"]) == (None, "2022-07-25", "UU 14/2022")
        assert province["split_from"] == {"code": "91", "name": "Papua"}
        assert province["iso_3166_2"] == "ID-PS"

    async def test_as_of_shows_the_parent_on_that_day(self, client: httpx.AsyncClient) -> None:
        for day, parent in (("2022-07-24", "91"), ("2022-07-25", "93")):
            region = (await self.get(client, {"as_of": day})).json()
            assert (region["code"], region["parent"]["code"]) == ("93.01", parent)

    async def test_province_before_its_formation_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/regions/93?as_of=2022-07-24")).status_code == 404
        assert (await client.get("/v1/regions/93?as_of=2022-07-25")).status_code == 200

    async def test_parent_changes_on_the_day_the_former_code_ended(
        self, own_client: httpx.AsyncClient, own_url: str
    ) -> None:
        """`until` is the first day without the former code: from then on the region has its present parent."""
        await fetch_value(own_url, "UPDATE region_codes SET until = '2022-07-01' WHERE region = '93.01'")
        parents = [
            (await own_client.get(self.path, params={"as_of": day})).json()["parent"]["code"]
            for day in ("2022-06-30", "2022-07-01")
        ]
        assert parents == ["91", "93"]

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("query", ["", "?as_of=2022-06-14&fields=code,name"])
    async def test_former_code_redirects_to_the_present_code(
        self, client: httpx.AsyncClient, statements: list[str], method: str, query: str
    ) -> None:
        response = await client.request(method, f"/v1/regions/91.01{query}")
        assert (response.status_code, response.headers["location"]) == (308, f"/v1/regions/93.01{query}")
        assert len(statements) <= 2

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("query", ["", "?sort=-revision&fields=revision,at"])
    async def test_revisions_of_a_former_code_redirect_too(
        self, client: httpx.AsyncClient, method: str, query: str
    ) -> None:
        response = await client.request(method, f"/v1/regions/91.01/revisions{query}")
        assert (response.status_code, response.headers["location"]) == (308, f"/v1/regions/93.01/revisions{query}")
        assert (await client.get(response.headers["location"])).status_code == 200

    async def test_former_code_with_unknown_parameter_is_422(self, client: httpx.AsyncClient) -> None:
        assert_invalid(await client.get("/v1/regions/91.01?colour=red"), "colour", "unknown_parameter")

    @pytest.mark.parametrize("code", ["", "31/", "31.71.01", "%20", "ké", "31%2E", "9" * 1000])
    async def test_malformed_code_is_404(self, client: httpx.AsyncClient, code: str) -> None:
        response = await client.get(f"/v1/regions/{code}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
