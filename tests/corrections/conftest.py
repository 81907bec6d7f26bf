"""A service over the reference data, for all tests of a module; each test creates a meeting of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.check_ins.meeting_client import MeetingClient
from tests.conftest import LOADED, connect_client, copy_template, run_application


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    async for url in copy_template(server, LOADED):
        async with run_application(Settings(DATABASE_URL=url)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client


@pytest_asyncio.fixture
async def meeting(app: FastAPI, client: httpx.AsyncClient) -> MeetingClient:
    return await MeetingClient.create(app, client, participant_count=2)
