"""Fixtures: an application with the reference data and the synthetic meetings, for tests that only read."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, run_application
from tests.meetings import synthetic_meetings


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    async for url in copy_template(server, LOADED):
        await synthetic_meetings.insert_meetings(url)
        async with run_application(Settings(DATABASE_URL=url)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client
