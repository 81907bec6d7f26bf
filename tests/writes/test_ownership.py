"""Writes of clients that are bound to an organization."""

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.writes.write_client import WriteClient

ORGANIZATION, CITY_PATH = "kpu-31", "/v1/organizations/kpu-31.99"


@pytest.fixture
def bound(app: FastAPI, client: httpx.AsyncClient) -> WriteClient:
    return WriteClient.create(app, client, organization=ORGANIZATION)


async def create_city_commission(api: WriteClient) -> None:
    body = {"code": "kpu-31.99", "name": "KPU Kota Contoh", "kind": "agency", "parent": ORGANIZATION}
    response = await api.post("/v1/organizations", body)
    assert response.status_code == 201, response.text


@pytest.mark.parametrize("parent", ["kpu-32", "kpu", None])
async def test_bound_client_cannot_move_an_organization_outside_its_own(bound: WriteClient, parent: str | None) -> None:
    """The new parent may be another organization, the one above its own, or none."""
    await create_city_commission(bound)
    response = await bound.patch(CITY_PATH, {"parent": parent})
    assert (response.status_code, response.json()["code"]) == (403, "outside_organization")
    assert (await bound.get(CITY_PATH)).json()["parent"]["code"] == ORGANIZATION


@pytest.mark.parametrize("parent", ["kpu-32", None])
async def test_bound_client_cannot_move_the_organization_it_is_bound_to(bound: WriteClient, parent: str | None) -> None:
    response = await bound.patch("/v1/organizations/kpu-31", {"parent": parent})
    assert (response.status_code, response.json()["code"]) == (403, "outside_organization")
    assert (await bound.patch("/v1/organizations/kpu-31", {"parent": "kpu", "seats": 7})).status_code == 200


async def test_bound_client_can_move_an_organization_within_its_own(bound: WriteClient) -> None:
    await create_city_commission(bound)
    between = {"code": "bawaslu-31", "name": "Contoh", "kind": "agency", "parent": ORGANIZATION}
    assert (await bound.post("/v1/organizations", between)).status_code == 201
    moved = await bound.patch(CITY_PATH, {"parent": "bawaslu-31"})
    assert (moved.status_code, moved.json()["parent"]["code"]) == (200, "bawaslu-31")


async def test_unbound_client_can_move_an_organization_anywhere(api: WriteClient) -> None:
    await create_city_commission(api)
    assert (await api.patch(CITY_PATH, {"parent": "kpu-32"})).json()["parent"]["code"] == "kpu-32"


MEMBER = {"organization": ORGANIZATION, "office": "member", "standing": "acting", "start_on": "2035"}
OUTSIDE = (403, "outside_organization")


def status_and_code(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, response.json().get("code")


async def create_foreign_officials(app: FastAPI, client: httpx.AsyncClient) -> dict[str, str]:
    """Create two officials as another client, one with an appointment outside and one without; return their ids."""
    others = WriteClient.create(app, client, organization="kpu-32", client_id="0197c0de-0000-7000-8000-00000000c132")
    officials = {}
    for ownership in ("appointed", "unappointed"):
        officials[ownership] = (await others.post("/v1/officials", {"name": "Siti Contoh"})).json()["id"]
    member = {**MEMBER, "official": officials["appointed"], "organization": "kpu-32"}
    assert (await others.post("/v1/appointments", member)).status_code == 201
    return officials


@pytest.mark.parametrize("ownership", ["appointed", "unappointed"])
async def test_bound_client_cannot_take_over_an_official_by_an_appointment(
    app: FastAPI, client: httpx.AsyncClient, bound: WriteClient, ownership: str
) -> None:
    """An appointment within the organization would make the official belong to it."""
    person = (await create_foreign_officials(app, client))[ownership]
    assert status_and_code(await bound.post("/v1/appointments", {**MEMBER, "official": person})) == OUTSIDE
    own = (await bound.post("/v1/officials", {"name": "Budi Contoh"})).json()["id"]
    appointed = await bound.post("/v1/appointments", {**MEMBER, "official": own})
    assert appointed.status_code == 201, appointed.text
    assert status_and_code(await bound.patch(appointed.headers["location"], {"official": person})) == OUTSIDE
    begins = {"official": person, "standing": "acting"}
    succession = {"ends": appointed.json()["id"], "end_on": "2036", "begins": begins}
    assert status_and_code(await bound.post("/v1/appointments:succeed", succession)) == OUTSIDE
    assert status_and_code(await bound.patch(f"/v1/officials/{person}", {"name": "Lain"})) == OUTSIDE


async def test_bound_client_can_appoint_its_officials_and_end_shared_appointments(
    app: FastAPI, client: httpx.AsyncClient, bound: WriteClient, api: WriteClient
) -> None:
    own = (await bound.post("/v1/officials", {"name": "Budi Contoh"})).json()["id"]
    first = await bound.post("/v1/appointments", {**MEMBER, "official": own})
    second = await bound.post("/v1/appointments", {**MEMBER, "official": own, "organization": "kpu-31.71"})
    assert [first.status_code, second.status_code] == [201, 201]
    shared = await api.post("/v1/appointments", {**MEMBER, "official": own, "organization": "kpu-32"})
    assert shared.status_code == 201  # an unbound client may appoint any official to any organization
    assert (
        status_and_code(await bound.post("/v1/appointments", {**MEMBER, "official": own, "office": "chair"})) == OUTSIDE
    )
    same = await bound.patch(first.headers["location"], {"official": own, "end_on": "2036"})
    assert (same.status_code, same.json()["end_on"]) == (200, "2036")


async def test_unknown_official_is_422_for_a_bound_client(bound: WriteClient) -> None:
    nobody = {**MEMBER, "official": "0197c0de-0000-7000-8000-000000000000"}
    assert status_and_code(await bound.post("/v1/appointments", nobody)) == (422, "invalid_content")


async def test_deletion_conflict_does_not_disclose_the_meeting_of_a_participant(api: WriteClient, own_url: str) -> None:
    """The conflict names only the list of meetings, because the roll of the meeting may be restricted."""
    query = "SELECT official::text FROM participants WHERE official IS NOT NULL AND NOT EXISTS ({}) LIMIT 1"
    official = await fetch_value(
        own_url, query.format("SELECT FROM session_speakers s WHERE s.official = participants.official")
    )
    await fetch_value(own_url, "DELETE FROM appointments WHERE official = $1::text::uuid", official)
    response = await api.delete(f"/v1/officials/{official}")
    assert (response.status_code, response.json()["code"]) == (409, "in_use"), response.text
    assert [error["address"] for error in response.json()["errors"]] == ["/v1/meetings"]


async def test_bound_client_cannot_learn_whether_an_outside_appointment_has_ended(
    bound: WriteClient, own_url: str
) -> None:
    ended_id = await fetch_value(
        own_url, "SELECT id::text FROM appointments WHERE organization = 'kpu' AND end_on IS NOT NULL LIMIT 1"
    )
    begins = {"official": "01a20c10-0ad9-7584-8953-0eb59d6a8d90", "standing": "acting"}
    response = await bound.post("/v1/appointments:succeed", {"ends": ended_id, "end_on": "2031", "begins": begins})
    assert (response.status_code, response.json()["code"]) == (403, "outside_organization")
