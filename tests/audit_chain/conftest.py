from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from app.audit_chain import task
from app.settings import Settings


@pytest_asyncio.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the owner of a migrated, empty database."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def sealer_connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the settings of the sealer."""
    connection = await task.connect(Settings(DATABASE_URL=database_url))
    yield connection
    connection.terminate()
