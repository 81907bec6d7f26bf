"""Fixtures: an application for each module, with the reference data and the example rows."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from app.auth import Scope
from app.settings import Settings
from tests import openapi
from tests.callers import bearer_headers
from tests.conftest import LOADED, connect_client, copy_template, run_application


@pytest_asyncio.fixture(scope="module")
async def app(server: str) -> AsyncIterator[FastAPI]:
    async for url in copy_template(server, LOADED):
        async with (
            run_application(Settings(DATABASE_URL=url, rate_client=0)) as app,
            openapi.prepare_examples(app, url),
        ):
            yield app


@pytest_asyncio.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with connect_client(app) as client:
        yield client


@pytest.fixture
def token(app: FastAPI) -> dict[str, str]:
    """Headers with a token of all scopes."""
    return bearer_headers(app, *Scope)
