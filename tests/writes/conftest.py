"""An application and database for each test, and a client that may write everything."""

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.writes.write_client import WriteClient


@pytest.fixture
def app(own_app: FastAPI) -> FastAPI:
    return own_app


@pytest.fixture
def client(own_client: httpx.AsyncClient) -> httpx.AsyncClient:
    return own_client


@pytest_asyncio.fixture
async def api(app: FastAPI, client: httpx.AsyncClient) -> WriteClient:
    """Return a client that may write every object."""
    return WriteClient.create(app, client)
