"""A connection returns to its pool when its caller is cancelled."""

import asyncio
import time

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.db import transaction
from app.core.db.database import Database, await_until
from app.state import state_of


async def test_result_at_the_moment_of_cancellation_is_released() -> None:
    released: list[str] = []
    gate = asyncio.get_running_loop().create_future()

    async def work() -> str:
        await gate
        return "a connection"

    async def release(result: str) -> None:
        released.append(result)

    caller = asyncio.create_task(await_until(time.monotonic() + 60, work(), release=release))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set_result(None)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert released == ["a connection"]


async def test_cancelled_work_releases_nothing() -> None:
    async def release(_: None) -> None:
        raise AssertionError

    caller = asyncio.create_task(await_until(time.monotonic() + 60, asyncio.sleep(60), release=release))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = state_of(app).database
    return database


async def is_returned_to_pool(database: Database) -> bool:
    for _ in range(500):
        if database.write_engine.pool.checkedout() == 0:  # type: ignore[attr-defined]
            return True
        await asyncio.sleep(0.01)
    return False


async def test_connection_at_the_moment_of_cancellation_returns_to_the_pool(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, gate = transaction._connect, asyncio.get_running_loop().create_future()
    connections = []

    async def connect_late(of: Database) -> AsyncConnection:
        connections.append(await connect(of))
        await gate
        return connections[0]

    monkeypatch.setattr(transaction, "_connect", connect_late)

    async def work() -> None:
        async with transaction.open_transaction(database):
            raise AssertionError

    caller = asyncio.create_task(work())
    while not connections:
        await asyncio.sleep(0)
    gate.set_result(None)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    assert await is_returned_to_pool(database)
