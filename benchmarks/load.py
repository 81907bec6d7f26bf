"""The load, from a process of its own: as much as a server bears (`press`), or so many requests a second (`stream`).

It reads no more of an answer than its status and length, so that on a small machine the time goes to the server.
"""

import asyncio
import gc
import itertools
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import cast

import uvloop

CONNECTIONS = 16
TICK = 0.001  # seconds; the finest at which uvloop wakes
PATIENCE = 30.0  # seconds for what is still to be answered when the time is over


@dataclass(frozen=True)
class Figures:
    """What one run came to; times in seconds."""

    answers_per_second: float
    p50: float
    p99: float
    answers: int


def press(port: int, paths: Sequence[str], seconds: float) -> Figures:
    """Ask for these paths in turn, on each connection again as soon as it has its answer.

    RuntimeError where an answer is not 200.
    """
    return _apart(port, paths, seconds, None)


def stream(port: int, paths: Sequence[str], seconds: float, rate: float) -> Figures:
    """Ask so many times a second, at moments that know nothing of each other (Poisson) nor of the answers.

    What finds every connection busy waits for one, and its time counts from when it was due: a server that falls behind
    cannot hide it by being asked less. RuntimeError where an answer is not 200, or does not come.
    """
    return _apart(port, paths, seconds, rate)


def _apart(port: int, paths: Sequence[str], seconds: float, rate: float | None) -> Figures:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, port, list(paths), seconds, rate).result()


def _run(port: int, paths: list[str], seconds: float, rate: float | None) -> Figures:
    gc.disable()  # lest its pauses here pass for the server's
    return uvloop.run(_Load(port, paths, rate).run(seconds))


class _Load:
    """All connections, what is due on them, and how long each answer took."""

    def __init__(self, port: int, paths: Sequence[str], rate: float | None) -> None:
        self._port = port
        self._rate = rate
        self._requests = itertools.cycle(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n".encode()
            for path in paths
        )
        self._chance = random.Random(1)  # the same moments each time
        self._due: deque[float] = deque()
        self._idle: list[_Caller] = []
        self._is_open = True
        self._times: list[float] = []

    async def run(self, seconds: float) -> Figures:
        loop = asyncio.get_running_loop()
        callers = [
            (await loop.create_connection(lambda: _Caller(self._answered), "127.0.0.1", self._port))[1]
            for _ in range(CONNECTIONS)
        ]
        self._idle += callers
        started = time.perf_counter()
        if self._rate is None:
            self._ask()
        else:
            self._await_next(loop, started, self._rate)
        await asyncio.sleep(seconds)
        took = time.perf_counter() - started
        self._is_open = False
        times = sorted(self._times)
        if self._rate is not None:
            times = await self._all_answered(callers)
        for caller in callers:
            caller.stop()
        if faults := [caller.fault for caller in callers if caller.fault]:
            raise RuntimeError(faults[0])
        return Figures(len(times) / took, statistics.median(times), times[int(len(times) * 0.99)], len(times))

    async def _all_answered(self, callers: Sequence["_Caller"]) -> list[float]:
        """The times when every request that fell due has its answer: the last are not let off."""
        for _ in range(int(PATIENCE / TICK)):
            if len(self._idle) == len(callers) or any(caller.fault for caller in callers):
                return sorted(self._times)
            await asyncio.sleep(TICK)
        raise RuntimeError(f"{len(self._due)} requests have had no connection, so far behind is the server")

    def _await_next(self, loop: asyncio.AbstractEventLoop, due: float, rate: float) -> None:
        """Take up what has fallen due since the last tick; `due` is the moment of the next request."""
        if not self._is_open:
            return
        now = time.perf_counter()
        while due <= now:
            self._due.append(due)
            due += self._chance.expovariate(rate)
        self._ask()
        loop.call_later(TICK, self._await_next, loop, due, rate)

    def _ask(self) -> None:
        """Give the idle connections what is due; without a rate something always is."""
        while self._idle and (self._due or (self._rate is None and self._is_open)):
            due = self._due.popleft() if self._due else time.perf_counter()
            self._idle.pop().ask(next(self._requests), due)

    def _answered(self, caller: "_Caller", seconds: float) -> None:
        self._times.append(seconds)
        self._idle.append(caller)
        self._ask()


class _Caller(asyncio.Protocol):
    """One connection, kept alive."""

    def __init__(self, answered: Callable[["_Caller", float], None]) -> None:
        self.fault: str | None = None
        self._answered = answered
        self._head = b""
        self._left = 0
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes, due: float) -> None:
        self._head, self._left, self._due = b"", -1, due
        self._transport.write(request)

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
            self._answered(self, time.perf_counter() - self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fault = self.fault or (str(exc) if exc else None)
