"""One client cannot bring the erasure of personal data nearer: not by PATCH, import or deleting."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.check_ins.meeting_client import MeetingClient
from tests.writes.write_client import WriteClient

MEMBERS: dict[str, Any] = {
    "code": "rapat-1",
    "name": "Rapat",
    "kind": "coordination",
    "host": "kpu",
    "time_zone": "Asia/Jakarta",
}
MEMBERS |= {"start_on": "2026-12-07", "end_on": "2026-12-08", "retention_days": 30}


@pytest_asyncio.fixture
async def meeting(own_app: FastAPI, own_client: httpx.AsyncClient) -> MeetingClient:
    """A meeting with a retention period and no participants yet."""
    meeting = MeetingClient(own_app, own_client, MEMBERS["code"], WriteClient.create(own_app, own_client))
    assert (await meeting.admin.post("/v1/meetings", MEMBERS)).status_code == 201
    return meeting


async def add_participant(meeting: MeetingClient) -> str:
    response = await meeting.admin.post(f"{meeting.path}/participants", {"name": "Siti"})
    assert response.status_code == 201, response.text
    return f"{meeting.path}/participants/{response.json()['id']}"


async def patch(meeting: MeetingClient, **members: Any) -> tuple[int, str | None]:
    response = await meeting.admin.patch(meeting.path, members)
    return response.status_code, response.json()["code"] if response.is_error else None


@pytest.mark.parametrize("members", [{"retention_days": 29}, {"end_on": "2026-12-07"}, {"time_zone": "Asia/Jayapura"}])
async def test_earlier_erasure_is_409_with_a_code_of_its_own(meeting: MeetingClient, members: dict[str, Any]) -> None:
    assert await patch(meeting, retention_days=31) == await patch(meeting, retention_days=30) == (200, None)
    await add_participant(meeting)
    assert await patch(meeting, **members) == (409, "erasure_nearer")
    assert await patch(meeting, retention_days=31) == (200, None)
    assert await patch(meeting, name="Rapat lain", place="Jakarta") == (200, None)


async def test_problem_names_the_way_with_two_clients_in_both_languages(meeting: MeetingClient) -> None:
    await add_participant(meeting)
    for language in ("id", "en"):
        headers = {**meeting.admin.headers, "Accept-Language": language, "If-Match": "*"}
        headers["Content-Type"] = "application/merge-patch+json"
        response = await meeting.client.patch(meeting.path, json={"retention_days": 8}, headers=headers)
        assert "/corrections" in response.json()["detail"]


async def test_deleting_the_participants_first_is_no_way_around(meeting: MeetingClient) -> None:
    address = await add_participant(meeting)
    assert (await meeting.admin.delete(address)).status_code == 204
    assert await patch(meeting, retention_days=8) == (409, "erasure_nearer")
    assert await patch(meeting, end_on="2026-12-07") == (409, "erasure_nearer")


async def test_import_cannot_bring_the_erasure_nearer(meeting: MeetingClient) -> None:
    await add_participant(meeting)
    row = {**MEMBERS, "retention_days": 8}
    content = ",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n"
    headers = {**meeting.admin.headers, "Content-Type": "text/csv", "Idempotency-Key": "nearer"}
    response = await meeting.client.post("/v1/imports?resource=meetings", content=content, headers=headers)
    assert response.status_code == 422, response.text
    assert "dihapus lebih awal" in response.text or "erasure_nearer" in response.text


async def test_meeting_with_the_code_of_a_deleted_one_is_free(meeting: MeetingClient) -> None:
    await meeting.admin.delete(await add_participant(meeting))
    deleted = await meeting.admin.delete(meeting.path)
    assert deleted.status_code == 204, deleted.text
    assert (await meeting.admin.post("/v1/meetings", MEMBERS)).status_code == 201
    assert await patch(meeting, retention_days=8) == (200, None)
