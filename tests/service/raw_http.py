"""HTTP/1.1 as bytes: requests are sent unchanged, and responses are parsed strictly."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x20-\x7e]*)")
PAUSE_SECONDS = 0.02


@dataclass
class RawResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Exchange:
    """The received responses, the remaining bytes, and whether the server closed the connection."""

    responses: list[RawResponse]
    rest: bytes
    closed: bool
    seconds: float


def build_get(target: bytes, *lines: bytes, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> bytes:
    """Return a request without a body. A `Host` field among the lines replaces the default one."""
    host = [] if any(line.lower().startswith(b"host") for line in lines) else [b"Host: localhost"]
    return b"\r\n".join([b"%b %b %b" % (method, target, version), *host, *lines, b"", b""])


def build_post(target: bytes, body: bytes, *lines: bytes, method: bytes = b"POST") -> bytes:
    return build_get(target, *lines, b"Content-Length: %d" % len(body), method=method) + body


async def exchange(
    port: int,
    *pieces: bytes,
    response_count: int = 1,
    timeout: float = 5.0,
    half_close: bool = False,
    pause: float = PAUSE_SECONDS,
) -> Exchange:
    """Send the pieces with pauses between them; read until enough responses, the end of the connection or a timeout."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_send(writer, pieces, pause, half_close))
    received, closed = b"", False
    heads = [b"HEAD" if piece.startswith(b"HEAD ") else b"" for piece in pieces]
    got: list[RawResponse] = []
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while len(got) < response_count or "close" in got[-1].headers.get("connection", ""):
                    try:
                        data = await reader.read(1 << 16)
                    except ConnectionError:
                        data = b""
                    if not data:
                        closed = True
                        break
                    received += data
                    while taken := parse_response(received, bodiless=b"HEAD" in heads):
                        response, received = taken
                        got.append(response)
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return Exchange(got, received, closed, loop.time() - started)


async def _send(writer: asyncio.StreamWriter, pieces: Sequence[bytes], pause: float, half_close: bool) -> None:
    for number, piece in enumerate(pieces):
        if number:
            await asyncio.sleep(pause)
        writer.write(piece)
        await writer.drain()
    if half_close:
        writer.write_eof()


def parse_response(received: bytes, *, bodiless: bool) -> tuple[RawResponse, bytes] | None:
    """Return the first complete response and the bytes after it; AssertionError if they are not HTTP."""
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    first, *lines = head.split(b"\r\n")
    status_line = STATUS_LINE.fullmatch(first)
    assert status_line, first
    headers: dict[str, str] = {}
    for line in lines:
        field = FIELD.fullmatch(line)
        assert field, line
        name = field[1].decode().lower()
        assert name not in headers, f"{name} appears twice"
        headers[name] = field[2].decode()
    status = int(status_line[1])
    if bodiless or status in (204, 304) or status < 200:
        return RawResponse(status, headers, b""), rest
    if headers.get("transfer-encoding") == "chunked":
        return _parse_chunked(status, headers, rest)
    length = int(headers["content-length"])
    if len(rest) < length:
        return None
    return RawResponse(status, headers, rest[:length]), rest[length:]


def _parse_chunked(status: int, headers: dict[str, str], rest: bytes) -> tuple[RawResponse, bytes] | None:
    body = b""
    while True:
        size, end, rest = rest.partition(b"\r\n")
        if not end or len(rest) < int(size, 16) + 2:
            return None
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
        if size == b"0":
            return RawResponse(status, headers, body), rest
