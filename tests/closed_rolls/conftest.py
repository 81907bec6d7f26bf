"""A service over the reference data, for all tests of a module; each test closes the roll of a plenary of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.closed_rolls.closed_plenary import ClosedPlenary
from tests.conftest import LOADED, connect_client, copy_template, run_application


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    async for url in copy_template(server, LOADED):
        async with run_application(Settings(DATABASE_URL=url, rate_client=0)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client


@pytest_asyncio.fixture
async def plenary(app: FastAPI, client: httpx.AsyncClient) -> ClosedPlenary:
    return await ClosedPlenary.create(app, client)


@pytest_asyncio.fixture
async def own_app(own_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=own_url, rate_client=0)) as app:
        yield app
