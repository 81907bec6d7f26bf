"""Limit request size, idle time, duration and concurrency, which uvicorn does not.

A body is counted while it passes through and is never stored here.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

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
FIELD_OVERHEAD_BYTES = 4  # ": " and CRLF of each header field
BODY_NOT_ALLOWED = Text("GET dan HEAD tidak menerima isi.", "GET and HEAD take no body.")
CLOSE_CONNECTION = {"Connection": "close"}  # the unread rest of a body would be parsed as the next request
DISCONNECT: Message = {"type": "http.disconnect"}
LIVENESS_PATH = "/health/live"
EVENT_STREAM = b"text/event-stream"


@dataclass(frozen=True)
class RequestLimits:
    """Limits on one request and on the requests of one worker.

    Attributes:
        body_bytes: Largest body.
        large_body_paths: Ends of the paths whose body may be as large as `large_body_bytes`.
        large_body_bytes: Largest body of those paths.
        idle_timeout: Longest wait for the next part of a body, in seconds.
        timeout: Longest duration of a request, in seconds; event streams are exempt.
        concurrency: Largest number of requests in progress; event streams are exempt, their route limits them.
    """

    body_bytes: int = 1024 * 1024
    large_body_paths: tuple[str, ...] = ()
    large_body_bytes: int = 8 * 1024 * 1024
    idle_timeout: float = 10.0
    timeout: float = 30.0
    concurrency: int = 512


class RequestLimitsMiddleware:
    """Reject requests that are too large, too slow or too many; pass all others through unchanged.

    RFC 9110, sections 15.5.9 (408), 15.5.14 (413), 15.5.15 (414) and 15.6.4 (503), and RFC 6585, section 5 (431).
    Content in a GET or HEAD has no defined meaning (RFC 9110, section 9.3.1) and no route reads it, so it is rejected
    instead of ignored.
    """

    def __init__(self, app: ASGIApp, limits: RequestLimits | None = None) -> None:
        self.app = app
        self.limits = limits or RequestLimits()
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
        """Return the problem of a GET with a body, a too large URL, head or body, or a busy worker; else None."""
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
        if self.running >= self.limits.concurrency and scope["path"] != LIVENESS_PATH:
            return Unavailable(retry_after=1)
        return None

    def _max_body_bytes(self, scope: Scope) -> int:
        """Return the largest body that the request's path allows, in bytes."""
        is_large = scope["path"].endswith(self.limits.large_body_paths)
        return self.limits.large_body_bytes if is_large else self.limits.body_bytes

    async def _run_counted(self, scope: Scope, receive: Receive, send: Send) -> Problem | None:
        """Run the app, counted as in progress (a stream only until it starts); return a problem to send, or None."""
        exchange = _Exchange(receive, send, self._max_body_bytes(scope), self.limits.idle_timeout)
        self.running += 1
        try:
            return await self._run_timed(scope, exchange)
        finally:
            self.running -= not exchange.is_stream

    async def _run_timed(self, scope: Scope, exchange: "_Exchange") -> Problem | None:
        """Run the app; return a problem to send if it timed out or its body was late or too large, else None.

        Returns:
            The problem to answer with, if the app started no response because of the request's body or duration.
        """
        try:
            async with asyncio.timeout(self.limits.timeout) as deadline:
                exchange.on_stream_start = lambda: self._release_stream(deadline)
                await self.app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            if not deadline.expired():
                raise
            is_receiving = exchange.is_receiving
            exchange.problem = RequestTimeout(headers=CLOSE_CONNECTION) if is_receiving else Unavailable()
        except Exception:
            # The app may wrap the problem that was raised in its receive(): the problem is the cause.
            if exchange.problem is None:
                raise
        return None if exchange.response_started else exchange.problem

    def _release_stream(self, deadline: asyncio.Timeout) -> None:
        """Exempt an event stream from the timeout and from the count of requests in progress."""
        self.running -= 1
        if not deadline.expired():
            deadline.reschedule(None)


class _Exchange:
    """The body of one request, counted and timed, and the state of its response."""

    def __init__(self, receive: Receive, send: Send, max_body_bytes: int, idle_timeout: float) -> None:
        self._receive = receive
        self._send = send
        self._remaining_bytes = max_body_bytes
        self._idle_timeout = idle_timeout
        self._is_body_complete = False
        self.problem: Problem | None = None
        self.response_started = False
        self.is_receiving = False
        self.is_stream = False
        self.on_stream_start: Callable[[], None] = lambda: None

    async def receive(self) -> Message:
        """Receive a message; if the body is late or too large, raise the problem, or disconnect if responding."""
        if self.problem is None:
            message = await (self._receive() if self._is_body_complete else self._receive_in_time())
            if self.problem is None:
                return message
        if self.response_started:
            return DISCONNECT  # a response in progress can only be cut off
        raise self.problem

    async def _receive_in_time(self) -> Message:
        """Receive the next part of the body; set `problem` if it is late or the body is too large."""
        self.is_receiving = True
        try:
            async with asyncio.timeout(self._idle_timeout):
                message = await self._receive()
        except TimeoutError:
            self.problem = RequestTimeout(headers=CLOSE_CONNECTION)
            return DISCONNECT
        self.is_receiving = False
        self._is_body_complete = not message.get("more_body", False)
        self._remaining_bytes -= len(message.get("body", b""))
        if self._remaining_bytes < 0:
            self.problem = ContentTooLarge(headers=CLOSE_CONNECTION)
        return message

    async def send(self, message: Message) -> None:
        """Send a message of the response, or drop it if a problem will be sent instead."""
        # FastAPI turns any exception while reading a body into its own 400: the problem takes precedence.
        if self.problem is not None and not self.response_started:
            return
        self.response_started = True
        if message["type"] == "http.response.start" and _is_event_stream(message):
            self.is_stream = True
            self.on_stream_start()
        await self._send(message)


def _is_event_stream(start: Message) -> bool:
    """Return whether the start of a response announces server-sent events."""
    return any(name.lower() == b"content-type" and value.startswith(EVENT_STREAM) for name, value in start["headers"])


def _declared_length(headers: Headers) -> int:
    """Return Content-Length, or 0 if it is absent; the server's parser rejects values that are no number."""
    value = headers.get("content-length", "")
    return int(value) if value.isdecimal() and len(value) <= 20 else 0
