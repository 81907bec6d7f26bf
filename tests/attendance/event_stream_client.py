"""Who listens to a stream of events, within the process: httpx would wait for its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message


class Event(NamedTuple):
    id: str
    data: str


class EventStreamClient:
    """One request for a stream: its status, its headers, and what has come so far. Without `reads` it stands still."""

    def __init__(self, target: str, headers: dict[str, str], method: str = "GET") -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.ended = asyncio.Event()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self._disconnected = asyncio.Event()
        self._received = asyncio.Condition()
        self._is_request_sent = False
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        }

    @property
    def events(self) -> list[Event]:
        found = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
            if fields.get("event") == "summary":
                found.append(Event(fields["id"], fields["data"]))
        return found

    async def receive(self) -> Message:
        if not self._is_request_sent:
            self._is_request_sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.may_send.wait()
        async with self._received:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                self.text += message["body"].decode()
                if not message.get("more_body", False):
                    self.ended.set()
                    self._disconnected.set()  # as a server has it: nothing comes from one who was answered
            self._received.notify_all()

    async def wait_for_events(self, number: int, within: float = 5.0) -> list[Event]:
        """The first so many events."""
        async with asyncio.timeout(within), self._received:
            await self._received.wait_for(lambda: len(self.events) >= number)
        return self.events[:number]

    def disconnect(self) -> None:
        self._disconnected.set()


@contextlib.asynccontextmanager
async def open_event_stream(
    app: ASGIApp, target: str = "/", method: str = "GET", **headers: str
) -> AsyncIterator[EventStreamClient]:
    """A listener, who has the first bytes already and leaves with the block. The app must then come to its end."""
    listener = EventStreamClient(target, {name.replace("_", "-"): value for name, value in headers.items()}, method)
    task = asyncio.ensure_future(app(listener.scope, listener.receive, listener.send))
    try:
        async with asyncio.timeout(10):
            while not listener.text and not task.done():
                await asyncio.sleep(0.005)
        yield listener
    finally:
        listener.disconnect()
        listener.may_send.set()
        async with asyncio.timeout(5):
            await task


async def wait_until(condition: Callable[[], bool], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.01)
