"""A service of this directory's own, for tests that only ask what would happen."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.settings import Settings
from tests.authorization import world
from tests.authorization.asks_at_the_door import check_ins
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, run_application

JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(scope="package")
async def world_url(server: str) -> AsyncIterator[str]:
    async for url in copy_template(server, LOADED):
        await world.add(url)
        yield url


@pytest_asyncio.fixture(scope="package")
async def app(world_url: str) -> AsyncIterator[FastAPI]:
    settings = Settings(DATABASE_URL=world_url, rate_client=0, rate_network=0)
    async with run_application(settings) as app:
        async with connect_client(app) as client:
            for ask in check_ins():  # before, so that to every gate afterwards it is one that was stored already
                headers = bearer_headers(app, Scope.CHECK_INS_WRITE)
                answer = await client.post(ask.target, content=ask.content, headers={**headers, **JSON})
                assert answer.status_code == (404 if ask.is_missing else 201)
        yield app


@pytest_asyncio.fixture(scope="package")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client
