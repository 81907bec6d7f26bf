"""Everyone in office on the meeting's first day, as the rosters have it."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.participants.lists import Listing, refused

ROSTER = "/v1/organizations/kpu-31/officials?page_size=200&as_of="


async def invited(listing: Listing, *organizations: str, **more: Any) -> dict[str, Any]:
    answer = await listing.admin.post(f"{listing.at}/participants:in-office", {"organizations": organizations, **more})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def on(app: FastAPI, client: httpx.AsyncClient, day: str) -> Listing:
    return await Listing.of_new_meeting(app, client, start_on=day, end_on="2030-01-01")


@pytest.mark.parametrize("day", ["2022-12-07", "2026-12-07"])
async def test_they_are_those_of_the_roster_of_that_day(app: FastAPI, client: httpx.AsyncClient, day: str) -> None:
    listing = await on(app, client, day)
    told = await invited(listing, "kpu-31")
    roster = (await listing.admin.get(f"{ROSTER}{day}")).json()["items"]
    in_office = {one["official"]["id"] for one in roster if one["office"] in ("chair", "member", "secretary")}
    assert in_office
    assert {one["official"]["id"] for one in told["registered"]} == in_office
    assert {one["official"]["id"] for one in await listing.listed()} == in_office
    assert (await listing.summary())["invited"] == len(in_office)


async def test_the_first_day_decides(app: FastAPI, client: httpx.AsyncClient) -> None:
    """The chair of the KPU changed on 28 July 2024; before that another one acted from 4 July."""
    names = []
    for day in ("2024-07-02", "2024-07-27", "2024-07-28"):
        told = await invited(await on(app, client, day), "kpu", offices=["chair"])
        names.append([one["official"]["name"] for one in told["registered"]])
    assert [len(one) for one in names] == [1, 1, 1]
    assert names[0] != names[1]


async def test_what_is_merely_possible_is_said(app: FastAPI, client: httpx.AsyncClient) -> None:
    """In 2023 one roster of Jakarta gave way to the next, on a day that no source tells."""
    told = await invited(await on(app, client, "2023-06-01"), "kpu-31", offices=["chair"])
    assert [one["certain"] for one in told["registered"]] == [False, False]
    told = await invited(await on(app, client, "2022-12-07"), "kpu-31", offices=["chair"])
    assert [one["certain"] for one in told["registered"]] == [True]


async def test_who_holds_two_offices_comes_once_in_the_first_of_those_asked_for(listing: Listing) -> None:
    person = (await listing.admin.post("/v1/officials", {"name": f"Rangkap {listing.meeting}"})).json()["id"]
    for office in ("member", "secretary"):
        held = {"official": person, "organization": "kpu-33", "office": office, "standing": "definitive"}
        made = await listing.admin.post("/v1/appointments", {**held, "start_on": "2026-01-01", "term": "2026-2031"})
        assert made.status_code == 201, made.text
    told = []
    for offices in (["member", "secretary"], ["secretary", "member"]):
        fresh = await Listing.of_new_meeting(listing.app, listing.client)
        (one,) = (await invited(fresh, "kpu-33", offices=offices))["registered"]
        told.append((one["official"]["id"], one["office"]))
    assert told == [(person, "member"), (person, "secretary")]


async def test_who_is_listed_already_is_counted_and_stays(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await on(app, client, "2026-12-07")
    chair = (await invited(listing, "kpu-31", offices=["chair"], capacity="speaker"))["registered"][0]
    again = await invited(listing, "kpu-31")
    assert again["already_listed"] == 1
    assert chair["official"]["id"] not in {one["official"]["id"] for one in again["registered"]}
    assert (await invited(listing, "kpu-31")) == {"registered": [], "already_listed": len(again["registered"]) + 1}
    capacities = {one["official"]["id"]: one["capacity"] for one in await listing.listed()}
    assert capacities.pop(chair["official"]["id"]) == "speaker"
    assert set(capacities.values()) == {"delegate"}


async def test_codes_that_are_none_are_named(listing: Listing) -> None:
    organizations = ["kpu", "no-such", "kpu-31", "nor-this"]
    body = {"organizations": organizations}
    answer = await listing.admin.post(f"{listing.at}/participants:in-office", body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/organizations/1", "/organizations/3"]
    assert await listing.listed() == []


async def test_more_than_there_are_places_for_come_not_at_all(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await Listing.of_new_meeting(app, client, places=2)
    body = {"organizations": ["kpu-31"]}
    answer = await listing.admin.post(f"{listing.at}/participants:in-office", body)
    assert refused(answer)[:3] == (409, "no_places_left", "/organizations")
    assert await listing.listed() == []
    assert len((await invited(listing, "kpu-31", capacity="observer"))["registered"]) > 2


async def test_where_each_is_from_is_said(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await on(app, client, "2026-12-07")
    await invited(listing, "kpu-31", source="Undangan 7/2026", verified=True)
    (source, verified), *others = {(one["source"], one["verified"]) for one in await listing.listed()}
    assert (source, verified, others) == ("Undangan 7/2026", True, [])
