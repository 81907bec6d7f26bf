"""HTTP/1.1 protocol: uvicorn's protocol with limits on the size and duration of the request head.

Invalid requests never reach the app: they are answered here with a problem document, and the connection is closed.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any, ClassVar, cast

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.core.http import access_log, cors
from app.core.problems import HeadersTooLarge, Malformed, Problem, RequestTimeout, UriTooLong
from app.core.root_path import call_with_root_path

HTTP_VERSIONS = ("1.0", "1.1")  # the parser also accepts HTTP/0.9 and 2.0
SHUTDOWN_CALLBACKS = "at_shutdown"  # key in the lifespan state: functions that end the endless responses
ROOT_PATH = "root_path"  # key in the lifespan state: the prefix of the public paths
HOST_VALUE = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")


class Protocol(HttpToolsProtocol):
    """Limits the head of a request in bytes and seconds, and answers a head that exceeds them (RFC 6585, section 5)."""

    max_header_bytes: ClassVar[int] = 32 * 1024
    max_url_bytes: ClassVar[int] = 8 * 1024
    header_timeout_seconds: ClassVar[float] = 10.0
    linger_timeout_seconds: ClassVar[float] = 5.0
    flush_timeout_seconds: ClassVar[float] = 60.0
    _timer: asyncio.TimerHandle | None = None  # for the head while it arrives, for closing afterwards
    _pending_problem: Problem | None = None
    _ignores_input = False
    _unparsed_bytes = 0  # fed to the parser since its last callback
    _in_body = False

    # Callbacks of the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Start the timeout for the first request head of a new connection."""
        super().connection_made(transport)
        self._start_timer(self.header_timeout_seconds, self._on_header_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer of a connection that has ended."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser at most as many bytes at once as it may buffer; ignore input after a rejection."""
        consumed = 0
        while consumed < len(data) and not self._ignores_input:
            consumed += self._feed_parser(data[consumed : consumed + self.max_header_bytes + 1 - self._unparsed_bytes])

    def _feed_parser(self, data: bytes) -> int:
        """Feed bytes to the parser and return how many it consumed; reject malformed requests and too long heads."""
        self._unparsed_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            head = self._head_without_upgrade()
            self.parser = httptools.HttpRequestParser(self)
            self._feed_parser(head)
            return int(upgrade.args[0])
        except httptools.HttpParserError as error:
            # A problem raised in a callback of the parser arrives as the context of the parser's own error.
            self._reject(error.__context__ if isinstance(error.__context__, Problem) else Malformed())
        else:
            if self._unparsed_bytes > self.max_header_bytes:
                self._reject(HeadersTooLarge())
        return len(data)

    def _head_without_upgrade(self) -> bytes:
        """Return the bytes of the request's head without the header `Upgrade`, to parse it again.

        The parser skips the body of a request with `Upgrade`, so the body would be lost or parsed as the next request.
        """
        lines = [b"%b: %b\r\n" % field for field in self.headers if field[0] != b"upgrade"]
        version = self.parser.get_http_version().encode()
        return b"".join([self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n", *lines, b"\r\n"])

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        """Restart the timeout for the head of the next request."""
        super().on_message_begin()
        self._in_body = False
        self._unset_keepalive_if_required()
        self._start_timer(self.header_timeout_seconds, self._on_header_timeout)

    def on_url(self, url: bytes) -> None:
        """Store the request target; raise UriTooLong if it is too long."""
        super().on_url(url)
        if len(self.url) > self.max_url_bytes:
            raise UriTooLong

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header; ignore a trailer, which must not be merged into the headers (RFC 9110, section 6.5.1)."""
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Check the head, and start the app for the request unless the head is parsed again without `Upgrade`."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        self._unparsed_bytes = 0
        self._check_head()
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.cycle.transport = cast(asyncio.Transport, _ResponseTransport(self))
        self._in_body = True

    def _check_head(self) -> None:
        """Raise Malformed unless the head has HTTP/1.x, one valid Host (RFC 9112, section 3.2) and a path as target."""
        version = self.parser.get_http_version()
        hosts = [value for name, value in self.headers if name == b"host"]
        if version not in HTTP_VERSIONS or len(hosts) > 1 or (not hosts and version == "1.1"):
            raise Malformed
        if not all(HOST_VALUE.fullmatch(host) for host in hosts):
            raise Malformed
        if self.parser.get_method() == b"CONNECT" or self.url.startswith(b"*") or b"#" in self.url:
            raise Malformed

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body on to the app, and reset the count of unparsed bytes."""
        self._unparsed_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Pass the end of the body on to the app, unless the head is parsed again without `Upgrade`."""
        self._unparsed_bytes = 0
        self._in_body = False
        if not self.parser.should_upgrade():
            super().on_message_complete()

    # End of the connection

    def close_after_response(self) -> None:
        """Close the connection after the last response, gracefully if the request's body was not read completely."""
        if self._in_body and not self._ignores_input:
            self._close_gracefully()
        else:
            self.transport.close()
            # Closing waits until the client has read the response, but not longer than this timeout.
            self._start_timer(self.flush_timeout_seconds, self.transport.abort)

    def shutdown(self) -> None:
        """End the responses without an end of their own, then close the connection once its responses are sent."""
        for end in self.app_state.get(SHUTDOWN_CALLBACKS, ()):
            end()
        super().shutdown()

    def on_response_complete(self) -> None:
        """Start the next pipelined request; after the last one, close if a problem is pending, which is sent."""
        super().on_response_complete()
        if self._pending_problem is not None and self.cycle.response_complete:
            self._finish()

    def _on_header_timeout(self) -> None:
        """Answer 408 to a request whose head is late; close an idle connection without a response."""
        if self.scope is None:
            self.transport.close()  # no byte arrived: there is no request to answer
        elif self.flow.read_paused:
            self._start_timer(self.header_timeout_seconds, self._on_header_timeout)  # reading is paused by this server
        else:
            self._reject(RequestTimeout())

    def _reject(self, problem: Problem) -> None:
        """Ignore further input; send the problem after earlier responses, or just close if its own has begun."""
        self._pending_problem = problem
        self._ignores_input = True
        self._stop_timer()
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._finish()
        elif cycle.more_body:
            # The broken body belongs to the request that the app is processing.
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
            else:
                self._send_problem(problem)

    def _finish(self) -> None:
        """Send the pending problem, if any, and close; within a body whose request was answered, only close."""
        if self._in_body:
            self._close_gracefully()
        elif self._pending_problem is not None:
            self._send_problem(self._pending_problem)

    def _send_problem(self, problem: Problem) -> None:
        """Write a problem as response and close the connection gracefully, unless it is closing already."""
        if not self.transport.is_closing():
            self.transport.write(self._encode_problem(problem))
            self._close_gracefully()

    def _close_gracefully(self) -> None:
        """Close the connection after the client has had time to read the response (RFC 9112, section 9.6).

        Closing at once while bytes of the client are in transit would reset the connection and lose the response.
        """
        self._ignores_input = True
        self.pipeline.clear()
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start_timer(self.linger_timeout_seconds, self.transport.close)

    def _encode_problem(self, problem: Problem) -> bytes:
        """Return the bytes of a problem's HTTP response with the middleware's headers; log and measure the request."""
        method = self.parser.get_method()
        path = getattr(self, "url", b"").partition(b"?")[0].decode("latin-1")  # before the first line there is no url
        scope: Scope = {"type": "http", "method": method.decode("ascii"), "path": path, "headers": self.headers or []}
        access_log.assign_request_id(scope)
        response = call_with_root_path(self.app_state.get(ROOT_PATH, ""), problem.response, scope)
        cors.add_cors_headers(scope, response.headers)
        access_log.add_common_headers(scope, response.headers)
        access_log.record_request(scope, problem.status, 0.0)
        headers = [*self.server_state.default_headers, *response.raw_headers, (b"connection", b"close")]
        lines = [b"%b: %b\r\n" % header for header in headers]
        body = b"" if method == b"HEAD" else response.body
        return b"".join([STATUS_LINE[problem.status], *lines, b"\r\n", body])

    def _start_timer(self, seconds: float, callback: Callable[[], None]) -> None:
        """Call `callback` after some seconds, instead of that of the connection's previous timer."""
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, callback)

    def _stop_timer(self) -> None:
        """Cancel the connection's timer, if there is one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _ResponseTransport:
    """The transport as a response sees it: closing it is delegated to the protocol."""

    def __init__(self, protocol: Protocol) -> None:
        self.close = protocol.close_after_response
        self._transport = protocol.transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
