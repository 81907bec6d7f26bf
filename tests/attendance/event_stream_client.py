"""Client of event streams that calls the ASGI app directly, because httpx waits for the end of a response."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message


class Event(NamedTuple):
    """A Server-Sent Event."""

    id: str
    data: str


class EventStreamClient:
    """One request for a stream, with the status, headers and text received so far.

    `ended` is set when the response is complete. While `may_send` is cleared, the client does not read.
    """

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
        """The summary events received so far."""
        events = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
            if fields.get("event") == "summary":
                events.append(Event(fields["id"], fields["data"]))
        return events

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
                    self._disconnected.set()  # as servers do after a complete response
            self._received.notify_all()

    async def wait_for_events(self, number: int, within: float = 5.0) -> list[Event]:
        """Wait until this many events were received, and return them."""
        async with asyncio.timeout(within), self._received:
            await self._received.wait_for(lambda: len(self.events) >= number)
        return self.events[:number]

    def disconnect(self) -> None:
        self._disconnected.set()


@contextlib.asynccontextmanager
async def open_event_stream(
    app: ASGIApp, target: str = "/", method: str = "GET", address: str = "127.0.0.1", **headers: str
) -> AsyncIterator[EventStreamClient]:
    """Yield a client that has received the first bytes; disconnect after the block and wait for the app to return."""
    client = EventStreamClient(target, {name.replace("_", "-"): value for name, value in headers.items()}, method)
    client.scope["client"] = (address, 1)
    task = asyncio.ensure_future(app(client.scope, client.receive, client.send))
    try:
        async with asyncio.timeout(10):
            while not client.text and not task.done():
                await asyncio.sleep(0.005)
        yield client
    finally:
        client.disconnect()
        client.may_send.set()
        async with asyncio.timeout(5):
            await task


async def wait_until(condition: Callable[[], bool], within: float = 5.0) -> None:
    """Wait until a condition holds; raise TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.01)
