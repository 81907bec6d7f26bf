"""One service per module and a new meeting per test."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, run_application
from tests.participants.participants_client import ParticipantsClient


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
async def participants(app: FastAPI, client: httpx.AsyncClient) -> ParticipantsClient:
    """A client of the participants of a new meeting."""
    return await ParticipantsClient.in_new_meeting(app, client)
