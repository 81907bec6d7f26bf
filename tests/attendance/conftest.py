"""A service over the reference data and the synthetic rolls, for all tests of a module that only read."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.settings import Settings
from tests.attendance import synthetic_rolls
from tests.conftest import LOADED, connect_client, copy_template, fetch_value, run_application


@pytest_asyncio.fixture(scope="package")
async def rolls_database(server: str) -> AsyncIterator[str]:
    """Yield the name of a database with the reference data and the synthetic rolls, as a template for copies."""
    async for url in copy_template(server, LOADED):
        await synthetic_rolls.insert_rolls(url)
        yield await fetch_value(url, "SELECT current_database()")


@pytest_asyncio.fixture(scope="module")
async def app(server: str, rolls_database: str) -> AsyncIterator[FastAPI]:
    async for url in copy_template(server, rolls_database):
        async with run_application(Settings(DATABASE_URL=url)) as app:
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client
