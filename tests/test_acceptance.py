"""Acceptance tests on the reference data, for days that anyone can look up."""

import httpx
import pytest

from tests.scenarios import list_items


async def roster(client: httpx.AsyncClient, body: str, day: str) -> list[tuple[str, str, bool]]:
    entries = await list_items(client, f"/v1/organizations/{body}/officials", {"as_of": day})
    return [(entry["office"], entry["standing"], entry["certain"]) for entry in entries]


async def test_regions_are_38_provinces_and_514_regencies_and_cities(client: httpx.AsyncClient) -> None:
    types = [region["type"] for region in await list_items(client, "/v1/regions", {"fields": "type"})]
    assert (types.count("province"), types.count("regency") + types.count("city")) == (38, 514)


@pytest.mark.parametrize(("day", "count"), [({"as_of": "2022-06-14"}, 34), ({}, 38)], ids=["2022-06-14", "today"])
async def test_provincial_commissions_on_two_days(client: httpx.AsyncClient, day: dict[str, str], count: int) -> None:
    bodies = await list_items(client, "/v1/organizations", {"kind": "commission", "level": "province", **day})
    assert len(bodies) == count


async def test_national_roster_on_the_first_day_of_the_stages(client: httpx.AsyncClient) -> None:
    """Seven commissioners and the secretary general."""
    entries = await roster(client, "kpu", "2022-06-14")
    assert entries[0] == ("chair", "definitive", True)
    assert [office for office, _, _ in entries] == ["chair", *["member"] * 6, "secretary_general"]


@pytest.mark.parametrize(("day", "standing"), [("2024-07-10", "acting"), ("2024-08-01", "definitive")])
async def test_chair_is_acting_before_definitive(client: httpx.AsyncClient, day: str, standing: str) -> None:
    (chair,) = await list_items(client, "/v1/organizations/kpu/officials", {"as_of": day, "office": "chair"})
    assert chair["official"]["name"] == "Mochammad Afifuddin"
    assert (chair["standing"], chair["certain"]) == (standing, True)


async def test_roster_of_jakarta_is_certain_in_2022(client: httpx.AsyncClient) -> None:
    entries = await roster(client, "kpu-31", "2022-06-14")
    assert [office for office, _, _ in entries] == ["chair", *["member"] * 6]
    assert all(certain for _, _, certain in entries)


async def test_two_rosters_are_possible_in_2023(client: httpx.AsyncClient) -> None:
    entries = await roster(client, "kpu-31", "2023-06-01")
    assert len(entries) == 13
    assert [office for office, _, _ in entries].count("chair") == 2
    assert not any(certain for _, _, certain in entries)


async def test_former_code_redirects_to_the_present_code(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/regions/91.01?as_of=2022-06-14", follow_redirects=True)
    assert [item.status_code for item in response.history] == [308]
    region = response.json()
    assert (region["code"], region["name"], region["parent"]["code"]) == ("93.01", "Kabupaten Merauke", "91")


async def test_commission_of_unknown_size_has_no_divisions(client: httpx.AsyncClient) -> None:
    seats = {
        body: (await client.get(f"/v1/organizations/{body}")).json()["seats"] for body in ("kpu", "kpu-31", "kpu-32")
    }
    assert seats == {"kpu": 7, "kpu-31": 7, "kpu-32": None}
    assert await list_items(client, "/v1/divisions", {"organization": "kpu-32"}) == []


@pytest.mark.parametrize(("q", "name"), [("Tarmidzi", "Muhammad Tarmizi"), ("asyari", "Hasyim Asy'ari")])
async def test_search_finds_an_official_by_spelling_variants(client: httpx.AsyncClient, q: str, name: str) -> None:
    assert [person["name"] for person in await list_items(client, "/v1/officials", {"q": q})][:1] == [name]


async def test_stages_are_191(client: httpx.AsyncClient) -> None:
    assert len(await list_items(client, "/v1/stages", {"fields": "code"})) == 191


async def running(client: httpx.AsyncClient, day: str) -> list[str]:
    """Return the codes of the top-level stages of Pemilu 2024 that run on a day."""
    params = {"election": "pemilu-2024", "parent": "none", "status": "running", "as_of": day}
    return [stage["code"] for stage in await list_items(client, "/v1/stages", params)]


async def test_first_stage_runs_on_its_first_day(client: httpx.AsyncClient) -> None:
    assert await running(client, "2022-06-13") == []
    assert await running(client, "2022-06-14") == ["pu-01"]


async def test_quiet_period_runs_before_voting_day(client: httpx.AsyncClient) -> None:
    assert "pu-08" in await running(client, "2024-02-12")
    assert "pu-08" not in await running(client, "2024-02-14")


async def test_rakornas_is_served_with_its_sessions(client: httpx.AsyncClient) -> None:
    """The source printed June 2024; the meeting is that of June 2022."""
    for day, meetings in (("2022-06-14", ["rakornas-2022-06"]), ("2024-06-14", [])):
        today = (await client.get(f"/v1/today?as_of={day}")).json()
        assert [meeting["code"] for meeting in today["meetings"]] == meetings
        assert "pu-01" in [stage["code"] for stage in today["running"]]
