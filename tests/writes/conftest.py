"""A service of each test's own that writes, and callers of it."""

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
async def calls(app: FastAPI, client: httpx.AsyncClient) -> WriteClient:
    """A caller that may write everything, everywhere."""
    return WriteClient.create(app, client)
