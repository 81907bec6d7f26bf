"""`places` limits the delegates of each organization."""

import asyncio

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.participants.participants_client import UNKNOWN_ID, ParticipantsClient, summarize_problem

INSERT_PARTICIPANT = (
    'INSERT INTO participants (id, meeting, organization, verified, "primary") VALUES ($1, $2, $3, false, false)'
)
IS_ANY_SESSION_WAITING = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


async def with_places(app: FastAPI, client: httpx.AsyncClient, places: int) -> ParticipantsClient:
    return await ParticipantsClient.in_new_meeting(app, client, places=places)


@pytest.fixture
def batch() -> dict[str, object]:
    return {"participants": [{"name": f"Utusan {n}", "organization": "kpu-32"} for n in range(3)]}


async def test_delegate_beyond_places_is_409(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await with_places(app, client, 2)
    for _ in range(2):
        await participants.add(organization="kpu-32")
    one_more = await participants.create({"name": "Tiga", "organization": "kpu-32"})
    assert summarize_problem(one_more)[:3] == (409, "no_places_left", "/organization")
    await participants.add(organization="kpu-33")
    await participants.add()  # of no organization
    assert len(await participants.list_all()) == 4


async def test_only_delegates_need_a_place(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await with_places(app, client, 1)
    await participants.add(organization="kpu-32")
    others = [
        await participants.add(organization="kpu-32", capacity=capacity)
        for capacity in ("committee", "speaker", "guest")
    ]
    becomes = await participants.admin.patch(participants.path_of(others[0]), {"capacity": "delegate"})
    assert summarize_problem(becomes)[:2] == (409, "no_places_left")


async def test_deletion_frees_a_place_for_a_moved_delegate(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await with_places(app, client, 1)
    first = await participants.add(organization="kpu-32")
    second = await participants.add(organization="kpu-33")
    moved = await participants.admin.patch(participants.path_of(second), {"organization": "kpu-32"})
    assert summarize_problem(moved)[:2] == (409, "no_places_left")
    assert (await participants.admin.delete(participants.path_of(first))).status_code == 204
    moved = await participants.admin.patch(participants.path_of(second), {"organization": "kpu-32"})
    assert moved.status_code == 200


async def test_places_cannot_fall_below_delegates(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await with_places(app, client, 3)
    for organization in ("kpu-32", "kpu-32", "kpu-33"):
        await participants.add(organization=organization)
    lowered = await participants.admin.patch(participants.meeting_path, {"places": 1})
    assert summarize_problem(lowered)[:3] == (409, "no_places_left", "/places")
    assert (await participants.admin.patch(participants.meeting_path, {"places": 2})).status_code == 200
    assert (
        summarize_problem(await participants.create({"name": "Tiga", "organization": "kpu-32"}))[1] == "no_places_left"
    )
    assert (await participants.admin.patch(participants.meeting_path, {"places": None})).status_code == 200
    await participants.add(organization="kpu-32")


async def test_batch_with_too_many_delegates_creates_none(
    app: FastAPI, client: httpx.AsyncClient, batch: dict[str, object]
) -> None:
    participants = await with_places(app, client, 2)
    response = await participants.admin.post(f"{participants.meeting_path}/participants:batch", batch)
    assert summarize_problem(response)[:3] == (409, "no_places_left", "/participants/2/organization")
    assert await participants.list_all() == []


async def test_concurrent_delegates_do_not_exceed_places(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Repeated, because requests that happen to run one after another prove nothing."""
    for _ in range(5):
        participants = await with_places(app, client, 3)
        await participants.add(organization="kpu-32")
        bodies = [{"name": f"Utusan {n}", "organization": "kpu-32"} for n in range(6)]
        responses = await asyncio.gather(*map(participants.create, bodies))
        assert sorted(item.status_code for item in responses) == [201, 201, 409, 409, 409, 409]
        assert len(await participants.list_all()) == 3


async def test_concurrent_lowering_and_creation_do_not_both_succeed(app: FastAPI, client: httpx.AsyncClient) -> None:
    for _ in range(5):
        participants = await with_places(app, client, 2)
        await participants.add(organization="kpu-32")
        responses = await asyncio.gather(
            participants.admin.patch(participants.meeting_path, {"places": 1}),
            participants.create({"name": "Dua", "organization": "kpu-32"}),
        )
        assert sorted(item.status_code // 100 for item in responses) == [2, 4], [item.text for item in responses]


async def test_batch_locks_organizations_in_fixed_order(participants: ParticipantsClient) -> None:
    """Two batches wait for each other, but cannot deadlock."""
    people = [{"name": "Siti", "organization": "kpu-94"}, {"name": "Budi", "organization": "kpu-31"}]
    connection = await asyncpg.connect(participants.database_url)
    try:
        async with connection.transaction():
            await connection.execute(INSERT_PARTICIPANT, UNKNOWN_ID, participants.code, "kpu-31")
            waits = asyncio.create_task(
                participants.admin.post(f"{participants.meeting_path}/participants:batch", {"participants": people})
            )
            while not await fetch_value(participants.database_url, IS_ANY_SESSION_WAITING):
                await asyncio.sleep(0.02)
            await connection.execute(INSERT_PARTICIPANT, UNKNOWN_ID[:-1] + "1", participants.code, "kpu-94")
        assert (await waits).status_code == 201
    finally:
        await connection.close()
    assert len(await participants.list_all()) == 4
