"""What nobody will ask for any more is thrown away: answers kept for a retry, and assertions that have ended."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.core.db.database import Database
from app.core.db.transaction import open_transaction
from app.writes import idempotency

EVERY = 3600.0  # seconds
MOST = 5_000  # rows at a time
ASSERTIONS = (
    "DELETE FROM used_assertions WHERE (client, jti) IN ("
    "SELECT client, jti FROM used_assertions WHERE expires_at < now() - interval '1 hour' LIMIT $1) RETURNING 1"
)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@asynccontextmanager
async def purge_periodically(database: Database, *, every: float = EVERY) -> AsyncIterator[None]:
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
            for purge in (idempotency.DELETE_EXPIRED_KEYS, ASSERTIONS):
                while await _purge(database, purge) == MOST:
                    log.info("housekeeping goes on")
        except Exception as error:  # whatever it is, the next time may do better
            log.warning("housekeeping put off", cause=type(error).__name__)


async def _purge(database: Database, purge: str) -> int:
    """How many were thrown away, no more than a statement's time allows for."""
    async with open_transaction(database) as write:
        return len(await write.fetch(purge, MOST))
