"""POST participants:in-office creates the office holders of the meeting's first day."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.participants.participants_client import ParticipantsClient, summarize_problem

ROSTER = "/v1/organizations/kpu-31/officials?page_size=200&as_of="


async def post_in_office(participants: ParticipantsClient, *organizations: str, **more: Any) -> dict[str, Any]:
    response = await participants.admin.post(
        f"{participants.meeting_path}/participants:in-office", {"organizations": organizations, **more}
    )
    assert response.status_code == 201, response.text
    result: dict[str, Any] = response.json()
    return result


async def create_on(app: FastAPI, client: httpx.AsyncClient, day: str) -> ParticipantsClient:
    return await ParticipantsClient.in_new_meeting(app, client, start_on=day, end_on=day)


@pytest.mark.parametrize("day", ["2022-12-07", "2026-12-07"])
async def test_registered_are_office_holders_of_the_roster(app: FastAPI, client: httpx.AsyncClient, day: str) -> None:
    participants = await create_on(app, client, day)
    result = await post_in_office(participants, "kpu-31")
    roster = (await participants.admin.get(f"{ROSTER}{day}")).json()["items"]
    in_office = {holder["official"]["id"] for holder in roster}
    assert in_office
    assert {holder["official"]["id"] for holder in result["registered"]} == in_office
    assert {holder["official"]["id"] for holder in await participants.list_all()} == in_office
    assert (await participants.get_summary())["invited"] == len(in_office)


async def test_first_day_of_meeting_decides(app: FastAPI, client: httpx.AsyncClient) -> None:
    """The KPU had an acting chair from 4 July 2024 and a new chair from 28 July 2024."""
    names = []
    for day in ("2024-07-02", "2024-07-27", "2024-07-28"):
        result = await post_in_office(await create_on(app, client, day), "kpu", offices=["chair"])
        names.append([holder["official"]["name"] for holder in result["registered"]])
    assert [len(holder) for holder in names] == [1, 1, 1]
    assert names[0] != names[1]


async def test_possible_office_holders_are_not_certain(app: FastAPI, client: httpx.AsyncClient) -> None:
    """In 2023 the commissioners of Jakarta changed on a day that no source states."""
    result = await post_in_office(await create_on(app, client, "2023-06-01"), "kpu-31", offices=["chair"])
    assert [holder["certain"] for holder in result["registered"]] == [False, False]
    result = await post_in_office(await create_on(app, client, "2022-12-07"), "kpu-31", offices=["chair"])
    assert [holder["certain"] for holder in result["registered"]] == [True]


async def test_holder_of_two_offices_is_registered_in_the_first_requested(participants: ParticipantsClient) -> None:
    person = (await participants.admin.post("/v1/officials", {"name": f"Rangkap {participants.code}"})).json()["id"]
    for office in ("member", "secretary"):
        appointment = {"official": person, "organization": "kpu-33", "office": office, "standing": "definitive"}
        created = await participants.admin.post(
            "/v1/appointments", {**appointment, "start_on": "2026-01-01", "term": "2026-2031"}
        )
        assert created.status_code == 201, created.text
    result = []
    for offices in (["member", "secretary"], ["secretary", "member"]):
        other_meeting = await ParticipantsClient.in_new_meeting(participants.app, participants.client)
        (holder,) = (await post_in_office(other_meeting, "kpu-33", offices=offices))["registered"]
        result.append((holder["official"]["id"], holder["office"]))
    assert result == [(person, "member"), (person, "secretary")]


async def test_existing_participants_are_counted_and_unchanged(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2026-12-07")
    chair = (await post_in_office(participants, "kpu-31", offices=["chair"], capacity="speaker"))["registered"][0]
    again = await post_in_office(participants, "kpu-31")
    assert again["already_registered"] == 1
    assert chair["official"]["id"] not in {holder["official"]["id"] for holder in again["registered"]}
    repeated = await post_in_office(participants, "kpu-31")
    assert (repeated["registered"], repeated["already_registered"]) == ([], len(again["registered"]) + 1)
    capacities = {holder["official"]["id"]: holder["capacity"] for holder in await participants.list_all()}
    assert capacities.pop(chair["official"]["id"]) == "speaker"
    assert set(capacities.values()) == {"delegate"}


async def test_problem_points_to_unknown_organizations(participants: ParticipantsClient) -> None:
    organizations = ["kpu", "no-such", "kpu-31", "nor-this"]
    body = {"organizations": organizations}
    response = await participants.admin.post(f"{participants.meeting_path}/participants:in-office", body)
    assert response.status_code == 422
    assert [holder["pointer"] for holder in response.json()["errors"]] == ["/organizations/1", "/organizations/3"]
    assert await participants.list_all() == []


async def test_too_many_delegates_register_nobody(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await ParticipantsClient.in_new_meeting(app, client, places=2)
    body = {"organizations": ["kpu-31"]}
    response = await participants.admin.post(f"{participants.meeting_path}/participants:in-office", body)
    assert summarize_problem(response)[:3] == (409, "no_places_left", "/organizations")
    assert await participants.list_all() == []
    assert len((await post_in_office(participants, "kpu-31", capacity="observer"))["registered"]) > 2


async def test_source_is_stored_with_each_participant(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2026-12-07")
    await post_in_office(participants, "kpu-31", source="Undangan 7/2026", verified=True)
    (source, verified), *others = {(holder["source"], holder["verified"]) for holder in await participants.list_all()}
    assert (source, verified, others) == ("Undangan 7/2026", True, [])


async def test_all_offices_are_included_by_default(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Before, the secretary general of the KPU was left out."""
    result = await post_in_office(await create_on(app, client, "2022-06-14"), "kpu")
    assert [(holder["official"]["name"], holder["office"]) for holder in result["registered"]] == [
        ("Hasyim Asy'ari", "chair"),
        ("August Mellaz", "member"),
        ("Betty Epsilon Idroos", "member"),
        ("Idham Holik", "member"),
        ("Mochammad Afifuddin", "member"),
        ("Parsadaan Harahap", "member"),
        ("Yulianto Sudrajat", "member"),
        ("Bernad Dermawan Sutrisno", "secretary_general"),
    ]
    assert (result["organizations_without_holder"], result["offices_without_holder"]) == ([], [])


async def test_certain_office_is_chosen_before_a_possible_one(participants: ParticipantsClient) -> None:
    person = (await participants.admin.post("/v1/officials", {"name": f"Pindah {participants.code}"})).json()["id"]
    offices = (("kpu-34", "chair", "2020", "2026"), ("kpu-36", "member", "2026-01-01", None))
    for organization, office, start_on, end_on in offices:
        appointment = {"official": person, "organization": organization, "office": office, "standing": "definitive"}
        created = await participants.admin.post(
            "/v1/appointments", {**appointment, "start_on": start_on, "end_on": end_on}
        )
        assert created.status_code == 201, created.text
    result = await post_in_office(participants, "kpu-34", "kpu-36")
    assert [(item["organization"]["code"], item["certain"]) for item in result["registered"]] == [("kpu-36", True)]
    assert result["organizations_without_holder"] == []


async def test_repetition_gets_the_same_response(app: FastAPI, client: httpx.AsyncClient) -> None:
    participants = await create_on(app, client, "2022-06-14")
    body = {"organizations": ["kpu-31", "kpu-32"], "include_offices_without_holder": True}
    path = f"{participants.meeting_path}/participants:in-office"
    first, second = [await participants.admin.post(path, body, idempotency_key="once") for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert len(await participants.list_all()) == len(first.json()["registered"])
