"""No request takes more room, time or company than the service can give: sizes, silences and numbers have a limit.

uvicorn has none of these limits. A body is counted as it passes and never kept here.
"""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.languages import Text
from app.core.problems import (
    ContentTooLarge,
    HeadersTooLarge,
    Malformed,
    Problem,
    RequestTimeout,
    Unavailable,
    UriTooLong,
)

MAX_URL_BYTES = 8 * 1024
MAX_HEADER_BYTES = 32 * 1024
FIELD_OVERHEAD_BYTES = 4  # ": " and the line's end, as the field stood on the wire
BODY_NOT_ALLOWED = Text("GET dan HEAD tidak menerima isi.", "GET and HEAD take no body.")
CLOSE_CONNECTION = {"Connection": "close"}  # the rest of a body that nobody reads would be taken for the next request
DISCONNECT: Message = {"type": "http.disconnect"}
LIVENESS_PATH = "/health/live"
EVENT_STREAM = b"text/event-stream"


class RequestLimitsMiddleware:
    """Refuses what is too long, too slow or too much; everything else passes through unchanged.

    RFC 9110 15.5.9 (408), 15.5.14 (413), 15.5.15 (414), 15.6.4 (503) and RFC 6585 5 (431). Content in a GET or HEAD
    has no meaning (RFC 9110 9.3.1) and no route reads it: it is refused, not ignored. `large` are the ends of the paths
    whose body may be as long as `large_limit`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        body_limit: int = 1024 * 1024,
        large: tuple[str, ...] = (),
        large_limit: int = 8 * 1024 * 1024,
        silence: float = 10.0,
        seconds: float = 30.0,
        concurrency: int = 512,
    ) -> None:
        self.app = app
        self.body_limit = body_limit
        self.large = large
        self.large_limit = large_limit
        self.silence = silence
        self.seconds = seconds
        self.concurrency = concurrency
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        problem = self._check_head(scope)
        if problem is None:
            problem = await self._run_counted(scope, receive, send)
        if problem is not None:
            await problem.response(scope)(scope, receive, send)

    def _check_head(self, scope: Scope) -> Problem | None:
        """What the head alone shows."""
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL_BYTES:
            return UriTooLong()
        if sum(len(name) + len(value) + FIELD_OVERHEAD_BYTES for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            return HeadersTooLarge()
        headers = Headers(scope=scope)
        length = _declared_length(headers)
        if scope["method"] in ("GET", "HEAD") and (length > 0 or "transfer-encoding" in headers):
            return Malformed(detail=BODY_NOT_ALLOWED, headers=CLOSE_CONNECTION)
        if length > self._max_body_bytes(scope):
            return ContentTooLarge(headers=CLOSE_CONNECTION)
        if self.running >= self.concurrency and scope["path"] != LIVENESS_PATH:
            return Unavailable(retry_after=1)
        return None

    def _max_body_bytes(self, scope: Scope) -> int:
        return self.large_limit if scope["path"].endswith(self.large) else self.body_limit

    async def _run_counted(self, scope: Scope, receive: Receive, send: Send) -> Problem | None:
        exchange = _Exchange(receive, send, self._max_body_bytes(scope), self.silence)
        self.running += 1
        try:
            return await self._run_timed(scope, exchange)
        finally:
            self.running -= not exchange.is_stream

    async def _run_timed(self, scope: Scope, exchange: "_Exchange") -> Problem | None:
        """The problem to answer with, when the app did not come to an answer because of the request's body or time."""
        try:
            async with asyncio.timeout(self.seconds) as deadline:
                exchange.on_stream_start = lambda: self._release_stream(deadline)
                await self.app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not deadline.expired():
                raise
            exchange.problem = RequestTimeout(headers=CLOSE_CONNECTION) if exchange.is_receiving else Unavailable()
        except Exception:
            # Whatever the app makes of the fault raised in its receive, the fault is what there is to say.
            if exchange.problem is None:
                raise
        return None if exchange.response_started else exchange.problem

    def _release_stream(self, deadline: asyncio.Timeout) -> None:
        """A stream of events has no end to wait for; how many there are at a time is its route's to limit."""
        self.running -= 1
        if not deadline.expired():
            deadline.reschedule(None)


class _Exchange:
    """One request's body and answer: counts and times the one, knows whether the other has begun."""

    def __init__(self, receive: Receive, send: Send, limit: int, silence: float) -> None:
        self._receive = receive
        self._send = send
        self._remaining_bytes = limit
        self._idle_timeout = silence
        self._ended = False
        self.problem: Problem | None = None
        self.response_started = False
        self.is_receiving = False
        self.is_stream = False
        self.on_stream_start: Callable[[], None] = lambda: None

    async def receive(self) -> Message:
        if self.problem is None:
            message = await (self._receive() if self._ended else self._receive_in_time())
            if self.problem is None:
                return message
        if self.response_started:
            return DISCONNECT  # all that an answer which has begun can still be told
        raise self.problem

    async def _receive_in_time(self) -> Message:
        self.is_receiving = True
        try:
            async with asyncio.timeout(self._idle_timeout):
                message = await self._receive()
        except TimeoutError:
            self.problem = RequestTimeout(headers=CLOSE_CONNECTION)
            return DISCONNECT
        self.is_receiving = False
        self._ended = not message.get("more_body", False)
        self._remaining_bytes -= len(message.get("body", b""))
        if self._remaining_bytes < 0:
            self.problem = ContentTooLarge(headers=CLOSE_CONNECTION)
        return message

    async def send(self, message: Message) -> None:
        # FastAPI turns every exception of a body's reading into a 400 of its own: the fault goes before it.
        if self.problem is not None and not self.response_started:
            return
        self.response_started = True
        if message["type"] == "http.response.start" and _is_stream(message):
            self.is_stream = True
            self.on_stream_start()
        await self._send(message)


def _is_stream(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(EVENT_STREAM) for name, value in start["headers"])


def _declared_length(headers: Headers) -> int:
    """Content-Length; one that is no number never passes the server's parser."""
    value = headers.get("content-length", "")
    return int(value) if value.isdecimal() and len(value) <= 20 else 0
