"""Requests that close a roll, and request and list its corrections."""

from typing import Any

import httpx

from app.auth import Scope
from tests.check_ins.meeting_client import MeetingClient
from tests.writes.write_client import WriteClient

MISSING_ID = "0197c0de-0000-7000-8000-000000000000"
SICK_STATUS = {"status": "sick", "reason": "surat dokter menyusul"}
ANNULMENT = {"kind": "scan", "reason": "badge dipinjamkan"}
REOPENING = {"kind": "reopen", "reason": "satu hari terlewat"}


def create_client(meeting: MeetingClient, name: str) -> WriteClient:
    """Return the requests of a client with this id, which may read and write attendance."""
    return WriteClient.create(
        meeting.app, meeting.client, Scope.ATTENDANCE_WRITE, Scope.ATTENDANCE_READ, client_id=name
    )


async def close_roll(meeting: MeetingClient) -> dict[str, Any]:
    response = await meeting.admin.close_roll(meeting.path)
    assert response.status_code == 200, response.text
    closed_roll: dict[str, Any] = response.json()
    return closed_roll


async def post_correction(meeting: MeetingClient, client: WriteClient, **payload: str) -> httpx.Response:
    return await client.post(f"{meeting.path}/corrections", payload)


async def request_correction(meeting: MeetingClient, client: WriteClient, **payload: str) -> str:
    """Request a correction, by default of the first participant's status; return the path that confirms it."""
    payload = payload if "kind" in payload else status_correction(meeting, **payload)
    response = await post_correction(meeting, client, **payload)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"{meeting.path}/corrections/{response.json()['id']}"
    return f"{response.headers['location']}:confirm"


def status_correction(meeting: MeetingClient, **changed: str) -> dict[str, str]:
    """Return the payload of a correction of the first participant's status."""
    return {"kind": "status", "participant": meeting.participants[0], **SICK_STATUS, **changed}


async def list_corrections(meeting: MeetingClient, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await meeting.admin.get(f"{meeting.path}/corrections{query}")).json()["items"]
    return items
