"""An application and database for each test, and a client that may write everything."""

import httpx
import pytest_asyncio
from fastapi import FastAPI

from tests.writes.write_client import WriteClient


@pytest_asyncio.fixture
async def api(own_app: FastAPI, own_client: httpx.AsyncClient) -> WriteClient:
    """Return a client that may write every object."""
    return WriteClient.create(own_app, own_client)
