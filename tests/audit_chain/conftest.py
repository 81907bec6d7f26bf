from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from app.audit_chain import task
from app.settings import Settings


@pytest_asyncio.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner of a migrated, empty database."""
    connection = await asyncpg.connect(database_url, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def sealing(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the sealer has it."""
    connection = await task.connect(Settings(DATABASE_URL=database_url))
    yield connection
    connection.terminate()
