# ruff: noqa: RUF012  (what a class says of its endpoint is only read)
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import time_machine
from fastapi import FastAPI

from app.core import clock
from app.core.http.dependencies import get_local_day
from tests.conftest import fetch_value
from tests.scenarios import ListScenarios

OFFICES = ["chair", "member", "secretary", "secretary_general"]


def office_key(entry: Any) -> Any:
    return OFFICES.index(entry["office"]), entry["official"]["name"]


def name_key(entry: Any) -> Any:
    return entry["official"]["name"]


async def list_roster(client: httpx.AsyncClient, organization: str, **params: str) -> list[dict[str, Any]]:
    response = await client.get(f"/v1/organizations/{organization}/officials", params=params)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


class TestListOrganizationOfficials(ListScenarios):
    path = "/v1/organizations/kpu-31/officials"
    base_params = {"as_of": "2023-06-01"}
    members = "official office standing division start_on end_on seen_on certain source verified primary"
    sort_keys = {"office": office_key, "name": name_key}
    search_words = "mu"
    example_filter = {"office": "member"}
    other_list_path = "/v1/organizations/kpu/officials"
    invalid_queries = (
        ({"office": "king"}, "office", "not_one_of", "secretary_general"),
        ({"sort": "code"}, "sort", "not_one_of", "office"),
        ({"standing": "acting"}, "standing", "unknown_parameter", "office"),
        ({"fields": "id"}, "fields", "unknown_field", "certain"),
    )

    async def test_entry_shows_official_division_and_days(self, client: httpx.AsyncClient) -> None:
        (entry,) = await list_roster(client, "kpu", as_of="2024-07-10", office="chair")
        assert entry["official"] == {"id": "01a20c10-0adc-737f-a439-793312cd7c55", "name": "Mochammad Afifuddin"}
        assert entry["division"] == {"code": "ri-6", "name": "Divisi Hukum dan Pengawasan"}
        assert (entry["office"], entry["standing"], entry["certain"]) == ("chair", "acting", True)
        assert (entry["start_on"], entry["end_on"], entry["seen_on"]) == ("2024-07-04", "2024-07-28", None)

    @pytest.mark.parametrize("office", OFFICES)
    async def test_office_filter_selects_entries(self, client: httpx.AsyncClient, office: str) -> None:
        whole = await list_roster(client, "kpu", as_of="2022-06-14")
        expected = [entry for entry in whole if entry["office"] == office]
        assert await list_roster(client, "kpu", as_of="2022-06-14", office=office) == expected

    @pytest.mark.parametrize(
        ("day", "offices"),
        [
            ("2022-04-11", {("chair", True)}),
            ("2022-06-13", {("member", True)}),
            ("2023-01-01", {("chair", False), ("member", False), ("secretary", False)}),
            ("2024-01-01", {("chair", True), ("member", True), ("secretary", True)}),
            ("1900-01-01", set()),
        ],
    )
    async def test_as_of_lists_certain_and_possible_officials(
        self, client: httpx.AsyncClient, day: str, offices: set[tuple[str, bool]]
    ) -> None:
        entries = await list_roster(client, "kpu-31", as_of=day)
        assert {(entry["office"], entry["certain"]) for entry in entries} >= offices
        assert bool(entries) == bool(offices)

    async def test_end_on_is_the_first_day_not_in_office(self, client: httpx.AsyncClient) -> None:
        chairs = [
            [entry["official"]["name"] for entry in await list_roster(client, "kpu", as_of=day, office="chair")]
            for day in ("2024-07-02", "2024-07-03", "2024-07-04")
        ]
        assert chairs == [["Hasyim Asy'ari"], [], ["Mochammad Afifuddin"]]

    @pytest.mark.parametrize(
        ("q", "best"), [("asyari", "Hasyim Asy'ari"), ("ASY\u2019ARI", "Hasyim Asy'ari"), ("idam holik", "Idham Holik")]
    )
    async def test_search_ranks_best_match_first(self, client: httpx.AsyncClient, q: str, best: str) -> None:
        assert (await list_roster(client, "kpu", as_of="2022-06-14", q=q))[0]["official"]["name"] == best

    async def test_search_finds_only_officials_of_the_organization(self, client: httpx.AsyncClient) -> None:
        assert await list_roster(client, "kpu-31", as_of="2022-06-14", q="asyari") == []

    async def test_roster_without_officials_is_empty_after_two_statements(
        self, client: httpx.AsyncClient, statements: list[str]
    ) -> None:
        assert await list_roster(client, "kpu-32") == []
        assert await list_roster(client, "kpu-93", as_of="2022-06-14") == []
        statements.clear()
        await list_roster(client, "kpu-32")
        assert len(statements) == 2

    @pytest.mark.parametrize("code", ["kpu-99", "kpu-91.01"])
    async def test_unknown_organization_runs_two_statements(
        self, client: httpx.AsyncClient, statements: list[str], code: str
    ) -> None:
        await self.get(client)
        statements.clear()
        await client.get(f"/v1/organizations/{code}/officials")
        assert len(statements) == 2

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    async def test_former_code_redirects_to_the_current_one(self, client: httpx.AsyncClient, method: str) -> None:
        query = "as_of=2022-06-14&office=chair"
        response = await client.request(method, f"/v1/organizations/kpu-91.01/officials?{query}")
        assert response.status_code == 308
        assert response.headers["location"] == f"/v1/organizations/kpu-93.01/officials?{query}"

    async def test_unknown_organization_is_404(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/v1/organizations/kpu-99/officials")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    async def test_default_day_is_today(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(date(2022, 6, 14), 60)
        try:
            today = await client.get("/v1/organizations/kpu/officials")
        finally:
            app.dependency_overrides.clear()
        assert today.content == (await client.get("/v1/organizations/kpu/officials?as_of=2022-06-14")).content

    @pytest.mark.parametrize(
        ("zone", "day"), [("Asia/Jakarta", 15), ("Asia/Jayapura", 15), ("America/Los_Angeles", 14), ("UTC", 14)]
    )
    def test_today_depends_on_the_time_zone(self, zone: str, day: int) -> None:
        with time_machine.travel("2022-06-14T17:00:00Z", tick=False):
            assert clock.current_day(ZoneInfo(zone)).day == date(2022, 6, day)

    def test_day_of_a_clock_change_has_another_length(self) -> None:
        with time_machine.travel("2022-03-13T08:00:00Z", tick=False):  # midnight in Los Angeles, summer time begins
            assert clock.current_day(ZoneInfo("America/Los_Angeles")).seconds_left == 23 * 3600

    async def test_response_for_today_expires_at_midnight(self, client: httpx.AsyncClient) -> None:
        with time_machine.travel("2022-06-14T16:59:30Z", tick=False):  # 23:59:30 in Jakarta
            today = await client.get("/v1/organizations/kpu/officials")
            past = await client.get("/v1/organizations/kpu/officials?as_of=2022-06-14")
        assert today.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=0"
        assert past.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"

    async def test_next_page_has_the_same_day(self, client: httpx.AsyncClient) -> None:
        with time_machine.travel("2024-07-02T12:00:00Z", tick=False):
            first = await client.get("/v1/organizations/kpu/officials?page_size=1")
        with time_machine.travel("2024-08-01T12:00:00Z", tick=False):
            rest = await client.get(first.links["next"]["url"].replace("page_size=1", "page_size=50"))
        assert first.json()["items"][0]["official"]["name"] == "Hasyim Asy'ari"
        assert {entry["office"] for entry in rest.json()["items"]} == {"member", "secretary_general"}

    async def test_deletes_do_not_shift_the_next_pages(self, own_client: httpx.AsyncClient, own_url: str) -> None:
        names = [entry["official"]["name"] for entry in await list_roster(own_client, "kpu", as_of="2022-06-14")]
        first = await own_client.get("/v1/organizations/kpu/officials?as_of=2022-06-14&page_size=3")
        await fetch_value(own_url, "DELETE FROM appointments WHERE organization = 'kpu' AND office = 'chair'")
        rest = await own_client.get(first.links["next"]["url"])
        assert [entry["official"]["name"] for entry in rest.json()["items"]] == names[3:6]

    async def test_equal_entries_are_ordered_by_appointment(self, client: httpx.AsyncClient) -> None:
        """One official has two possible appointments on that day, and a page may end between them."""
        for sort in ("name", "-name"):
            params = {"sort": sort, "page_size": "1"}
            entries = []
            response = await self.get(client, params)
            while "next" in response.links:
                entries += response.json()["items"]
                response = await client.get(response.links["next"]["url"])
            entries += response.json()["items"]
            assert entries == (await self.get(client, {"sort": sort})).json()["items"]
            assert len([entry for entry in entries if entry["official"]["name"] == "Muhammad Tarmizi"]) == 2
