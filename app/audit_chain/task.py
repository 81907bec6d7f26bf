"""The sealer at work: a task beside the requests of each worker, of which one at a time seals."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg

from app.audit_chain import sealer
from app.core import telemetry
from app.core.db.pools import connect_to
from app.settings import Settings

PAUSE = 1.0  # seconds
PAUSE_AFTER_FAULT = 5.0
# What is asked for is found by index, however many lines there are and however old the statistics.
PLANS = dict.fromkeys(("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"), "off")


@contextlib.asynccontextmanager
async def sealing(settings: Settings) -> AsyncIterator[None]:
    """Lines are sealed, about once a second, for as long as the block runs."""
    task = asyncio.create_task(_seal_for_ever(settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def connect(settings: Settings) -> asyncpg.Connection:
    """A connection for a sealer alone."""
    return await connect_to(settings, application_name="rakornas sealer", **PLANS)


async def _seal_for_ever(settings: Settings) -> None:
    while True:
        try:
            await _seal_on_one_connection(settings)
        except Exception as error:
            # Whatever it is, the lines stay where they are, and the next sealer finds them. Not the error's own words,
            # which may hold a line's.
            telemetry.log.warning("sealer pauses", cause=type(error).__name__)
        await asyncio.sleep(PAUSE_AFTER_FAULT)


async def _seal_on_one_connection(settings: Settings) -> None:
    connection = await connect(settings)
    try:
        while True:
            await sealer.seal(connection)
            await asyncio.sleep(PAUSE)
    finally:
        connection.terminate()  # at once, also when the server is frozen; the lock goes with it
