"""Let the imports of a worker run one after another."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from app.core.problems import RequestInFlight, Unavailable
from app.imports.row_schema import Importable

QUEUE_TIMEOUT_SECONDS = 2.0  # longest wait for another import of this worker
RETRY_SECONDS = 10  # Retry-After when that wait ends


class ImportQueue:
    """One per worker. An import uses one processor and a connection besides those of the pools."""

    def __init__(self, importable: Mapping[str, Importable]) -> None:
        """Create an empty queue.

        Args:
            importable: The resources that can be imported, by name.
        """
        self.importable = importable
        self.slot = asyncio.Semaphore(1)
        self.in_progress: set[tuple[str, str]] = set()

    @asynccontextmanager
    async def register(self, client_id: str, idempotency_key: str | None) -> AsyncIterator[None]:
        """Mark a client's idempotency key as in use while the block runs; RequestInFlight if it is; None: do nothing.

        Raises:
            RequestInFlight: An import with this key runs or waits already.
        """
        if idempotency_key is None:
            yield
            return
        client_and_key = (client_id, idempotency_key)
        if client_and_key in self.in_progress:
            raise RequestInFlight
        self.in_progress.add(client_and_key)
        try:
            yield
        finally:
            self.in_progress.remove(client_and_key)

    @asynccontextmanager
    async def acquire_slot(self) -> AsyncIterator[None]:
        """Occupy the worker's one slot for imports while the block runs; Unavailable if it is not free within 2 s.

        Raises:
            Unavailable: Another import ran for QUEUE_TIMEOUT_SECONDS.
        """
        try:
            async with asyncio.timeout(QUEUE_TIMEOUT_SECONDS):
                await self.slot.acquire()
        except TimeoutError:
            raise Unavailable(retry_after=RETRY_SECONDS) from None
        try:
            yield
        finally:
            self.slot.release()
