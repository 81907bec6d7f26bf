"""The load: connections that each ask again as soon as they have their answer, from a process of their own.

It reads no more of an answer than its status and length, so that on a small machine the time goes to the server.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import cast

import uvloop

CONNECTIONS = 16


@dataclass(frozen=True)
class Figures:
    """What one run came to; times in seconds."""

    answers_per_second: float
    p50: float
    p99: float
    answers: int


def press(port: int, paths: Sequence[str], seconds: float) -> Figures:
    """Ask one server for these paths in turn. RuntimeError where an answer is not 200."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, port, list(paths), seconds).result()


def _run(port: int, paths: list[str], seconds: float) -> Figures:
    return uvloop.run(_press(port, paths, seconds))


async def _press(port: int, paths: list[str], seconds: float) -> Figures:
    requests = itertools.cycle(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n".encode() for path in paths
    )
    loop = asyncio.get_running_loop()
    callers = [
        (await loop.create_connection(lambda: _Caller(requests), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    started = time.perf_counter()
    for caller in callers:
        caller.ask()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - started
    for caller in callers:
        caller.stop()
    if faults := [caller.fault for caller in callers if caller.fault]:
        raise RuntimeError(faults[0])
    times = sorted(itertools.chain.from_iterable(caller.times for caller in callers))
    return Figures(len(times) / took, statistics.median(times), times[int(len(times) * 0.99)], len(times))


class _Caller(asyncio.Protocol):
    """One connection, kept alive."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self.times: list[float] = []
        self.fault: str | None = None
        self._requests = requests
        self._head = b""
        self._left = 0
        self._asked = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self) -> None:
        self._head, self._left = b"", -1
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))

    def stop(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            if not head.startswith(b"HTTP/1.1 200 ") or not length:
                self.fault = f"not a 200 with a length: {head.decode()}"
                return
            self._left, data = int(length), body
        self._left -= len(data)
        if self._left == 0:
            self.times.append(time.perf_counter() - self._asked)
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fault = self.fault or (str(exc) if exc else None)
