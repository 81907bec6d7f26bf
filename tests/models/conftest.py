from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest_asyncio

from tests.conftest import MIGRATED, copy_template
from tests.models.valid_rows import GOOD, insert, insert_what_they_lean_on


@pytest_asyncio.fixture(scope="package")
async def schema_url(server: str) -> AsyncIterator[str]:
    """One database for all that roll back what they write."""
    async for url in copy_template(server, MIGRATED):
        yield url


@pytest_asyncio.fixture(scope="package")
async def prepared(schema_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A few good rows, in a transaction that is never committed."""
    connection = await asyncpg.connect(schema_url)
    transaction = connection.transaction()
    await transaction.start()
    await insert_what_they_lean_on(connection)
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest_asyncio.fixture
async def db(prepared: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """The same within a savepoint of the test's own, to which it is rolled back."""
    savepoint = prepared.transaction()
    await savepoint.start()
    yield prepared
    await savepoint.rollback()


@pytest_asyncio.fixture(scope="package")
async def recorded_url(server: str) -> AsyncIterator[str]:
    """One database whose good rows are committed. Whoever commits there has keys of his own."""
    async for url in copy_template(server, MIGRATED):
        connection = await asyncpg.connect(url)
        async with connection.transaction():
            await insert_what_they_lean_on(connection)
            for table in GOOD:
                await insert(connection, table)
        await connection.close()
        yield url


Connect = Callable[[], Awaitable[asyncpg.Connection]]


@pytest_asyncio.fixture
async def connect(recorded_url: str) -> AsyncIterator[Connect]:
    """Opens connections to that database, until the test ends."""
    opened: list[asyncpg.Connection] = []

    async def one_more() -> asyncpg.Connection:
        opened.append(await asyncpg.connect(recorded_url, command_timeout=20))
        return opened[-1]

    yield one_more
    for connection in opened:
        await connection.close()


@pytest_asyncio.fixture
async def record(connect: Connect) -> AsyncIterator[asyncpg.Connection]:
    """The good rows as other transactions have left them, in one that is rolled back."""
    connection = await connect()
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
