"""An application over a database that only the tests of this directory use."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.conftest import LOADED, connect_client, copy_template, run_application


@pytest_asyncio.fixture(scope="package")
async def clients_url(server: str) -> AsyncIterator[str]:
    async for url in copy_template(server, LOADED):
        yield url


@pytest_asyncio.fixture(scope="package")
async def app(clients_url: str) -> AsyncIterator[FastAPI]:
    async with run_application(Settings(DATABASE_URL=clients_url)) as app:
        yield app


@pytest_asyncio.fixture(scope="package")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client
