from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest_asyncio

from tests.conftest import MIGRATED, copy_template
from tests.models.valid_rows import VALID_ROWS, insert_referenced_rows, insert_row


@pytest_asyncio.fixture(scope="package")
async def schema_url(server: str) -> AsyncIterator[str]:
    """A migrated database for all tests that roll back their writes."""
    async for url in copy_template(server, MIGRATED):
        yield url


@pytest_asyncio.fixture(scope="package")
async def prepared_connection(schema_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the referenced rows, in a transaction that is never committed."""
    connection = await asyncpg.connect(schema_url)
    transaction = connection.transaction()
    await transaction.start()
    await insert_referenced_rows(connection)
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest_asyncio.fixture
async def db(prepared_connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """The same connection, rolled back to a savepoint after the test."""
    savepoint = prepared_connection.transaction()
    await savepoint.start()
    yield prepared_connection
    await savepoint.rollback()


@pytest_asyncio.fixture(scope="package")
async def filled_url(server: str) -> AsyncIterator[str]:
    """A database with the valid rows committed. Tests that commit use keys of their own."""
    async for url in copy_template(server, MIGRATED):
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await insert_referenced_rows(connection)
            for table in VALID_ROWS:
                await insert_row(connection, table)
        await connection.close()
        yield url


OpenConnection = Callable[[], Awaitable[asyncpg.Connection]]


@pytest_asyncio.fixture
async def open_connection(filled_url: str) -> AsyncIterator[OpenConnection]:
    """A function that opens connections to that database; they are closed after the test."""
    opened: list[asyncpg.Connection] = []

    async def open_one() -> asyncpg.Connection:
        opened.append(await asyncpg.connect(filled_url, command_timeout=20))
        return opened[-1]

    yield open_one
    for connection in opened:
        await connection.close()


@pytest_asyncio.fixture
async def filled_db(open_connection: OpenConnection) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the valid rows that other transactions have committed; its transaction is rolled back."""
    connection = await open_connection()
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
