"""An application over a database that only the tests of this directory use."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from fastapi import FastAPI

from app.core.http.app_state import get_from_state
from app.oauth.service import FailedAttemptLimiter
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


@pytest_asyncio.fixture(autouse=True)
async def without_earlier_failures(app: FastAPI) -> None:
    """Forget the failures of earlier tests, which all come from one network."""
    vars(get_from_state(app, FailedAttemptLimiter)).update(vars(FailedAttemptLimiter()))
