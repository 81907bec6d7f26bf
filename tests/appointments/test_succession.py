"""Succession: one appointment ends and the next begins, or neither."""

import asyncio

import pytest

from tests.writes.object_examples import OFFICIAL_ID
from tests.writes.write_client import WriteClient

SUCCEED_PATH = "/v1/appointments:succeed"


async def create_chair(api: WriteClient) -> tuple[str, str, str]:
    """Create an open appointment as chair; return its id, that of its official, and that of another official."""
    first, second = [
        (await api.post("/v1/officials", {"name": name})).json()["id"] for name in ("Satu Contoh", "Dua Contoh")
    ]
    payload = {"official": first, "organization": "kpu-33", "office": "chair", "standing": "definitive"}
    appointment = await api.post("/v1/appointments", {**payload, "start_on": "2023-09-24", "source": "KPU"})
    return appointment.json()["id"], first, second


async def test_succession_ends_one_appointment_and_begins_the_next(api: WriteClient) -> None:
    ends, first, second = await create_chair(api)
    succession = {
        "ends": ends,
        "end_on": "2025-03-01",
        "end_reason": "purnatugas",
        "legal_basis": "SK 1/2025",
        "begins": {"official": second, "standing": "definitive", "term": "2023-2028"},
    }
    response = await api.post(SUCCEED_PATH, succession)
    assert response.status_code == 201, response.text
    ended, begun = response.json()["ended"], response.json()["begun"]
    assert (ended["id"], ended["end_on"], ended["end_reason"], ended["revision"]) == (
        ends,
        "2025-03-01",
        "purnatugas",
        2,
    )
    assert (begun["official"]["id"], begun["start_on"], begun["office"]) == (second, "2025-03-01", "chair")
    assert (begun["organization"]["code"], begun["legal_basis"]) == ("kpu-33", "SK 1/2025")
    assert response.headers["location"] == f"/v1/appointments/{begun['id']}"
    for day, holder in (("2025-02-28", first), ("2025-03-01", second)):
        roster = (await api.get(f"/v1/organizations/kpu-33/officials?as_of={day}")).json()["items"]
        assert [entry["official"]["id"] for entry in roster if entry["office"] == "chair"] == [holder]
    revision = (await api.get(f"/v1/appointments/{ends}/revisions?sort=-revision")).json()["items"][0]
    assert revision["legal_basis"] == "SK 1/2025"


async def test_appointment_does_not_end_if_its_successor_conflicts(api: WriteClient) -> None:
    ends, _, second = await create_chair(api)
    begins = {"official": second, "standing": "definitive", "start_on": "2024-01-01"}
    response = await api.post(SUCCEED_PATH, {"ends": ends, "end_on": "2025-03-01", "begins": begins})
    assert (response.status_code, response.json()["code"]) == (409, "two_definitive_holders")
    assert response.json()["errors"][0]["address"] == f"/v1/appointments/{ends}"
    appointment = (await api.get(f"/v1/appointments/{ends}")).json()
    assert (appointment["end_on"], appointment["revision"]) == (None, 1)


async def test_ended_appointment_cannot_end_again(api: WriteClient) -> None:
    ends, _, second = await create_chair(api)
    succession = {"ends": ends, "end_on": "2025-03-01", "begins": {"official": second, "standing": "acting"}}
    assert (await api.post(SUCCEED_PATH, succession)).status_code == 201
    repeated = await api.post(SUCCEED_PATH, succession)
    assert (repeated.status_code, repeated.json()["errors"][0]["code"]) == (409, "already_ended")


async def test_concurrent_successions_succeed_once(api: WriteClient) -> None:
    ends, _, second = await create_chair(api)
    succession = {"ends": ends, "end_on": "2025-03-01", "begins": {"official": second, "standing": "acting"}}
    responses = await asyncio.gather(*(api.post(SUCCEED_PATH, succession) for _ in range(4)))
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"ends": "0197c0de-0000-7000-8000-000000000000"}, "/ends"),
        ({"begins": {"official": "0197c0de-0000-7000-8000-000000000000", "standing": "acting"}}, "/official"),
        ({"end_on": "2025-13"}, "/end_on"),
        ({"end_on": "soon"}, "/end_on"),
        ({"begins": {"official": OFFICIAL_ID}}, "/begins/standing"),
    ],
)
async def test_invalid_succession_is_422(api: WriteClient, changed: dict[str, object], pointer: str) -> None:
    ends, _, second = await create_chair(api)
    succession = {"ends": ends, "end_on": "2025-03-01", "begins": {"official": second, "standing": "acting"}}
    response = await api.post(SUCCEED_PATH, {**succession, **changed})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer), response.text
