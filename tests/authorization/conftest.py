"""A service of this directory's own, for tests that only ask what would happen."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.authorization import world
from tests.conftest import LOADED, client_of, copy_of, running


@pytest_asyncio.fixture(scope="package")
async def world_url(server: str) -> AsyncIterator[str]:
    async for url in copy_of(server, LOADED):
        await world.add(url)
        yield url


@pytest_asyncio.fixture(scope="package")
async def app(world_url: str) -> AsyncIterator[FastAPI]:
    settings = Settings(DATABASE_URL=world_url, rate_client=0, rate_network=0)
    async with running(settings) as app:
        yield app


@pytest_asyncio.fixture(scope="package")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client
