"""Batch concurrent check-in submissions of one meeting into shared transactions.

A transaction for ten submissions costs little more than one for a single submission. The first submission starts a
transaction at once; those that arrive while it runs are stored together in the next one. Each caller gets its answer
after the commit that stored its scans.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from typing import NamedTuple

from app.check_ins.repository import DeviceSubmission, ScanResult
from app.core.db.faults import is_contention
from app.core.problems import Unavailable

MAX_SUBMISSIONS_PER_TRANSACTION = 50

StoreSubmissions = Callable[[Sequence[DeviceSubmission]], Awaitable[list[list[ScanResult]]]]


class _PendingSubmission(NamedTuple):
    submission: DeviceSubmission
    results: "asyncio.Future[list[ScanResult]]"


class CheckInBatcher:
    """One per worker. Keeps a queue per meeting."""

    def __init__(self, store: StoreSubmissions, timeout: float) -> None:
        """Create a batcher without queues.

        Args:
            store: Writes a list of submissions in one transaction and returns their results in order.
            timeout: Longest wait for an answer, in seconds.
        """
        self._store, self._timeout = store, timeout
        self._queues: dict[str, deque[_PendingSubmission]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, submission: DeviceSubmission) -> list[ScanResult]:
        """Queue a device's scans, wait until they are committed, and return their results; [] if no such meeting.

        Raises:
            Unavailable: The database failed or the timeout passed. The scans may or may not have been stored; the
                device sends them again (scan ids make that safe).
        """
        pending = _PendingSubmission(submission, asyncio.get_running_loop().create_future())
        if submission.meeting in self._queues:
            self._queues[submission.meeting].append(pending)
        else:
            self._queues[submission.meeting] = deque([pending])
            # A context of its own, because the task also serves other requests than the one that starts it.
            task = asyncio.get_running_loop().create_task(self._store_queue(submission.meeting), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            async with asyncio.timeout(self._timeout):
                return await pending.results
        except TimeoutError as error:
            raise Unavailable from error

    async def _store_queue(self, meeting: str) -> None:
        """Store a meeting's queued submissions batch by batch until its queue is empty, then delete the queue."""
        queue = self._queues[meeting]
        batch: list[_PendingSubmission] = []
        try:
            while batch := _take_batch(queue):
                await self._store_batch(batch)
        finally:
            del self._queues[meeting]
            _fail_submissions([*batch, *queue], Unavailable())  # both are empty, unless this task was cancelled

    async def _store_batch(self, batch: list[_PendingSubmission]) -> None:
        """Store submissions in one transaction and set their results; after an error of one, store each alone."""
        try:
            results = await self._store([pending.submission for pending in batch])
        except Exception as error:
            if len(batch) == 1 or (isinstance(error, Unavailable) and not is_contention(error)):
                _fail_submissions(batch, error)
            else:
                await asyncio.gather(*(self._store_batch([pending]) for pending in batch if not pending.results.done()))
        else:
            for pending, scan_results in zip(batch, results, strict=True):
                if not pending.results.done():
                    pending.results.set_result(scan_results)


def _fail_submissions(submissions: Iterable[_PendingSubmission], error: Exception) -> None:
    """Set an error as the result of those submissions that have no result yet, so that their callers raise it."""
    for pending in submissions:
        if not pending.results.done():
            pending.results.set_exception(error)


def _take_batch(queue: deque[_PendingSubmission]) -> list[_PendingSubmission]:
    """Remove and return a queue's next submissions, at most one per device; drop those without a waiting caller.

    A second submission of a device stays in the queue, because the offset of the device's clock depends on their order.
    """
    batch: dict[str, _PendingSubmission] = {}
    deferred = []
    while queue and len(batch) < MAX_SUBMISSIONS_PER_TRANSACTION:
        pending = queue.popleft()
        if pending.results.done():
            continue
        if pending.submission.device_id in batch:
            deferred.append(pending)
        else:
            batch[pending.submission.device_id] = pending
    queue.extendleft(reversed(deferred))
    return list(batch.values())
