"""A service of each test's own, and callers that send it files."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import client_of, running
from tests.imports.files import Files


@pytest_asyncio.fixture
async def app(own_url: str) -> AsyncIterator[FastAPI]:
    async with running(Settings(DATABASE_URL=own_url)) as app:
        yield app


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest_asyncio.fixture
async def files(app: FastAPI, client: httpx.AsyncClient) -> Files:
    """A caller that may write everything, everywhere."""
    return Files.of(app, client)
