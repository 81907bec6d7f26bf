"""Posts that wait at the same moment are stored in one transaction, which costs little more for ten than for one.

A post that comes alone does not wait. What comes while another is being stored waits for that, and goes in with all
that has come meanwhile; each is answered after the commit that keeps it.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from typing import NamedTuple

from app.check_ins.repository import DeviceSubmission, Result
from app.core.db.faults import is_contention
from app.core.problems import Unavailable

MOST = 50  # posts in one transaction

Store = Callable[[Sequence[DeviceSubmission]], Awaitable[list[list[Result]]]]


class _Waiting(NamedTuple):
    post: DeviceSubmission
    answer: "asyncio.Future[list[Result]]"


class CheckInBatcher:
    """The posts of one worker, each meeting's for itself; each waits for so many seconds at most."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._keep, self._seconds = store, seconds
        self._waiting: dict[str, deque[_Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, post: DeviceSubmission) -> list[Result]:
        """What has become of the scans of a post, in their order; nothing where there is no such meeting.

        Unavailable when the database fails or does not come to it in time: then nobody knows whether it was kept.
        """
        waiting = _Waiting(post, asyncio.get_running_loop().create_future())
        if post.meeting in self._waiting:
            self._waiting[post.meeting].append(waiting)
        else:
            self._waiting[post.meeting] = deque([waiting])
            # In a context of its own, for it works for others than the request that it begins with.
            task = asyncio.get_running_loop().create_task(self._store(post.meeting), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            async with asyncio.timeout(self._seconds):
                return await waiting.answer
        except TimeoutError as error:
            raise Unavailable from error

    async def _store(self, meeting: str) -> None:
        waiting = self._waiting[meeting]
        together: list[_Waiting] = []
        try:
            while together := _next(waiting):
                await self._together(together)
        finally:
            del self._waiting[meeting]
            _fail([*together, *waiting], Unavailable())  # nobody is left, unless this task has been broken off

    async def _together(self, group: list[_Waiting]) -> None:
        try:
            results = await self._keep([one.post for one in group])
        except Exception as error:
            if len(group) == 1 or (isinstance(error, Unavailable) and not is_contention(error)):
                _fail(group, error)
            else:  # what one of them has wrong, or waits for, is not the others' fault
                await asyncio.gather(*(self._together([one]) for one in group if not one.answer.done()))
        else:
            for one, result in zip(group, results, strict=True):
                if not one.answer.done():
                    one.answer.set_result(result)


def _fail(those: Iterable[_Waiting], error: Exception) -> None:
    for one in those:
        if not one.answer.done():
            one.answer.set_exception(error)


def _next(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Those that go together, as they came: a device's second post after its first, none that nobody waits for."""
    group: dict[str, _Waiting] = {}
    later = []
    while waiting and len(group) < MOST:
        one = waiting.popleft()
        if one.answer.done():
            continue
        if one.post.device_id in group:
            later.append(one)
        else:
            group[one.post.device_id] = one
    waiting.extendleft(reversed(later))
    return list(group.values())
