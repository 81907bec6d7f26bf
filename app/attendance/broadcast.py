"""Broadcast attendance summaries to subscribers; one task polls each meeting for all of them."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Iterator

import structlog

from app.attendance.schemas import SummaryQuery
from app.attendance.summary_repository import find_summary
from app.core.db.database import Database
from app.core.http.conditional import entity_tag
from app.core.languages import Text
from app.core.problems import TooManyRequests, Unavailable

MAX_SUBSCRIBERS = 1_000  # per worker
MAX_SUBSCRIBERS_PER_ADDRESS = 20
POLL_INTERVAL_SECONDS = 1.0
RETRY_SECONDS = 5
RETRY_SECONDS_OF_ADDRESS = 30  # its other streams have to end first
POLICY = "listeners"
TOO_MANY_LISTENERS = Text(
    "Alamat Anda sudah membuka terlalu banyak aliran. Tutup salah satunya.",
    "Your address has too many streams open. Close one of them.",
)

log = structlog.stdlib.get_logger(__name__)

FindSummary = Callable[[str], Awaitable[bytes | None]]


def create_summary_finder(database: Database) -> FindSummary:
    """Return a function that reads a meeting's attendance summary as JSON, and returns None for an unknown meeting."""

    async def find(meeting: str) -> bytes | None:
        return await find_summary(database.reader(), meeting, SummaryQuery())

    return find


class Subscription:
    """A subscription to the summary of one meeting.

    It holds the newest summary only, so a slow subscriber skips those between.
    """

    def __init__(self, topic: "_Topic") -> None:
        self._topic = topic
        self._changed = asyncio.Event()
        self.is_ended = False

    @property
    def id(self) -> str:
        """The id of the server-sent event of the meeting's current summary."""
        return self._topic.id

    @property
    def body(self) -> bytes:
        """The JSON of the meeting's current attendance summary."""
        return self._topic.body

    def notify(self, *, ended: bool = False) -> None:
        """Wake the waiting subscriber: the summary has changed or, if `ended`, the subscription has ended."""
        self.is_ended = self.is_ended or ended
        self._changed.set()

    async def wait_for_change(self, timeout: float) -> bool:  # noqa: ASYNC109  (the caller sends a heartbeat)
        """Wait until the summary changes or the subscription ends; False if neither came within `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class _Topic:
    """A meeting with subscribers and its summary as it was read last."""

    def __init__(self, body: bytes) -> None:
        self.subscriptions: set[Subscription] = set()
        self.publish(body)

    def publish(self, body: bytes) -> None:
        """Store a meeting's new summary with its event id, and wake the meeting's subscribers."""
        self.body = body
        self.id = entity_tag(body).strip('"')
        self.notify()

    def notify(self, *, ended: bool = False) -> None:
        """Wake all subscribers of the meeting; if `ended`, mark their subscriptions as ended."""
        for subscription in self.subscriptions:
            subscription.notify(ended=ended)


class SummaryBroadcaster:
    """Polls the summary of each meeting that has subscribers, once per interval for all of them.

    The polling task runs only while there are subscribers. There is one broadcaster per worker.
    """

    def __init__(
        self,
        find: FindSummary,
        *,
        max_subscribers: int = MAX_SUBSCRIBERS,
        max_per_address: int = MAX_SUBSCRIBERS_PER_ADDRESS,
        interval: float = POLL_INTERVAL_SECONDS,
    ) -> None:
        """Create a broadcaster without subscribers.

        Args:
            find: Returns the JSON of a meeting's summary, or None if there is no such meeting.
            max_subscribers: More are refused with 503.
            max_per_address: More of one address are refused with 429.
            interval: Seconds between two polls.
        """
        self.subscriber_count = 0
        self._find = find
        self._max_subscribers = max_subscribers
        self._max_per_address = max_per_address
        self._counts_by_address: Counter[Hashable] = Counter()
        self._interval = interval
        self._topics: dict[str, _Topic] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def is_polling(self) -> bool:
        """True while the task runs that polls the summaries of subscribed meetings."""
        return self._task is not None

    async def find_summary(self, meeting: str, address: Hashable = None) -> bytes | None:
        """Return a meeting's summary as JSON: as last polled for subscribers, else from the database; None: no meeting.

        Returns None if there is no such meeting. `address` is that of the caller, who will subscribe.

        Raises:
            TooManyRequests: The address has too many subscriptions.
            Unavailable: There are too many subscribers, or the broadcaster is closed.
        """
        self._ensure_not_full(address)
        topic = self._topics.get(meeting)
        return topic.body if topic else await self._find(meeting)

    @contextlib.contextmanager
    def subscribe(self, meeting: str, body: bytes, address: Hashable = None) -> Iterator[Subscription]:
        """Subscribe to a meeting's summary for the duration of the block; the first subscription starts the polling.

        Args:
            meeting: Code of the meeting.
            body: Its summary as JSON, used if it has no subscriber yet.
            address: The address of the subscriber; None: not counted by address.

        Raises:
            TooManyRequests: The address has too many subscriptions.
            Unavailable: There are too many subscribers, or the broadcaster is closed.
        """
        self._ensure_not_full(address)
        topic = self._topics.get(meeting)
        if topic is None:
            topic = self._topics[meeting] = _Topic(body)
        subscription = Subscription(topic)
        topic.subscriptions.add(subscription)
        self.subscriber_count += 1
        self._counts_by_address[address] += 1
        if self._task is None:
            self._task = asyncio.create_task(self._poll())
        try:
            yield subscription
        finally:
            self.subscriber_count -= 1
            self._counts_by_address -= Counter([address])  # which also removes the counts of zero
            topic.subscriptions.discard(subscription)
            if not topic.subscriptions and self._topics.get(meeting) is topic:
                del self._topics[meeting]

    def close(self) -> None:
        """End all subscriptions to summaries, and refuse new ones and summaries, without stopping the polling task."""
        self._is_closed = True
        for topic in self._topics.values():
            topic.notify(ended=True)

    async def stop(self) -> None:
        """End all subscriptions to summaries, refuse new ones, and cancel the polling task."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _ensure_not_full(self, address: Hashable) -> None:
        """Raise TooManyRequests or Unavailable if the address or all have too many subscriptions, or it is closed."""
        if address is not None and self._counts_by_address[address] >= self._max_per_address:
            headers = {
                "RateLimit-Policy": f'"{POLICY}";q={self._max_per_address};qu="concurrent-requests"',
                "RateLimit": f'"{POLICY}";r=0;t={RETRY_SECONDS_OF_ADDRESS}',
            }
            raise TooManyRequests(retry_after=RETRY_SECONDS_OF_ADDRESS, detail=TOO_MANY_LISTENERS, headers=headers)
        if self._is_closed or self.subscriber_count >= self._max_subscribers:
            raise Unavailable(retry_after=RETRY_SECONDS)

    async def _poll(self) -> None:
        """Poll the summaries of the subscribed meetings at the interval, until no meeting has subscribers."""
        try:
            while self._topics:
                await asyncio.sleep(self._interval)
                await self._poll_once()
        finally:
            self._task = None

    async def _poll_once(self) -> None:
        """Read each subscribed meeting's summary, publish changes, end subscriptions of deleted ones; log errors."""
        for meeting, topic in list(self._topics.items()):
            try:
                body = await self._find(meeting)
            except Unavailable:
                return
            except Exception:
                # The task must not end: its subscribers would wait forever, and no request reports the error.
                log.exception("live_summary_read_failed")
                return
            if body is None:
                topic.notify(ended=True)
                if self._topics.get(meeting) is topic:
                    del self._topics[meeting]
            elif body != topic.body:
                topic.publish(body)
