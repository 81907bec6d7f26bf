"""A connection that was lost before a transaction began is replaced, and the caller does not notice."""

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from app.core.db import pools
from app.core.db.database import Database
from app.core.db.transaction import execute_once, open_transaction
from app.core.problems import Unavailable
from app.state import state_of
from tests.conftest import fetch_value

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'rakornas' AND datname = current_database()"""
INSERT = """
INSERT INTO idempotency_keys (client, key, fingerprint, status, headers, body) VALUES ('x', $1, '', 200, '{}', '')"""


@pytest.fixture
def database(own_app: FastAPI) -> Database:
    database: Database = state_of(own_app).database
    return database


async def fill_pool(database: Database) -> int:
    """Open all connections of the pool for writing, and return their number."""
    size: int = database.write_engine.pool.size()  # type: ignore[attr-defined]

    async def occupy(barrier: asyncio.Barrier) -> None:
        async with open_transaction(database):
            await barrier.wait()

    barrier = asyncio.Barrier(size)
    await asyncio.gather(*(occupy(barrier) for _ in range(size)))
    return size


async def terminate_connections(database: Database, url: str, number: int) -> None:
    """Let the server close all connections of the service, and wait until the driver has been told."""
    connections = [await database.write_engine.connect() for _ in range(number)]
    drivers = [(await connection.get_raw_connection()).driver_connection for connection in connections]
    for connection in connections:
        await connection.close()
    assert await fetch_value(url, TERMINATE) >= number
    while not all(driver is not None and driver.is_closed() for driver in drivers):
        await asyncio.sleep(0.01)


async def test_transactions_begin_after_all_connections_were_lost(database: Database, own_url: str) -> None:
    number = await fill_pool(database)
    await terminate_connections(database, own_url, number)
    for key in range(2 * number):
        async with open_transaction(database) as transaction:
            await transaction.execute(INSERT, (str(key),))
    assert await fetch_value(own_url, "SELECT count(*) FROM idempotency_keys") == 2 * number


async def test_single_statements_run_after_all_connections_were_lost(database: Database, own_url: str) -> None:
    number = await fill_pool(database)
    await terminate_connections(database, own_url, number)
    for key in range(2 * number):
        await execute_once(database, INSERT, str(key))
    assert await fetch_value(own_url, "SELECT count(*) FROM idempotency_keys") == 2 * number


async def test_loss_that_shows_at_begin_is_not_an_error(database: Database, own_url: str) -> None:
    """The driver may not have been told of the loss yet when the connection leaves the pool."""
    number = await fill_pool(database)
    event.remove(database.write_engine.sync_engine, "checkout", pools._replace_closed_connection)
    for round_number in range(3):
        await terminate_connections(database, own_url, number)
        async with open_transaction(database) as transaction:
            await transaction.execute(INSERT, (str(round_number),))
        await fill_pool(database)
    assert await fetch_value(own_url, "SELECT count(*) FROM idempotency_keys") == 3


async def test_loss_within_a_transaction_is_not_repeated(database: Database, own_url: str) -> None:
    async def lose_connection() -> None:
        async with open_transaction(database) as transaction:
            await transaction.execute(INSERT, ("1",))
            await fetch_value(own_url, TERMINATE)
            await transaction.execute(INSERT, ("2",))

    with pytest.raises(Unavailable):
        await lose_connection()
    assert await fetch_value(own_url, "SELECT count(*) FROM idempotency_keys") == 0
