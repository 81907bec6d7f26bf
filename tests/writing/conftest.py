"""A service of each test's own that writes, and callers of it."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import client_of, running
from tests.writing.calls import Calls


@pytest_asyncio.fixture
async def app(own_url: str) -> AsyncIterator[FastAPI]:
    async with running(Settings(DATABASE_URL=own_url)) as app:
        yield app


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture
async def calls(app: FastAPI, client: httpx.AsyncClient) -> Calls:
    """A caller that may write everything, everywhere."""
    return Calls.of(app, client)
