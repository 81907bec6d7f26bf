"""The default day is that of Jakarta, in any time zone of the machine."""

from datetime import date

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.http.dependencies import get_local_day
from app.settings import Settings
from tests.conftest import connect_client, run_application
from tests.scenarios import list_items
from tests.stages.expected_days import MACHINE_ZONES, expected_day_members, freeze_clock

LAST_SECOND, MIDNIGHT = "2022-06-13T16:59:59Z", "2022-06-13T17:00:00Z"
"""The last second in Jakarta before the stages of Pemilu 2024 began, and the first one after."""
PATHS = ("/v1/stages", "/v1/stages/pu-01", "/v1/elections/pemilu-2024/tree", "/v1/today")


@pytest.mark.parametrize("zone", MACHINE_ZONES)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("instant", "day"), [(LAST_SECOND, "2022-06-13"), (MIDNIGHT, "2022-06-14")])
async def test_default_day_changes_at_midnight_in_jakarta(
    client: httpx.AsyncClient, path: str, zone: str, instant: str, day: str
) -> None:
    expected = await client.get(f"{path}?as_of={day}")
    with freeze_clock(instant, zone):
        response = await client.get(path)
    assert response.json() | {"next_page_token": None} == expected.json() | {"next_page_token": None}


async def test_responses_of_the_two_days_differ(client: httpx.AsyncClient) -> None:
    """Otherwise the test of midnight would prove nothing."""
    for path in PATHS:
        days = [(await client.get(f"{path}?as_of=2022-06-{day}")).content for day in (13, 14)]
        assert days[0] != days[1]


@pytest.mark.parametrize(("instant", "left"), [(LAST_SECOND, 1), ("2022-06-13T16:50:00Z", 600), (MIDNIGHT, 86400)])
@pytest.mark.parametrize("path", PATHS)
async def test_max_age_ends_at_midnight(client: httpx.AsyncClient, path: str, instant: str, left: int) -> None:
    fresh = 60 if path == "/v1/today" else 300
    with freeze_clock(instant):
        response = await client.get(path)
        named = await client.get(f"{path}?as_of=2022-06-13")
    assert named.headers["cache-control"] == f"public, max-age={fresh}, stale-while-revalidate={10 * fresh}"
    fresh = min(fresh, left)
    stale = min(10 * fresh, left - fresh)
    assert response.headers["cache-control"] == f"public, max-age={fresh}, stale-while-revalidate={stale}"


async def test_max_age_ignores_midnight_without_a_day(client: httpx.AsyncClient) -> None:
    with freeze_clock(LAST_SECOND):
        responses = [await client.get(path) for path in ("/v1/elections", "/v1/search?q=kpu")]
    assert [response.headers["cache-control"].split(",")[1] for response in responses] == [
        " max-age=300",
        " max-age=60",
    ]


async def test_etag_changes_with_the_day(client: httpx.AsyncClient) -> None:
    with freeze_clock(LAST_SECOND):
        tag = (await client.get("/v1/stages/pu-01")).headers["etag"]
        had = {"If-None-Match": tag}
        assert (await client.get("/v1/stages/pu-01", headers=had)).status_code == 304
    with freeze_clock(MIDNIGHT):
        response = await client.get("/v1/stages/pu-01", headers=had)
    assert (response.status_code, response.json()["status"]) == (200, "running")


async def test_next_pages_keep_the_day_of_the_first_page(client: httpx.AsyncClient) -> None:
    params = {"status": "upcoming", "parent": "none"}
    expected = await list_items(client, "/v1/stages", {**params, "as_of": "2022-06-13"})
    with freeze_clock(LAST_SECOND):
        first = await client.get("/v1/stages", params={**params, "page_size": "5"})
    with freeze_clock(MIDNIGHT):
        rest = await client.get(first.links["next"]["url"].replace("page_size=5", "page_size=100"))
        anew = await list_items(client, "/v1/stages", params)
    assert first.json()["items"] + rest.json()["items"] == expected
    assert len(anew) == len(expected) - 1


async def test_next_pages_without_a_filter_keep_the_day(client: httpx.AsyncClient) -> None:
    with freeze_clock(LAST_SECOND):
        first = await client.get("/v1/stages?page_size=150&sort=-code")
    with freeze_clock("2024-02-12T12:00:00Z"):
        rest = await client.get(first.links["next"]["url"])
    shown = rest.json()["items"]
    assert shown
    for item in shown:
        assert item.items() >= expected_day_members(item, date(2022, 6, 13)).items()


@pytest.mark.parametrize("zone", MACHINE_ZONES)
async def test_dates_do_not_shift_with_the_machine_zone(settings: Settings, zone: str) -> None:
    """A date is never sent as an instant, also on a connection that is opened in the machine's time zone."""
    with freeze_clock("2024-02-11T20:00:00Z", zone):
        async with run_application(settings) as app, connect_client(app) as client:
            for day in ("1900-01-01", "1945-08-17", "2022-06-14", "2024-02-29", "2199-12-31"):
                response = (await client.get(f"/v1/today?as_of={day}")).json()
                assert response["as_of"] == day
                stage = (await client.get(f"/v1/stages/pu-08?as_of={day}")).json()
                assert (stage["start_on"], stage["end_on"]) == ("2024-02-11", "2024-02-13")
                assert stage.items() >= expected_day_members(stage, date.fromisoformat(day)).items()
            named = "/v1/stages?from=2024-02-13&to=2024-02-13&status=running&page_size=200"
            shown = (await client.get(named)).json()["items"]
            assert {item["code"]: item["days_until_end"] for item in shown}["pu-08"] == 1


async def test_dependency_override_sets_the_day(client: httpx.AsyncClient, app: FastAPI) -> None:
    """Every route uses the one dependency, so that a test can set the day."""
    app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(date(2024, 2, 12), 7)
    try:
        responses = {path: await client.get(path) for path in PATHS}
    finally:
        app.dependency_overrides.clear()
    for path, response in responses.items():
        assert response.headers["cache-control"] == "public, max-age=7, stale-while-revalidate=0"
        then = await client.get(f"{path}?as_of=2024-02-12")
        assert response.json() | {"next_page_token": None} == then.json() | {"next_page_token": None}
