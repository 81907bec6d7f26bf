from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from tests.conftest import MIGRATED, copy_of
from tests.models.rows import insert_what_they_lean_on


@pytest_asyncio.fixture(scope="package")
async def schema_url(server: str) -> AsyncIterator[str]:
    """One database for all that roll back what they write."""
    async for url in copy_of(server, MIGRATED):
        yield url


@pytest_asyncio.fixture
async def db(schema_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A few good rows to lean on, in a transaction that is rolled back."""
    connection = await asyncpg.connect(schema_url)
    transaction = connection.transaction()
    await transaction.start()
    await insert_what_they_lean_on(connection)
    yield connection
    await transaction.rollback()
    await connection.close()
