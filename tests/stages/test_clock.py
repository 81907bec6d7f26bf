"""Which day it is, where nobody names one: Jakarta's, whatever the machine's zone."""

from datetime import date

import httpx
import pytest
from fastapi import FastAPI

from app.core import clock
from app.core.http.dependencies import get_local_day
from app.settings import Settings
from tests.conftest import connect_client, run_application
from tests.scenarios import list_items
from tests.stages.days import ZONES, clock_at, on_a_day

BEFORE, MIDNIGHT = "2022-06-13T16:59:59Z", "2022-06-13T17:00:00Z"
"""The last second in Jakarta before the stages of Pemilu 2024 began, and the first one after."""
PLACES = ("/v1/stages", "/v1/stages/pu-01", "/v1/elections/pemilu-2024/tree", "/v1/today")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(("instant", "day"), [(BEFORE, "2022-06-13"), (MIDNIGHT, "2022-06-14")])
async def test_it_turns_at_jakartas_midnight(
    client: httpx.AsyncClient, path: str, zone: str, instant: str, day: str
) -> None:
    expected = await client.get(f"{path}?as_of={day}")
    with clock_at(instant, zone):
        answer = await client.get(path)
    assert answer.json() | {"next_page_token": None} == expected.json() | {"next_page_token": None}


async def test_the_two_days_are_not_alike(client: httpx.AsyncClient) -> None:
    """Or else the midnight above would prove nothing."""
    for path in PLACES:
        days = [(await client.get(f"{path}?as_of=2022-06-{day}")).content for day in (13, 14)]
        assert days[0] != days[1]


@pytest.mark.parametrize(("instant", "left"), [(BEFORE, 1), ("2022-06-13T16:50:00Z", 600), (MIDNIGHT, 86400)])
@pytest.mark.parametrize("path", PLACES)
async def test_it_may_be_kept_until_midnight_at_most(
    client: httpx.AsyncClient, path: str, instant: str, left: int
) -> None:
    fresh = 60 if path == "/v1/today" else 300
    with clock_at(instant):
        answer = await client.get(path)
        named = await client.get(f"{path}?as_of=2022-06-13")
    assert named.headers["cache-control"] == f"public, max-age={fresh}, stale-while-revalidate={10 * fresh}"
    fresh = min(fresh, left)
    stale = min(10 * fresh, left - fresh)
    assert answer.headers["cache-control"] == f"public, max-age={fresh}, stale-while-revalidate={stale}"


async def test_what_knows_no_day_may_be_kept_over_midnight(client: httpx.AsyncClient) -> None:
    with clock_at(BEFORE):
        answers = [await client.get(path) for path in ("/v1/elections", "/v1/search?q=kpu")]
    assert [answer.headers["cache-control"].split(",")[1] for answer in answers] == [" max-age=300", " max-age=60"]


async def test_the_tag_turns_with_the_day(client: httpx.AsyncClient) -> None:
    with clock_at(BEFORE):
        tag = (await client.get("/v1/stages/pu-01")).headers["etag"]
        had = {"If-None-Match": tag}
        assert (await client.get("/v1/stages/pu-01", headers=had)).status_code == 304
    with clock_at(MIDNIGHT):
        answer = await client.get("/v1/stages/pu-01", headers=had)
    assert (answer.status_code, answer.json()["status"]) == (200, "running")


async def test_a_walk_goes_on_with_the_day_on_which_it_began(client: httpx.AsyncClient) -> None:
    params = {"status": "upcoming", "parent": "none"}
    expected = await list_items(client, "/v1/stages", {**params, "as_of": "2022-06-13"})
    with clock_at(BEFORE):
        first = await client.get("/v1/stages", params={**params, "page_size": "5"})
    with clock_at(MIDNIGHT):
        rest = await client.get(first.links["next"]["url"].replace("page_size=5", "page_size=100"))
        anew = await list_items(client, "/v1/stages", params)
    assert first.json()["items"] + rest.json()["items"] == expected
    assert len(anew) == len(expected) - 1


async def test_a_walk_without_a_filter_goes_on_with_its_day(client: httpx.AsyncClient) -> None:
    with clock_at(BEFORE):
        first = await client.get("/v1/stages?page_size=150&sort=-code")
    with clock_at("2024-02-12T12:00:00Z"):
        rest = await client.get(first.links["next"]["url"])
    shown = rest.json()["items"]
    assert shown
    for one in shown:
        assert one.items() >= on_a_day(one, date(2022, 6, 13)).items()


@pytest.mark.parametrize("zone", ZONES)
async def test_a_date_is_sent_and_read_as_it_is(settings: Settings, zone: str) -> None:
    """Never as an instant: not on a connection that is made under the machine's zone either."""
    with clock_at("2024-02-11T20:00:00Z", zone):
        async with run_application(settings) as app, connect_client(app) as client:
            for day in ("1900-01-01", "1945-08-17", "2022-06-14", "2024-02-29", "2199-12-31"):
                answer = (await client.get(f"/v1/today?as_of={day}")).json()
                assert answer["as_of"] == day
                stage = (await client.get(f"/v1/stages/pu-08?as_of={day}")).json()
                assert (stage["start_on"], stage["end_on"]) == ("2024-02-11", "2024-02-13")
                assert stage.items() >= on_a_day(stage, date.fromisoformat(day)).items()
            named = "/v1/stages?from=2024-02-13&to=2024-02-13&status=running&page_size=200"
            shown = (await client.get(named)).json()["items"]
            assert {one["code"]: one["days_until_end"] for one in shown}["pu-08"] == 1


async def test_the_day_may_be_given_from_within(client: httpx.AsyncClient, app: FastAPI) -> None:
    """As a test of anything else may do it: every route asks the one dependency."""
    app.dependency_overrides[get_local_day] = lambda: clock.LocalDay(date(2024, 2, 12), 7)
    try:
        answers = {path: await client.get(path) for path in PLACES}
    finally:
        app.dependency_overrides.clear()
    for path, answer in answers.items():
        assert answer.headers["cache-control"] == "public, max-age=7, stale-while-revalidate=0"
        then = await client.get(f"{path}?as_of=2024-02-12")
        assert answer.json() | {"next_page_token": None} == then.json() | {"next_page_token": None}
