"""A service of its own for each module, with a new meeting for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import LOADED, client_of, copy_of, running
from tests.participants.lists import Listing


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    async for url in copy_of(server, LOADED):
        async with running(Settings(DATABASE_URL=url)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture
async def listing(app: FastAPI, client: httpx.AsyncClient) -> Listing:
    return await Listing.of_new_meeting(app, client)
