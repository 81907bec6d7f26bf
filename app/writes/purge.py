"""Periodic deletion of expired rows: idempotency keys and used client assertions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.core.db.database import Database
from app.core.db.transaction import open_transaction
from app.writes import idempotency

INTERVAL_SECONDS = 3600.0
MAX_ROWS_PER_TRANSACTION = 5_000  # as many as one statement deletes well within its timeout
DELETE_EXPIRED_ASSERTIONS = (
    "DELETE FROM used_assertions WHERE (client, jti) IN ("
    "SELECT client, jti FROM used_assertions WHERE expires_at < now() - interval '1 hour' LIMIT $1) RETURNING 1"
)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@asynccontextmanager
async def purge_periodically(database: Database, *, interval: float = INTERVAL_SECONDS) -> AsyncIterator[None]:
    """Run a task that deletes expired idempotency keys and used assertions every `interval` seconds, during the block.

    Any number of workers may do this at the same time.
    """
    task = asyncio.create_task(_purge_forever(database, interval))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _purge_forever(database: Database, interval: float) -> None:
    """Delete expired idempotency keys and used assertions every `interval` seconds until cancelled; log errors."""
    while True:
        await asyncio.sleep(interval)
        try:
            for delete_sql in (idempotency.DELETE_EXPIRED_KEYS, DELETE_EXPIRED_ASSERTIONS):
                while await _delete_batch(database, delete_sql) == MAX_ROWS_PER_TRANSACTION:
                    log.info("purge_continued")
        except Exception as error:  # the next run may succeed, whatever the error was
            log.warning("purge_failed", cause=type(error).__name__)


async def _delete_batch(database: Database, delete_sql: str) -> int:
    """Run a DELETE of up to MAX_ROWS_PER_TRANSACTION rows in its own transaction; return the number of rows deleted."""
    async with open_transaction(database) as transaction:
        return len(await transaction.fetch(delete_sql, MAX_ROWS_PER_TRANSACTION))
