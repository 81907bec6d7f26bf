"""Conflicts: the problem names the addresses of the objects in conflict, and no others."""

import asyncio
from typing import Any

import httpx

from tests.conftest import fetch_value
from tests.writes.object_examples import MEETING_PATH, OFFICIAL_ID
from tests.writes.write_client import WriteClient

APPOINTMENTS = "/v1/appointments"
SESSIONS = f"{MEETING_PATH}/sessions"
OFFICE = {"organization": "kpu-33", "office": "chair"}


def conflict_addresses(response: httpx.Response, code: str) -> list[str | None]:
    assert (response.status_code, response.json()["code"]) == (409, code), response.text
    return [error.get("address") for error in response.json()["errors"]]


async def create(api: WriteClient, at: str, **body: Any) -> str:
    response = await api.post(at, body)
    assert response.status_code == 201, response.text
    return response.headers["location"]


async def create_official(api: WriteClient) -> str:
    return (await create(api, "/v1/officials", name="Siti Contoh")).rpartition("/")[2]


async def create_chair(api: WriteClient, standing: str, **days: str) -> str:
    return await create(api, APPOINTMENTS, official=await create_official(api), standing=standing, **OFFICE, **days)


async def test_second_definitive_chair_conflicts_with_the_first(api: WriteClient) -> None:
    before = await create_chair(api, "definitive", start_on="2030-01-01")
    await create_chair(api, "acting", start_on="2030-01-01")
    body = {"official": await create_official(api), "standing": "definitive", "start_on": "2031", **OFFICE}
    assert conflict_addresses(await api.post(APPOINTMENTS, body), "two_definitive_holders") == [before]


async def test_error_without_a_conflicting_object_states_the_rule(api: WriteClient) -> None:
    body = {"official": await create_official(api), "standing": "definitive", **OFFICE}
    response = await api.post(APPOINTMENTS, {**body, "start_on": "2031-01-01", "end_on": "2030-01-01"})
    assert conflict_addresses(response, "ends_before_start") == [None]
    assert response.json()["errors"][0]["detail"] == response.json()["detail"]


async def test_succession_does_not_conflict_with_the_appointment_it_ends(api: WriteClient) -> None:
    ends = await create_chair(api, "definitive", start_on="2030-01-01")
    await api.patch(ends, {"end_on": "2031-01-01"})
    later = await create_chair(api, "definitive", start_on="2031-06-01")
    await api.patch(ends, {"end_on": None, "standing": "acting"})
    begins = {"official": await create_official(api), "standing": "definitive"}
    succession = {"ends": ends.rpartition("/")[2], "end_on": "2031-03-01", "begins": begins}
    response = await api.post(f"{APPOINTMENTS}:succeed", succession)
    assert conflict_addresses(response, "two_definitive_holders") == [later]


async def test_second_commission_of_a_region_conflicts_with_the_first(api: WriteClient) -> None:
    """A region may have many agencies, but only one commission."""
    body = {"kind": "agency", "region": "31", "name": "Contoh"}
    agency = await create(api, "/v1/organizations", code="contoh-31", **body)
    response = await api.patch(agency, {"kind": "commission", "level": "province"})
    assert conflict_addresses(response, "already_exists") == ["/v1/organizations/kpu-31"]


async def test_speaker_of_two_parallel_sessions_conflicts_with_the_other_session(api: WriteClient) -> None:
    speaks = {"kind": "class", "parallel_group": "g", "speakers": [{"official": OFFICIAL_ID}]}
    other = await create(api, SESSIONS, code="a", position=20, name="A", track=1, **speaks)
    response = await api.post(SESSIONS, {**speaks, "code": "b", "position": 21, "name": "B", "track": 2})
    assert conflict_addresses(response, "parallel_sessions") == [other]


async def test_session_outside_its_meeting_conflicts_with_it_and_the_meeting_with_the_session(api: WriteClient) -> None:
    body = {"code": "late", "position": 30, "kind": "plenary", "name": "Late", "starts_at": "2023-01-01T09:00:00+07:00"}
    assert conflict_addresses(await api.post(SESSIONS, body), "session_outside_meeting") == [MEETING_PATH]
    session = await create(api, SESSIONS, **{**body, "starts_at": "2022-06-14T09:00:00+07:00"})
    before = (await api.get(MEETING_PATH)).json()
    response = await api.patch(MEETING_PATH, {"start_on": "2023-06-13", "end_on": "2023-06-16"})
    (other,) = conflict_addresses(response, "session_outside_meeting")
    assert other is not None
    assert other.startswith(f"{SESSIONS}/")
    assert (await api.get(MEETING_PATH)).json() == before
    assert (await api.delete(session)).status_code == 204


async def test_invalid_parent_is_named_in_the_conflict(api: WriteClient) -> None:
    other = await create(api, "/v1/elections", code="pemilu-2039", name="Pemilu 2039", kind="general")
    assert other
    stage = {"election": "pemilu-2039", "parent": "pu-08", "position": 1, "kind": "activity", "name": "X"}
    response = await api.post("/v1/stages", {"code": "pu-97", **stage})
    assert conflict_addresses(response, "foreign_parent") == ["/v1/stages/pu-08"]
    response = await api.patch("/v1/organizations/kpu", {"parent": "kpu-31"})
    assert conflict_addresses(response, "circular_parent") == ["/v1/organizations/kpu-31"]


async def test_former_code_of_another_region_conflicts_with_that_region(api: WriteClient) -> None:
    response = await api.patch("/v1/regions/31", {"previous_codes": [{"code": "91.17", "parent": "91"}]})
    assert conflict_addresses(response, "already_exists") == ["/v1/regions/93.03"]


async def test_concurrent_writes_that_form_a_circle_are_one_success_and_one_409(api: WriteClient) -> None:
    """Neither deadlocks with the other, which would be 503."""
    for n in range(5):
        a, b = [
            await create(api, "/v1/organizations", code=f"{letter}{n}", name="Contoh", kind="agency")
            for letter in ("a", "b")
        ]
        both = await asyncio.gather(api.patch(a, {"parent": f"b{n}"}), api.patch(b, {"parent": f"a{n}"}))
        assert sorted(response.status_code for response in both) == [200, 409]


async def test_audit_line_lists_the_objects_changed_by_a_cascade(api: WriteClient, own_url: str) -> None:
    """A stage that moves to another election moves the stages below it, and each gets a revision."""
    await create(api, "/v1/elections", code="pemilu-2039", name="Pemilu 2039", kind="general")
    stage = {"election": "pemilu-2024", "kind": "activity", "name": "X"}
    top = await create(api, "/v1/stages", code="x-1", position=90, **stage)
    for n in (2, 3):
        await create(api, "/v1/stages", code=f"x-{n}", position=n, parent=f"x-{n - 1}", **stage)
    assert (await api.patch(top, {"election": "pemilu-2039"})).status_code == 200
    keys = await fetch_value(own_url, "SELECT keys FROM audit_lines ORDER BY id DESC LIMIT 1")
    assert (keys[0], sorted(keys[1:])) == ("stages/x-1", ["stages/x-2", "stages/x-3"])
