# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
import httpx
import pytest

from tests.conftest import fetch_value
from tests.regions.test_regions import FORMER
from tests.scenarios import ItemScenarios, ListScenarios, code_key, list_items, name_key, updated_at_key

MEMBERS = (
    "code name name_en short_name kind level sector parent region time_zone role seats established_on dissolved_on"
    " source verified primary revision updated_at"
)
KINDS = ("commission", "agency")
LEVELS = ("national", "province", "regency")
SECTORS = ("court", "security", "audit", "local_government", "election_body")


async def codes(client: httpx.AsyncClient, **params: str) -> list[str]:
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
            *(("level", one) for one in LEVELS),
            *(("sector", one) for one in SECTORS),
        ],
    )
    async def test_by_what_it_is(self, client: httpx.AsyncClient, name: str, value: str) -> None:
        everything = await list_items(client, self.path, {})
        expected = [item for item in everything if item[name] == value]
        assert expected
        assert await list_items(client, self.path, {name: value}) == expected

    async def test_by_parent_and_region(self, client: httpx.AsyncClient) -> None:
        assert await codes(client, parent="kpu-31") == [f"kpu-31.{end}" for end in ("01", "71", "72", "73", "74", "75")]
        assert await codes(client, region="31") == ["kpu-31"]
        assert await codes(client, region="31", kind="agency") == []
        assert len(await codes(client, parent="kpu")) == 38

    @pytest.mark.parametrize(
        ("day", "count"), [("2022-07-24", 34), ("2022-07-25", 37), ("2022-12-07", 37), ("2022-12-08", 38)]
    )
    async def test_provincial_commissions_of_a_day(self, client: httpx.AsyncClient, day: str, count: int) -> None:
        assert len(await codes(client, kind="commission", level="province", as_of=day)) == count

    @pytest.mark.parametrize(("day", "former"), [("2022-12-07", True), ("2022-12-08", False)])
    async def test_by_the_parent_of_a_day(self, client: httpx.AsyncClient, day: str, former: bool) -> None:
        """A commission follows its region: before its province was formed it stood under the former province's."""
        there, elsewhere = ("kpu-92", "kpu-96") if former else ("kpu-96", "kpu-92")
        assert "kpu-96.01" in await codes(client, parent=there, as_of=day)
        assert "kpu-96.01" not in await codes(client, parent=elsewhere, as_of=day)

    @pytest.mark.parametrize("day", ["1900-01-01", "2022-07-24", "2022-07-25"])
    async def test_only_commissions_of_new_provinces_stood_under_another(
        self, client: httpx.AsyncClient, day: str
    ) -> None:
        former = {code: province for code, (province, until) in FORMER.items() if day < until}
        params = {"as_of": day, "fields": "code,parent", "kind": "commission"}
        for item in await list_items(client, self.path, params):
            above, _, region = item["code"].partition("-")
            province = former.get(region[:2], region[:2])
            expected = f"{above}-{province}" if "." in region else above if region else None
            assert (item["parent"] and item["parent"]["code"]) == expected, item

    async def test_by_a_parent_that_never_changed_on_a_day(self, client: httpx.AsyncClient) -> None:
        assert await codes(client, parent="kpu-31", as_of="2022-06-14") == await codes(client, parent="kpu-31")
        assert len(await codes(client, parent="kpu", as_of="2022-06-14")) == 34

    async def test_dissolved_is_the_first_day_without(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url,
            "UPDATE organizations SET established_on = '2001-02-03', dissolved_on = '2010-05-06' WHERE code = 'bkn'",
        )
        for day, there in (("2001-02-02", 0), ("2001-02-03", 1), ("2010-05-05", 1), ("2010-05-06", 0)):
            assert (await codes(own_client, kind="agency", as_of=day)).count("bkn") == there
            assert (await own_client.get(f"/v1/organizations/bkn?as_of={day}")).status_code == (200 if there else 404)
        assert "bkn" in await codes(own_client, kind="agency")

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
    async def test_search_finds_the_best_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await codes(client, q=q))[0] == best

    async def test_one_statement_more_to_tell_empty_from_unknown(
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

    async def test_all_unknown_codes_are_named(self, client: httpx.AsyncClient) -> None:
        errors = (await self.get(client, {"parent": "nobody", "region": "99"})).json()["errors"]
        assert [(error["parameter"], error["code"]) for error in errors] == [
            ("parent", "unknown_code"),
            ("region", "unknown_code"),
        ]


class TestReadOrganization(ItemScenarios):
    path = "/v1/organizations/kemendagri"
    missing_path = "/v1/organizations/kpu-99"
    members = MEMBERS

    @pytest.mark.parametrize(
        ("code", "seats"), [("kpu", 7), ("kpu-31", 7), ("kpu-31.71", 5), ("kpu-32", None), ("bawaslu", None)]
    )
    async def test_a_bodys_size(self, client: httpx.AsyncClient, code: str, seats: int | None) -> None:
        assert (await client.get(f"/v1/organizations/{code}")).json()["seats"] == seats

    async def test_the_document(self, client: httpx.AsyncClient) -> None:
        body = (await client.get("/v1/organizations/kpu-31.71")).json()
        assert (body["kind"], body["level"]) == ("commission", "regency")
        assert body["parent"]["code"] == "kpu-31"
        assert body["region"] == {"code": "31.71", "name": "Kota Administrasi Jakarta Pusat"}
        national = (await client.get("/v1/organizations/kpu")).json()
        assert (national["parent"], national["region"]) == (None, None)

    async def test_the_parent_of_a_day(self, client: httpx.AsyncClient) -> None:
        for day, parent in (("2022-07-24", "kpu-91"), ("2022-07-25", "kpu-93")):
            body = (await client.get(f"/v1/organizations/kpu-93.01?as_of={day}")).json()
            assert (body["code"], body["parent"]["code"]) == ("kpu-93.01", parent)

    @pytest.mark.parametrize("query", ["", "?as_of=2022-06-14&fields=code,parent"])
    async def test_a_former_code_leads_to_todays(
        self, client: httpx.AsyncClient, statements: list[str], query: str
    ) -> None:
        answer = await client.get(f"/v1/organizations/kpu-91.01{query}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/organizations/kpu-93.01{query}")
        assert len(statements) <= 2

    @pytest.mark.parametrize("code", ["91.01", "bawaslu-91.01", "KPU", "kpu-91.01.", "kpu%2091.01"])
    async def test_what_is_no_code_is_not_found(self, client: httpx.AsyncClient, code: str) -> None:
        assert (await client.get(f"/v1/organizations/{code}")).status_code == 404

    async def test_an_agency_does_not_follow_its_region(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        await fetch_value(
            own_url,
            'INSERT INTO organizations (code, name, kind, parent, region, verified, "primary")'
            " VALUES ('pemda', 'Pemda', 'agency', 'kemendagri', '93.01', true, false)",
        )
        body = (await own_client.get("/v1/organizations/pemda?as_of=2022-06-14")).json()
        assert body["parent"]["code"] == "kemendagri"


class TestSearchOrganizations:
    """All the words count, not only the one that most names begin with."""

    @pytest.mark.parametrize(
        ("q", "best"), [("KPU DKI", "kpu-31"), ("kpu kota surabaya", "kpu-35.78"), ("bawaslu", "bawaslu")]
    )
    async def test_the_one_that_is_meant_comes_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await client.get("/v1/organizations", params={"q": q})).json()["items"][0]["code"] == best
