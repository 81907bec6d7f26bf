"""The background task that runs the sealer. Every worker has one; a lock lets only one of them seal at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg

from app.audit_chain import sealer
from app.core import telemetry
from app.core.db.pools import open_connection
from app.settings import Settings

SEAL_INTERVAL_SECONDS = 1.0
RETRY_SECONDS = 5.0  # after an error


@contextlib.asynccontextmanager
async def run_sealer(settings: Settings) -> AsyncIterator[None]:
    """Run a task that adds new audit lines to the hash chain, about once a second, while the block runs."""
    task = asyncio.create_task(_seal_forever(settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def connect(settings: Settings) -> asyncpg.Connection:
    """Open a database connection of the sealer; the caller closes it."""
    return await open_connection(settings, "rakornas sealer")


async def _seal_forever(settings: Settings) -> None:
    """Seal new audit lines every second until cancelled; after an error, log it, wait and reconnect."""
    while True:
        try:
            await _seal_on_one_connection(settings)
        except Exception as error:
            # Unsealed lines stay in the table until the next attempt. The message of the error is not logged, because
            # it may contain the content of a line.
            telemetry.log.warning("sealing_failed", cause=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _seal_on_one_connection(settings: Settings) -> None:
    """Seal new audit lines every second over one connection until an error or cancellation, then close it."""
    connection = await connect(settings)
    try:
        while True:
            await sealer.seal_lines(connection)
            await asyncio.sleep(SEAL_INTERVAL_SECONDS)
    finally:
        connection.terminate()  # does not wait for a server that hangs, and releases the lock
