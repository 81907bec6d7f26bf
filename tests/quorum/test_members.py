"""The members who count towards a quorum, each once."""

from datetime import datetime

import httpx
import pytest_asyncio
from fastapi import FastAPI

from tests.attendance.synthetic_rolls import TARMIZI, participant_row
from tests.conftest import fetch_value
from tests.meetings.synthetic_meetings import ARIF, UNVERIFIED, insert_rows
from tests.quorum import plenary_client
from tests.quorum.plenary_client import OTHER_COMMISSION_MEMBER, QUORUM_ENTRY_TIMES, SECRETARY, PlenaryClient, local_iso


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


async def test_acting_and_possible_members_count(plenary: PlenaryClient) -> None:
    """An appointment that started at an unknown day of 2022 is possible on each day of 2022, and not certain."""
    for n, (official, columns) in enumerate(
        (
            (TARMIZI, {"standing": "acting", "start_on": "2022-06-01"}),
            (ARIF, {"standing": "definitive", "start_on": "2022"}),
            (plenary.officials[0], {"standing": "definitive", "start_on": "2022"}),
        )
    ):
        row = {"id": participant_row(8, n, "", "")["id"], "official": official, "organization": "kpu"}
        await insert_rows(plenary.url, "appointments", [{**row, "office": "member", **columns, **UNVERIFIED}])
    await plenary.scan_entries(QUORUM_ENTRY_TIMES[:3])
    await plenary.scan(OTHER_COMMISSION_MEMBER, "09:10")
    await plenary.scan(SECRETARY, "09:11")
    assert await plenary.get_quorum_state("12:00") == (5, True, "09:11", "09:11")
    members = {item["official"]["id"]: item["certain"] for item in (await plenary.get_quorum("12:00"))["members"]}
    # The member with two appointments is listed once, with the certain one.
    assert len((await plenary.get_quorum("12:00"))["members"]) == 9
    assert (members[TARMIZI], members[ARIF], members[plenary.officials[0]]) == (True, False, True)
    await fetch_value(
        plenary.url,
        "UPDATE appointments SET end_on = '2022-06-14' WHERE organization = 'kpu' AND official = $1",
        TARMIZI,
    )
    assert await plenary.get_quorum_state("12:00") == (4, False, None, None)
