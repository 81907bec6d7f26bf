"""A service of each test's own, and callers that send it files."""

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from tests.imports.import_client import ImportClient


@pytest.fixture
def app(own_app: FastAPI) -> FastAPI:
    return own_app


@pytest.fixture
def client(own_client: httpx.AsyncClient) -> httpx.AsyncClient:
    return own_client


@pytest_asyncio.fixture
async def files(app: FastAPI, client: httpx.AsyncClient) -> ImportClient:
    """A caller that may write everything, everywhere."""
    return ImportClient.create(app, client)
