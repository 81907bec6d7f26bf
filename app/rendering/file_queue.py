"""Limit the files that a worker makes at once: a short wait, then a refusal."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.core.languages import Text
from app.core.problems import TooManyRequests, Unavailable

WAIT_SECONDS = 5.0
RETRY_SECONDS = 5
MAX_WAITING_PER_CALLER = 1
POLICY = "files"
TOO_MANY_FILES = Text(
    "Berkas Anda yang lain sedang dibuat. Coba lagi setelah waktu pada Retry-After.",
    "Another file of yours is being made. Try again after the time in Retry-After.",
)


@dataclass
class _CallerFiles:
    """The files of one caller: a free place for each that may be made, and the number of those made or waiting."""

    places: asyncio.Semaphore
    count: int = field(default=0)


class FileQueue:
    """One per worker. Reading and rendering thousands of lines uses a processor for seconds."""

    def __init__(self, max_files: int, max_per_caller: int, *, wait: float = WAIT_SECONDS) -> None:
        """Create an empty queue.

        Args:
            max_files: Files that the worker makes at once.
            max_per_caller: Files that it makes at once for one caller.
            wait: Longest wait for a place, in seconds.
        """
        self._places = asyncio.Semaphore(max_files)
        self._max_per_caller = max_per_caller
        self._wait = wait
        self._callers: dict[Hashable, _CallerFiles] = {}

    @asynccontextmanager
    async def acquire_place(self, caller: Hashable) -> AsyncIterator[None]:
        """Occupy a place for a file while the block runs, after a short wait if necessary.

        One more file of each caller may wait for the caller's others. The caller is refused before the worker is, so
        that a caller's own files are never the reason of a 503.

        Raises:
            TooManyRequests: The caller has other files made or waiting.
            Unavailable: The worker makes files of other callers.
        """
        files = self._callers.setdefault(caller, _CallerFiles(asyncio.Semaphore(self._max_per_caller)))
        if files.count >= self._max_per_caller + MAX_WAITING_PER_CALLER:
            raise self._refusal()
        files.count += 1
        try:
            deadline = asyncio.get_running_loop().time() + self._wait
            await _acquire(files.places, deadline, self._refusal())
            try:
                await _acquire(self._places, deadline, Unavailable(retry_after=RETRY_SECONDS))
                try:
                    yield
                finally:
                    self._places.release()
            finally:
                files.places.release()
        finally:
            files.count -= 1
            if not files.count:
                self._callers.pop(caller, None)

    def _refusal(self) -> TooManyRequests:
        """Build (not raise) the problem of a caller with too many files."""
        headers = {
            "RateLimit-Policy": f'"{POLICY}";q={self._max_per_caller};qu="concurrent-requests"',
            "RateLimit": f'"{POLICY}";r=0;t={RETRY_SECONDS}',
        }
        return TooManyRequests(retry_after=RETRY_SECONDS, detail=TOO_MANY_FILES, headers=headers)


async def _acquire(places: asyncio.Semaphore, deadline: float, refusal: TooManyRequests | Unavailable) -> None:
    """Acquire a place until a deadline of the event loop's clock; else raise the refusal."""
    try:
        async with asyncio.timeout_at(deadline):
            await places.acquire()
    except TimeoutError:
        raise refusal from None
