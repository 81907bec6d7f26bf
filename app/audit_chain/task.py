"""The sealer at work: a task beside the requests of each worker, of which one at a time seals."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg

from app.audit_chain import sealer
from app.core import telemetry
from app.core.db.pools import open_connection
from app.settings import Settings

SEAL_INTERVAL_SECONDS = 1.0  # seconds
RETRY_SECONDS = 5.0
# What is asked for is found by index, however many lines there are and however old the statistics.
PLANNER_SETTINGS = dict.fromkeys(("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"), "off")


@contextlib.asynccontextmanager
async def run_sealer(settings: Settings) -> AsyncIterator[None]:
    """Lines are sealed, about once a second, for as long as the block runs."""
    task = asyncio.create_task(_seal_forever(settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def connect(settings: Settings) -> asyncpg.Connection:
    """A connection for a sealer alone."""
    return await open_connection(settings, application_name="rakornas sealer", **PLANNER_SETTINGS)


async def _seal_forever(settings: Settings) -> None:
    while True:
        try:
            await _seal_on_one_connection(settings)
        except Exception as error:
            # Whatever it is, the lines stay where they are, and the next sealer finds them. Not the error's own words,
            # which may hold a line's.
            telemetry.log.warning("sealer pauses", cause=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _seal_on_one_connection(settings: Settings) -> None:
    connection = await connect(settings)
    try:
        while True:
            await sealer.seal_lines(connection)
            await asyncio.sleep(SEAL_INTERVAL_SECONDS)
    finally:
        connection.terminate()  # at once, also when the server is frozen; the lock goes with it
