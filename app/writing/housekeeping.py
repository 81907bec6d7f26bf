"""What nobody will ask for any more is thrown away: answers kept for a retry, and assertions that have ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.core.database import Database
from app.core.problems import Unavailable
from app.core.transaction import writing
from app.writing import idempotency

EVERY = 3600.0  # seconds
ASSERTIONS = "DELETE FROM used_assertions WHERE expires_at < now() - interval '1 hour'"

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@asynccontextmanager
async def housekeeping(database: Database, *, every: float = EVERY) -> AsyncIterator[None]:
    """Throws away once an hour, for as long as the block runs. It does not matter how many workers do so."""
    task = asyncio.create_task(_keep_house(database, every))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _keep_house(database: Database, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            async with writing(database) as write:
                await write.fetch(idempotency.PURGE)
                await write.fetch(ASSERTIONS)
        except Unavailable:
            log.warning("housekeeping put off")
