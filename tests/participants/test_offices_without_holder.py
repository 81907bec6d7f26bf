"""POST participants:in-office tells for whom nobody is known, and can list offices without a name."""

import asyncio
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from tests.participants.participants_client import ParticipantsClient, summarize_problem
from tests.participants.test_in_office import create_on, post_in_office

PROVINCES = "/v1/organizations?kind=commission&level=province&page_size=200"
INSERT_SECRETARY = """
    INSERT INTO participants (id, meeting, organization, office, verified, "primary")
    VALUES (gen_random_uuid(), $1, 'kpu-32', 'secretary', false, false)"""
SELECT_IS_WAITING = """
    SELECT EXISTS (
        SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
    )"""


async def test_bodies_without_holder_are_reported(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Before, the request registered those of Jakarta and was silent about 37 provinces."""
    participants = await create_on(app, client, "2022-06-14")
    provinces = {item["code"]: item["name"] for item in (await client.get(PROVINCES)).json()["items"]}
    assert len(provinces) == 38
    result = await post_in_office(participants, *provinces)
    assert {holder["organization"]["code"] for holder in result["registered"]} == {"kpu-31"}
    assert result["organizations_without_holder"] == [
        {"code": code, "name": name} for code, name in provinces.items() if code != "kpu-31"
    ]
    assert result["offices_without_holder"] == [
        {
            "organization": {"code": code, "name": name},
            "offices": ["secretary"] if code == "kpu-31" else ["chair", "member", "secretary"],
        }
        for code, name in provinces.items()
    ]


async def test_offices_without_holder_can_be_participants(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2022-06-14")
    result = await post_in_office(participants, "kpu-31", "kpu-32", "dkpp", include_offices_without_holder=True)
    unnamed = [
        (item["organization"]["code"], item["office"], item["certain"], item["name"])
        for item in result["registered"]
        if item["official"] is None
    ]
    assert unnamed == [
        ("kpu-31", "secretary", None, None),
        ("kpu-32", "chair", None, None),
        ("kpu-32", "secretary", None, None),
    ]
    assert result["organizations_without_holder"][1]["code"] == "dkpp"
    assert len(await participants.list_all()) == len(result["registered"]) == 10
    again = await post_in_office(participants, "kpu-31", "kpu-32", "dkpp", include_offices_without_holder=True)
    assert (again["registered"], again["already_registered"]) == ([], 10)
    assert again["offices_without_holder"] == result["offices_without_holder"]


async def test_members_without_name_are_as_many_as_the_seats(app: FastAPI, client: httpx.AsyncClient) -> None:
    """In 2010 nobody is known; the KPU has seven seats, one of them the chair's."""
    participants = await create_on(app, client, "2010-06-14")
    result = await post_in_office(participants, "kpu", include_offices_without_holder=True)
    assert [item["office"] for item in result["registered"]] == ["chair", *["member"] * 6, "secretary_general"]


async def test_offices_of_other_bodies_are_those_of_the_request(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2022-06-14")
    result = await post_in_office(participants, "dkpp", "kpu", offices=["secretary", "chair"])
    assert [item["offices"] for item in result["offices_without_holder"]] == [["secretary", "chair"]]
    assert [item["office"] for item in result["registered"]] == ["chair"]


async def test_holder_gets_the_place_of_the_office_without_name(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2026-12-07")
    options: dict[str, Any] = {"offices": ["secretary"], "include_offices_without_holder": True}
    (place,) = (await post_in_office(participants, "kpu-35", **options))["registered"]
    person = (await participants.admin.post("/v1/officials", {"name": f"Sekretaris {participants.code}"})).json()["id"]
    appointment = {"official": person, "organization": "kpu-35", "office": "secretary", "standing": "definitive"}
    created = await participants.admin.post("/v1/appointments", {**appointment, "start_on": "2026-01-01"})
    assert created.status_code == 201, created.text
    result = await post_in_office(participants, "kpu-35", **options)
    assert (result["registered"], result["already_registered"]) == ([], 0)
    assert [(item["id"], item["official"]["id"], item["certain"]) for item in result["named"]] == [
        (place["id"], person, True)
    ]
    assert [item["official"]["id"] for item in await participants.list_all()] == [person]
    assert (await post_in_office(participants, "kpu-35", **options))["already_registered"] == 1


async def test_possible_holder_does_not_get_the_place_of_the_office(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2023-06-01")
    await participants.add(name=None, organization="kpu-31", office="chair")
    result = await post_in_office(participants, "kpu-31", offices=["chair"])
    assert (len(result["registered"]), result["named"]) == (2, [])


async def test_dry_run_reports_the_same_and_stores_nothing(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2022-06-14")
    body = {"organizations": ["kpu-31", "kpu-32"], "include_offices_without_holder": True}
    path = f"{participants.meeting_path}/participants:in-office"
    dry = await participants.admin.post(f"{path}?dry_run=true", body)
    assert await participants.list_all() == []
    stored = await participants.admin.post(path, body)
    assert (dry.status_code, stored.status_code) == (200, 201)

    def without_ids(response: httpx.Response) -> dict[str, Any]:
        result = response.json()
        return {**result, "registered": [{**item, "id": None} for item in result["registered"]]}

    assert without_ids(dry) == without_ids(stored)


async def test_places_limit_offices_without_holder_too(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await ParticipantsClient.in_new_meeting(app, client, places=1)
    body = {"organizations": ["kpu-32"], "include_offices_without_holder": True}
    response = await participants.admin.post(f"{participants.meeting_path}/participants:in-office", body)
    assert summarize_problem(response)[:3] == (409, "no_places_left", "/organizations")
    assert await participants.list_all() == []


async def test_concurrent_requests_list_an_office_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    """The other transaction, as far as a first request is before its commit, lists the secretary."""
    participants = await create_on(app, client, "2022-06-14")
    body = {"organizations": ["kpu-32"], "offices": ["secretary"], "include_offices_without_holder": True}
    path = f"{participants.meeting_path}/participants:in-office"
    connection = await asyncpg.connect(participants.database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT pg_advisory_xact_lock(representation_lock_key($1))", participants.code)
        await connection.execute(INSERT_SECRETARY, participants.code)
        request = asyncio.create_task(participants.admin.post(path, body))
        while not await connection.fetchval(SELECT_IS_WAITING):
            await asyncio.sleep(0.01)
        await transaction.commit()
    finally:
        await connection.close()
    result = (await request).json()
    assert (result["registered"], result["already_registered"]) == ([], 1)
    assert len(await participants.list_all()) == 1
