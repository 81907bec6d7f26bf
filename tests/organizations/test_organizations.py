# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
import httpx
import pytest

from tests.conftest import fetch_value
from tests.regions.test_regions import FORMER_PROVINCES
from tests.scenarios import ItemScenarios, ListScenarios, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code name name_en short_name kind level sector parent region time_zone role seats established_on dissolved_on"
    " source verified primary revision updated_at"
)
KINDS = ("commission", "agency")
LEVELS = ("national", "province", "regency")
SECTORS = ("court", "security", "audit", "local_government", "election_body")


async def list_codes(client: httpx.AsyncClient, **params: str) -> list[str]:
    return [item["code"] for item in await list_items(client, "/v1/organizations", {"fields": "code", **params})]


class TestListOrganizations(ListScenarios):
    path = "/v1/organizations"
    members = MEMBERS
    sort_keys = {"code": code_key, "name": name_key, "updated_at": updated_at_key}
    search_words = "kementerian"
    example_filter = {"kind": "agency"}
    other_list_path = "/v1/regions"
    invalid_queries = (
        ({"kind": "court"}, "kind", "not_one_of", "commission"),
        ({"level": "city"}, "level", "not_one_of", "regency"),
        ({"sector": "church"}, "sector", "not_one_of", "law_enforcement"),
        ({"parent": "kpu-99"}, "parent", "unknown_code", "/v1/organizations"),
        ({"region": "99"}, "region", "unknown_code", "/v1/regions"),
        ({"region": "31", "parent": "bawaslu", "level": ""}, "level", "empty_parameter", "value"),
    )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("kind", kind) for kind in KINDS),
            *(("level", level) for level in LEVELS),
            *(("sector", sector) for sector in SECTORS),
        ],
    )
    async def test_filters_select_organizations(self, client: httpx.AsyncClient, name: str, value: str) -> None:
        everything = await list_items(client, self.path, {})
        expected = [item for item in everything if item[name] == value]
        assert expected
        assert await list_items(client, self.path, {name: value}) == expected

    async def test_parent_and_region_filters_select_organizations(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, parent="kpu-31") == [
            f"kpu-31.{end}" for end in ("01", "71", "72", "73", "74", "75")
        ]
        assert await list_codes(client, region="31") == ["kpu-31"]
        assert await list_codes(client, region="31", kind="agency") == []
        assert len(await list_codes(client, parent="kpu")) == 38

    @pytest.mark.parametrize(
        ("day", "count"), [("2022-07-24", 34), ("2022-07-25", 37), ("2022-12-07", 37), ("2022-12-08", 38)]
    )
    async def test_as_of_selects_commissions_of_provinces_formed_by_then(
        self, client: httpx.AsyncClient, day: str, count: int
    ) -> None:
        assert len(await list_codes(client, kind="commission", level="province", as_of=day)) == count

    @pytest.mark.parametrize(("day", "former"), [("2022-12-07", True), ("2022-12-08", False)])
    async def test_parent_filter_uses_the_parent_on_as_of(
        self, client: httpx.AsyncClient, day: str, former: bool
    ) -> None:
        """Before its province was formed, a commission was below the commission of the former province."""
        parent, elsewhere = ("kpu-92", "kpu-96") if former else ("kpu-96", "kpu-92")
        assert "kpu-96.01" in await list_codes(client, parent=parent, as_of=day)
        assert "kpu-96.01" not in await list_codes(client, parent=elsewhere, as_of=day)

    @pytest.mark.parametrize("day", ["1900-01-01", "2022-07-24", "2022-07-25"])
    async def test_only_commissions_of_new_provinces_had_a_former_parent(
        self, client: httpx.AsyncClient, day: str
    ) -> None:
        former = {code: province for code, (province, until) in FORMER_PROVINCES.items() if day < until}
        params = {"as_of": day, "fields": "code,parent", "kind": "commission"}
        for item in await list_items(client, self.path, params):
            above, _, region = item["code"].partition("-")
            province = former.get(region[:2], region[:2])
            expected = f"{above}-{province}" if "." in region else above if region else None
            assert (item["parent"] and item["parent"]["code"]) == expected, item

    async def test_parent_filter_with_as_of_finds_unchanged_parents(self, client: httpx.AsyncClient) -> None:
        assert await list_codes(client, parent="kpu-31", as_of="2022-06-14") == await list_codes(
            client, parent="kpu-31"
        )
        assert len(await list_codes(client, parent="kpu", as_of="2022-06-14")) == 34

    async def test_as_of_excludes_the_day_of_the_dissolution(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url,
            "UPDATE organizations SET established_on = '2001-02-03', dissolved_on = '2010-05-06' WHERE code = 'bkn'",
        )
        for day, count in (("2001-02-02", 0), ("2001-02-03", 1), ("2010-05-05", 1), ("2010-05-06", 0)):
            assert (await list_codes(own_client, kind="agency", as_of=day)).count("bkn") == count
            assert (await own_client.get(f"/v1/organizations/bkn?as_of={day}")).status_code == (200 if count else 404)
        assert "bkn" in await list_codes(own_client, kind="agency")

    @pytest.mark.parametrize(
        ("q", "best"),
        [
            ("bawaslu", "bawaslu"),
            ("KEMENDAGRI", "kemendagri"),
            ("constitutional court", "mk"),
            ("kementrian keuangan", "kemenkeu"),
            ("komisi pemilihan umum", "kpu"),
            ("kpu kota jakarta pusat", "kpu-31.71"),
        ],
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await list_codes(client, q=q))[0] == best

    async def test_empty_list_runs_a_second_statement_to_check_references(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        await self.get(client)
        for params, count in (
            ({"parent": "kpu", "region": "31"}, 1),
            ({"parent": "bawaslu", "region": "31"}, 2),
            ({"parent": "nobody", "region": "99"}, 2),
            ({"sector": "audit", "level": "regency"}, 1),
        ):
            statements.clear()
            await self.get(client, params)
            assert len(statements) == count

    async def test_error_names_all_unknown_codes(self, client: httpx.AsyncClient) -> None:
        errors = (await self.get(client, {"parent": "nobody", "region": "99"})).json()["errors"]
        assert [(error["parameter"], error["code"]) for error in errors] == [
            ("parent", "unknown_code"),
            ("region", "unknown_code"),
        ]


class TestGetOrganization(ItemScenarios):
    path = "/v1/organizations/kemendagri"
    missing_path = "/v1/organizations/kpu-99"
    members = MEMBERS

    @pytest.mark.parametrize(
        ("code", "seats"), [("kpu", 7), ("kpu-31", 7), ("kpu-31.71", 5), ("kpu-32", None), ("bawaslu", None)]
    )
    async def test_seats_are_the_size_of_a_commission(
        self, client: httpx.AsyncClient, code: str, seats: int | None
    ) -> None:
        assert (await client.get(f"/v1/organizations/{code}")).json()["seats"] == seats

    async def test_document_shows_parent_and_region(self, client: httpx.AsyncClient) -> None:
        body = (await client.get("/v1/organizations/kpu-31.71")).json()
        assert (body["kind"], body["level"]) == ("commission", "regency")
        assert body["parent"]["code"] == "kpu-31"
        assert body["region"] == {"code": "31.71", "name": "Kota Administrasi Jakarta Pusat"}
        national = (await client.get("/v1/organizations/kpu")).json()
        assert (national["parent"], national["region"]) == (None, None)

    async def test_as_of_shows_the_parent_on_that_day(self, client: httpx.AsyncClient) -> None:
        for day, parent in (("2022-07-24", "kpu-91"), ("2022-07-25", "kpu-93")):
            body = (await client.get(f"/v1/organizations/kpu-93.01?as_of={day}")).json()
            assert (body["code"], body["parent"]["code"]) == ("kpu-93.01", parent)

    @pytest.mark.parametrize("query", ["", "?as_of=2022-06-14&fields=code,parent"])
    async def test_former_code_redirects_to_the_current_one(
        self, client: httpx.AsyncClient, statements: list[str], query: str
    ) -> None:
        response = await client.get(f"/v1/organizations/kpu-91.01{query}")
        assert (response.status_code, response.headers["location"]) == (308, f"/v1/organizations/kpu-93.01{query}")
        assert len(statements) <= 2

    @pytest.mark.parametrize("code", ["91.01", "bawaslu-91.01", "KPU", "kpu-91.01.", "kpu%2091.01"])
    async def test_unknown_code_is_404(self, client: httpx.AsyncClient, code: str) -> None:
        assert (await client.get(f"/v1/organizations/{code}")).status_code == 404

    async def test_agency_keeps_its_parent_on_any_day(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url,
            'INSERT INTO organizations (code, name, kind, parent, region, verified, "primary")'
            " VALUES ('pemda', 'Pemda', 'agency', 'kemendagri', '93.01', true, false)",
        )
        body = (await own_client.get("/v1/organizations/pemda?as_of=2022-06-14")).json()
        assert body["parent"]["code"] == "kemendagri"


class TestSearchOrganizations:
    """All words of `q` count, not only the one with which most names begin."""

    @pytest.mark.parametrize(
        ("q", "best"), [("KPU DKI", "kpu-31"), ("kpu kota surabaya", "kpu-35.78"), ("bawaslu", "bawaslu")]
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await client.get("/v1/organizations", params={"q": q})).json()["items"][0]["code"] == best
