"""How many delegates an organization may send."""

import asyncio

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import fetch
from tests.participants.lists import NOBODY, Listing, refused

ONE_OF = 'INSERT INTO participants (id, meeting, organization, verified, "primary") VALUES ($1, $2, $3, false, false)'
WAITING = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"


async def limited(app: FastAPI, client: httpx.AsyncClient, places: int) -> Listing:
    return await Listing.of_new_meeting(app, client, places=places)


@pytest.fixture
def by_batch() -> dict[str, object]:
    return {"participants": [{"name": f"Utusan {n}", "organization": "kpu-32"} for n in range(3)]}


async def test_all_of_them_are_taken_and_no_more(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await limited(app, client, 2)
    for _ in range(2):
        await listing.add(organization="kpu-32")
    one_more = await listing.post({"name": "Tiga", "organization": "kpu-32"})
    assert refused(one_more)[:3] == (409, "no_places_left", "/organization")
    await listing.add(organization="kpu-33")
    await listing.add()  # of no organization
    assert len(await listing.listed()) == 4


async def test_only_delegates_take_one(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await limited(app, client, 1)
    await listing.add(organization="kpu-32")
    others = [await listing.add(organization="kpu-32", capacity=what) for what in ("committee", "speaker", "guest")]
    becomes = await listing.admin.patch(listing.one(others[0]), {"capacity": "delegate"})
    assert refused(becomes)[:2] == (409, "no_places_left")


async def test_a_move_takes_one_and_a_leave_frees_one(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await limited(app, client, 1)
    first = await listing.add(organization="kpu-32")
    second = await listing.add(organization="kpu-33")
    moved = await listing.admin.patch(listing.one(second), {"organization": "kpu-32"})
    assert refused(moved)[:2] == (409, "no_places_left")
    assert (await listing.admin.delete(listing.one(first))).status_code == 204
    moved = await listing.admin.patch(listing.one(second), {"organization": "kpu-32"})
    assert moved.status_code == 200


async def test_they_are_not_lowered_below_who_is_there(app: FastAPI, client: httpx.AsyncClient) -> None:
    listing = await limited(app, client, 3)
    for organization in ("kpu-32", "kpu-32", "kpu-33"):
        await listing.add(organization=organization)
    lowered = await listing.admin.patch(listing.at, {"places": 1})
    assert refused(lowered)[:3] == (409, "no_places_left", "/places")
    assert (await listing.admin.patch(listing.at, {"places": 2})).status_code == 200
    assert refused(await listing.post({"name": "Tiga", "organization": "kpu-32"}))[1] == "no_places_left"
    assert (await listing.admin.patch(listing.at, {"places": None})).status_code == 200
    await listing.add(organization="kpu-32")


async def test_a_batch_that_takes_one_too_many_takes_none(
    app: FastAPI, client: httpx.AsyncClient, by_batch: dict[str, object]
) -> None:
    listing = await limited(app, client, 2)
    answer = await listing.admin.post(f"{listing.at}/participants:batch", by_batch)
    assert refused(answer)[:3] == (409, "no_places_left", "/participants/2/organization")
    assert await listing.listed() == []


async def test_the_last_is_taken_by_one_of_two(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Many times, for two that come one after the other prove nothing."""
    for _ in range(5):
        listing = await limited(app, client, 3)
        await listing.add(organization="kpu-32")
        bodies = [{"name": f"Utusan {n}", "organization": "kpu-32"} for n in range(6)]
        answers = await asyncio.gather(*map(listing.post, bodies))
        assert sorted(one.status_code for one in answers) == [201, 201, 409, 409, 409, 409]
        assert len(await listing.listed()) == 3


async def test_lowering_them_and_taking_one_do_not_both_succeed(app: FastAPI, client: httpx.AsyncClient) -> None:
    for _ in range(5):
        listing = await limited(app, client, 2)
        await listing.add(organization="kpu-32")
        answers = await asyncio.gather(
            listing.admin.patch(listing.at, {"places": 1}), listing.post({"name": "Dua", "organization": "kpu-32"})
        )
        assert sorted(one.status_code // 100 for one in answers) == [2, 4], [one.text for one in answers]


async def test_a_batch_takes_its_bodies_in_one_order_whatever_it_is_given_in(listing: Listing) -> None:
    """So two of them wait for each other, and never in a circle."""
    people = [{"name": "Siti", "organization": "kpu-94"}, {"name": "Budi", "organization": "kpu-31"}]
    connection = await asyncpg.connect(listing.url)
    try:
        async with connection.transaction():
            await connection.execute(ONE_OF, NOBODY, listing.meeting, "kpu-31")
            waits = asyncio.create_task(
                listing.admin.post(f"{listing.at}/participants:batch", {"participants": people})
            )
            while not await fetch(listing.url, WAITING):
                await asyncio.sleep(0.02)
            await connection.execute(ONE_OF, NOBODY[:-1] + "1", listing.meeting, "kpu-94")
        assert (await waits).status_code == 201
    finally:
        await connection.close()
    assert len(await listing.listed()) == 4
