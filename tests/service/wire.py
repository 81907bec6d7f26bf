"""HTTP/1.1 as bytes: what is sent is sent as it is, and what comes back is taken apart strictly."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]*")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x20-\x7e]*)")
PAUSE = 0.02


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Exchange:
    """The answers that came, what was left over behind them, and whether the other side closed."""

    answers: list[Answer]
    rest: bytes
    closed: bool
    seconds: float


def get(target: bytes, *lines: bytes, method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> bytes:
    """A request without a body; a `Host` among the lines replaces the usual one."""
    host = [] if any(line.lower().startswith(b"host") for line in lines) else [b"Host: localhost"]
    return b"\r\n".join([b"%b %b %b" % (method, target, version), *host, *lines, b"", b""])


def post(target: bytes, body: bytes, *lines: bytes, method: bytes = b"POST") -> bytes:
    return get(target, *lines, b"Content-Length: %d" % len(body), method=method) + body


async def exchange(
    port: int, *pieces: bytes, answers: int = 1, patience: float = 5.0, half_close: bool = False, pause: float = PAUSE
) -> Exchange:
    """Send the pieces, and read until so many answers have come, the other side closes, or patience ends."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_send(writer, pieces, pause, half_close))
    received, closed = b"", False
    heads = [b"HEAD" if piece.startswith(b"HEAD ") else b"" for piece in pieces]
    got: list[Answer] = []
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while len(got) < answers or "close" in got[-1].headers.get("connection", ""):
                    try:
                        data = await reader.read(1 << 16)
                    except ConnectionError:
                        data = b""
                    if not data:
                        closed = True
                        break
                    received += data
                    while taken := take(received, bodiless=b"HEAD" in heads):
                        answer, received = taken
                        got.append(answer)
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


def take(received: bytes, *, bodiless: bool) -> tuple[Answer, bytes] | None:
    """The first whole answer among the bytes and what follows it. AssertionError for anything that is not HTTP."""
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
        assert name not in headers, f"{name} comes twice"
        headers[name] = field[2].decode()
    status = int(status_line[1])
    if bodiless or status in (204, 304) or status < 200:
        return Answer(status, headers, b""), rest
    if headers.get("transfer-encoding") == "chunked":
        return _chunked(status, headers, rest)
    length = int(headers["content-length"])
    if len(rest) < length:
        return None
    return Answer(status, headers, rest[:length]), rest[length:]


def _chunked(status: int, headers: dict[str, str], rest: bytes) -> tuple[Answer, bytes] | None:
    body = b""
    while True:
        size, end, rest = rest.partition(b"\r\n")
        if not end or len(rest) < int(size, 16) + 2:
            return None
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
        if size == b"0":
            return Answer(status, headers, body), rest
