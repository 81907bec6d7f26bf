"""The service over the synthetic rolls of the attendance tests, and a new meeting in it."""

import httpx
import pytest_asyncio
from fastapi import FastAPI

from tests.attendance.conftest import app, client, rolls_database
from tests.check_ins.meeting_client import MeetingClient

__all__ = ["app", "client", "meeting", "rolls_database"]


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    meeting = await MeetingClient.create(app, client, participant_count=3)
    assert (await meeting.admin.patch(meeting.path, {"roll": "open"})).status_code == 200
    renamed = await meeting.admin.patch(meeting.participant_path(2), {"name": f"Peserta {meeting.code}"})
    assert renamed.status_code == 200  # so that the roll of each test has its own digest
    return meeting
