"""A service over the reference data and the synthetic rolls, for all tests of a module that only read."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.attendance import synthetic_rolls
from tests.conftest import LOADED, client_of, copy_of, fetch, running


@pytest_asyncio.fixture(scope="package")
async def rolls_database(server: str) -> AsyncIterator[str]:
    """Yield the name of a database with the reference data and the synthetic rolls, as a template for copies."""
    async for url in copy_of(server, LOADED):
        await synthetic_rolls.insert_rolls(url)
        yield await fetch(url, "SELECT current_database()")


@pytest_asyncio.fixture(scope="module")
async def app(server: str, rolls_database: str) -> AsyncIterator[FastAPI]:
    async for url in copy_of(server, rolls_database):
        async with running(Settings(DATABASE_URL=url)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client
