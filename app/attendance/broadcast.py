"""All who listen to the numbers of rolls, and the one task that reads those numbers for them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import structlog

from app.attendance.schemas import SummaryQuery
from app.attendance.summary_repository import find_summary
from app.core.db.database import Database
from app.core.http.conditional import entity_tag
from app.core.problems import Unavailable

MAX_SUBSCRIBERS = 1_000  # listeners of a worker
POLL_INTERVAL_SECONDS = 1.0  # seconds between two readings

log = structlog.stdlib.get_logger(__name__)

FindSummary = Callable[[str], Awaitable[bytes | None]]


def summary_finder(database: Database) -> FindSummary:
    """The JSON of a meeting's numbers, None where there is no such meeting."""

    async def read(meeting: str) -> bytes | None:
        return await find_summary(database.reader(), meeting, SummaryQuery())

    return read


class Subscription:
    """One who listens to a meeting: it is woken by what is new, and finds the newest only, however slow it is."""

    def __init__(self, topic: "_Topic") -> None:
        self._topic = topic
        self._woken = asyncio.Event()
        self.is_ended = False

    @property
    def id(self) -> str:
        """Of the numbers as they are now."""
        return self._topic.id

    @property
    def body(self) -> bytes:
        return self._topic.body

    def notify(self, *, for_good: bool = False) -> None:
        self.is_ended = self.is_ended or for_good
        self._woken.set()

    async def wait_for_change(self, within: float) -> bool:
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
        self.subscriptions: set[Subscription] = set()
        self.publish(body)

    def publish(self, body: bytes) -> None:
        self.body = body
        self.id = entity_tag(body).strip('"')
        self.notify()

    def notify(self, *, for_good: bool = False) -> None:
        for listener in self.subscriptions:
            listener.notify(for_good=for_good)


class SummaryBroadcaster:
    """Reads each meeting that has listeners once every pause, whatever their number, and only while there are any.

    `read`: what there is to hear of a meeting, None where there is no such meeting.
    """

    def __init__(
        self, find: FindSummary, *, max_subscribers: int = MAX_SUBSCRIBERS, interval: float = POLL_INTERVAL_SECONDS
    ) -> None:
        self.subscriber_count = 0
        self._find = find
        self._max_subscribers = max_subscribers
        self._interval = interval
        self._topics: dict[str, _Topic] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def is_polling(self) -> bool:
        return self._task is not None

    async def find_summary(self, meeting: str) -> bytes | None:
        """The numbers as those who listen already have them; read for the first one.

        Raises Unavailable where no more can listen.
        """
        self._ensure_not_full()
        topic = self._topics.get(meeting)
        return topic.body if topic else await self._find(meeting)

    @contextlib.contextmanager
    def subscribe(self, meeting: str, body: bytes) -> Iterator[Subscription]:
        """A listener for as long as the block lasts. `body`: what `latest` has said. Raises Unavailable as that."""
        self._ensure_not_full()
        topic = self._topics.get(meeting)
        if topic is None:
            topic = self._topics[meeting] = _Topic(body)
        listener = Subscription(topic)
        topic.subscriptions.add(listener)
        self.subscriber_count += 1
        if self._task is None:
            self._task = asyncio.create_task(self._poll())
        try:
            yield listener
        finally:
            self.subscriber_count -= 1
            topic.subscriptions.discard(listener)
            if not topic.subscriptions and self._topics.get(meeting) is topic:
                del self._topics[meeting]

    def close(self) -> None:
        """All who listen are told that it is over, and nobody can listen any more."""
        self._is_closed = True
        for topic in self._topics.values():
            topic.notify(for_good=True)

    async def stop(self) -> None:
        """After that nothing is read any more."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _ensure_not_full(self) -> None:
        if self._is_closed or self.subscriber_count >= self._max_subscribers:
            raise Unavailable(retry_after=5)

    async def _poll(self) -> None:
        try:
            while self._topics:
                await asyncio.sleep(self._interval)
                await self._poll_once()
        finally:
            self._task = None

    async def _poll_once(self) -> None:
        """A database that fails is asked again after the next pause; meanwhile nobody hears anything, or leaves."""
        for meeting, topic in list(self._topics.items()):
            try:
                body = await self._find(meeting)
            except Unavailable:
                return
            except Exception:
                # Nobody is there to answer to, and whoever listens would do so for ever to a task that has ended.
                log.exception("live numbers not read")
                return
            if body is None:
                topic.notify(for_good=True)
                if self._topics.get(meeting) is topic:
                    del self._topics[meeting]
            elif body != topic.body:
                topic.publish(body)
