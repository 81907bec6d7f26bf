"""An entry without an exit counts for the quorum until the end of its day."""

import httpx
import pytest_asyncio
from fastapi import FastAPI

from tests.conftest import fetch_value
from tests.quorum import plenary_client
from tests.quorum.plenary_client import QUORUM_ENTRY_TIMES, PlenaryClient


@pytest_asyncio.fixture
async def plenary(own_app: FastAPI, own_client: httpx.AsyncClient, own_url: str) -> PlenaryClient:
    return await plenary_client.create_plenary(own_app, own_client, own_url)


async def test_quorum_ends_at_the_cutoff(plenary: PlenaryClient, own_url: str) -> None:
    await plenary.scan_entries(QUORUM_ENTRY_TIMES)
    assert await plenary.get_quorum_state("12:00") == (5, True, "09:04", "09:04")
    await fetch_value(own_url, "UPDATE meetings SET day_ends_at = '12:00' WHERE code = 'pleno'")
    assert await plenary.get_quorum_state("11:59") == (5, True, "09:04", "09:04")
    assert await plenary.get_quorum_state("12:00") == (0, False, None, "09:04")
    await plenary.scan(0, "12:30")
    assert await plenary.get_quorum_state("12:30") == (1, False, None, "09:04")
