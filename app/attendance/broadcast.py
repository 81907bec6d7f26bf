"""All who listen to the numbers of rolls, and the one task that reads those numbers for them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import structlog

from app.attendance.schemas import SummaryQuery
from app.attendance.summary_repository import summary
from app.core.db.database import Database
from app.core.http.conditional import entity_tag
from app.core.problems import Unavailable

MOST = 1_000  # listeners of a worker
PAUSE = 1.0  # seconds between two readings

log = structlog.stdlib.get_logger(__name__)

Read = Callable[[str], Awaitable[bytes | None]]


def summaries(database: Database) -> Read:
    """The JSON of a meeting's numbers, None where there is no such meeting."""

    async def read(meeting: str) -> bytes | None:
        return await summary(database.reader(), meeting, SummaryQuery())

    return read


class Listener:
    """One who listens to a meeting: it is woken by what is new, and finds the newest only, however slow it is."""

    def __init__(self, topic: "_Topic") -> None:
        self._topic = topic
        self._woken = asyncio.Event()
        self.is_over = False

    @property
    def id(self) -> str:
        """Of the numbers as they are now."""
        return self._topic.id

    @property
    def body(self) -> bytes:
        return self._topic.body

    def wake(self, *, for_good: bool = False) -> None:
        self.is_over = self.is_over or for_good
        self._woken.set()

    async def news(self, within: float) -> bool:
        """Whether anything came within so many seconds."""
        try:
            async with asyncio.timeout(within):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True


class _Topic:
    """A meeting that is listened to, with its numbers as they were read last."""

    def __init__(self, body: bytes) -> None:
        self.listeners: set[Listener] = set()
        self.say(body)

    def say(self, body: bytes) -> None:
        self.body = body
        self.id = entity_tag(body).strip('"')
        self.wake()

    def wake(self, *, for_good: bool = False) -> None:
        for listener in self.listeners:
            listener.wake(for_good=for_good)


class SummaryBroadcaster:
    """Reads each meeting that has listeners once every pause, whatever their number, and only while there are any.

    `read`: what there is to hear of a meeting, None where there is no such meeting.
    """

    def __init__(self, read: Read, *, most: int = MOST, pause: float = PAUSE) -> None:
        self.number = 0
        self._read = read
        self._most = most
        self._pause = pause
        self._topics: dict[str, _Topic] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def is_at_work(self) -> bool:
        return self._task is not None

    async def latest(self, meeting: str) -> bytes | None:
        """The numbers as those who listen already have them; read for the first one.

        Raises Unavailable where no more can listen.
        """
        self._refuse_too_many()
        topic = self._topics.get(meeting)
        return topic.body if topic else await self._read(meeting)

    @contextlib.contextmanager
    def listening(self, meeting: str, body: bytes) -> Iterator[Listener]:
        """A listener for as long as the block lasts. `body`: what `latest` has said. Raises Unavailable as that."""
        self._refuse_too_many()
        topic = self._topics.get(meeting)
        if topic is None:
            topic = self._topics[meeting] = _Topic(body)
        listener = Listener(topic)
        topic.listeners.add(listener)
        self.number += 1
        if self._task is None:
            self._task = asyncio.create_task(self._read_on())
        try:
            yield listener
        finally:
            self.number -= 1
            topic.listeners.discard(listener)
            if not topic.listeners and self._topics.get(meeting) is topic:
                del self._topics[meeting]

    def close(self) -> None:
        """All who listen are told that it is over, and nobody can listen any more."""
        self._is_closed = True
        for topic in self._topics.values():
            topic.wake(for_good=True)

    async def stop(self) -> None:
        """After that nothing is read any more."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _refuse_too_many(self) -> None:
        if self._is_closed or self.number >= self._most:
            raise Unavailable(retry_after=5)

    async def _read_on(self) -> None:
        try:
            while self._topics:
                await asyncio.sleep(self._pause)
                await self._read_all()
        finally:
            self._task = None

    async def _read_all(self) -> None:
        """A database that fails is asked again after the next pause; meanwhile nobody hears anything, or leaves."""
        for meeting, topic in list(self._topics.items()):
            try:
                body = await self._read(meeting)
            except Unavailable:
                return
            except Exception:
                # Nobody is there to answer to, and whoever listens would do so for ever to a task that has ended.
                log.exception("live numbers not read")
                return
            if body is None:
                topic.wake(for_good=True)
                if self._topics.get(meeting) is topic:
                    del self._topics[meeting]
            elif body != topic.body:
                topic.say(body)
