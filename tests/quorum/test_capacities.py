"""A member who takes part in a plenary in several capacities."""

from datetime import datetime

import httpx
import pytest_asyncio
from fastapi import FastAPI

from tests.attendance.synthetic_rolls import participant_row
from tests.meetings.synthetic_meetings import insert_rows
from tests.quorum import plenary_client
from tests.quorum.plenary_client import QUORUM_ENTRY_TIMES, PlenaryClient, local_iso


@pytest_asyncio.fixture
async def plenary(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> PlenaryClient:
    return await plenary_client.create_plenary(own_app, own_client, own_url)


async def test_member_in_two_capacities_counts_once(plenary: PlenaryClient, own_url: str) -> None:
    """The second entry is present from 08:00; four other members enter, so that there are five."""
    second = participant_row(8, 1, "pleno", "present", official=plenary.officials[0], capacity="speaker")
    arrived = datetime.fromisoformat(local_iso("08:00"))
    await insert_rows(own_url, "participants", [{**second, "arrived_at": arrived}])
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    assert await plenary.get_quorum_state("08:30") == (1, False, None, None)
    assert await plenary.get_quorum_state("09:03") == (4, False, None, None)
    assert await plenary.get_quorum_state("09:04") == (5, True, "09:04", "09:04")
    await plenary.scan(0, "09:30", "out")
    assert await plenary.get_quorum_state("09:31") == (5, True, "09:04", "09:04")
