"""Posts that wait at the same moment are stored in one transaction, which costs little more for ten than for one.

A post that comes alone does not wait. What comes while another is being stored waits for that, and goes in with all
that has come meanwhile; each is answered after the commit that keeps it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from typing import NamedTuple

from app.check_ins.repository import DeviceSubmission, ScanResult
from app.core.db.faults import is_contention
from app.core.problems import Unavailable

MAX_SUBMISSIONS_PER_TRANSACTION = 50  # posts in one transaction

StoreSubmissions = Callable[[Sequence[DeviceSubmission]], Awaitable[list[list[ScanResult]]]]


class _PendingSubmission(NamedTuple):
    submission: DeviceSubmission
    result: "asyncio.Future[list[ScanResult]]"


class CheckInBatcher:
    """The posts of one worker, each meeting's for itself; each waits for so many seconds at most."""

    def __init__(self, store: StoreSubmissions, timeout: float) -> None:
        self._keep, self._seconds = store, timeout
        self._queues: dict[str, deque[_PendingSubmission]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, submission: DeviceSubmission) -> list[ScanResult]:
        """What has become of the scans of a post, in their order; nothing where there is no such meeting.

        Unavailable when the database fails or does not come to it in time: then nobody knows whether it was kept.
        """
        waiting = _PendingSubmission(submission, asyncio.get_running_loop().create_future())
        if submission.meeting in self._queues:
            self._queues[submission.meeting].append(waiting)
        else:
            self._queues[submission.meeting] = deque([waiting])
            # In a context of its own, for it works for others than the request that it begins with.
            task = asyncio.get_running_loop().create_task(self._store_queue(submission.meeting), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            async with asyncio.timeout(self._seconds):
                return await waiting.result
        except TimeoutError as error:
            raise Unavailable from error

    async def _store_queue(self, meeting: str) -> None:
        waiting = self._queues[meeting]
        together: list[_PendingSubmission] = []
        try:
            while together := _take_batch(waiting):
                await self._store_batch(together)
        finally:
            del self._queues[meeting]
            _fail([*together, *waiting], Unavailable())  # nobody is left, unless this task has been broken off

    async def _store_batch(self, group: list[_PendingSubmission]) -> None:
        try:
            results = await self._keep([one.submission for one in group])
        except Exception as error:
            if len(group) == 1 or (isinstance(error, Unavailable) and not is_contention(error)):
                _fail(group, error)
            else:  # what one of them has wrong, or waits for, is not the others' fault
                await asyncio.gather(*(self._store_batch([one]) for one in group if not one.result.done()))
        else:
            for one, result in zip(group, results, strict=True):
                if not one.result.done():
                    one.result.set_result(result)


def _fail(those: Iterable[_PendingSubmission], error: Exception) -> None:
    for one in those:
        if not one.result.done():
            one.result.set_exception(error)


def _take_batch(waiting: deque[_PendingSubmission]) -> list[_PendingSubmission]:
    """Those that go together, as they came: a device's second post after its first, none that nobody waits for."""
    group: dict[str, _PendingSubmission] = {}
    later = []
    while waiting and len(group) < MAX_SUBMISSIONS_PER_TRANSACTION:
        one = waiting.popleft()
        if one.result.done():
            continue
        if one.submission.device_id in group:
            later.append(one)
        else:
            group[one.submission.device_id] = one
    waiting.extendleft(reversed(later))
    return list(group.values())
