"""An application and database for each test, and a client that may import everything."""

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
async def importer(app: FastAPI, client: httpx.AsyncClient) -> ImportClient:
    """Return a client that may import rows of every resource."""
    return ImportClient.create(app, client)
