"""Load generator for GET requests: at the capacity of a server (closed loop), or at a given rate (open loop).

It runs in its own process and reads only the status and length of a response, so that on a small machine the processor
is left to the server.
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

CONNECTION_COUNT = 16
TICK_SECONDS = 0.001  # the finest resolution of uvloop's timers
DRAIN_TIMEOUT_SECONDS = 30.0  # for the responses that are outstanding at the end of a run


@dataclass(frozen=True)
class LoadResult:
    """The throughput and latencies of one run; `p50` and `p99` are in seconds."""

    responses_per_second: float
    p50: float
    p99: float
    response_count: int


def measure_capacity(port: int, paths: Sequence[str], seconds: float) -> LoadResult:
    """Request the paths in turn; each connection sends its next request as soon as it has its response.

    Raises:
        RuntimeError: The status of a response is not 200.
    """
    return _run_in_child_process(port, paths, seconds, None)


def measure_at_rate(port: int, paths: Sequence[str], seconds: float, rate: float) -> LoadResult:
    """Send `rate` requests per second, at the random times of a Poisson process that does not wait for responses.

    A request that is due while every connection is busy waits for one, and its latency counts from the time when it was
    due. So a server that falls behind shows it.

    Raises:
        RuntimeError: The status of a response is not 200, or responses are missing 30 seconds after the end.
    """
    return _run_in_child_process(port, paths, seconds, rate)


def _run_in_child_process(port: int, paths: Sequence[str], seconds: float, rate: float | None) -> LoadResult:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, port, list(paths), seconds, rate).result()


def _run(port: int, paths: list[str], seconds: float, rate: float | None) -> LoadResult:
    gc.disable()  # its pauses would be measured as latency of the server
    return uvloop.run(_LoadGenerator(port, paths, rate).run(seconds))


class _LoadGenerator:
    """All connections, the requests that are due, and the latencies of the responses."""

    def __init__(self, port: int, paths: Sequence[str], rate: float | None) -> None:
        """Prepare the requests. Without a rate, every idle connection sends one at once."""
        self._port = port
        self._rate = rate
        self._requests = itertools.cycle(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n".encode()
            for path in paths
        )
        self._rng = random.Random(1)  # the same times in each run
        self._due_times: deque[float] = deque()
        self._idle_connections: list[_Connection] = []
        self._is_running = True
        self._latencies: list[float] = []

    async def run(self, seconds: float) -> LoadResult:
        """Open the connections, send requests for so many seconds, and return the result."""
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(lambda: _Connection(self._record_response), "127.0.0.1", self._port))[1]
            for _ in range(CONNECTION_COUNT)
        ]
        self._idle_connections += connections
        started_at = time.perf_counter()
        if self._rate is None:
            self._send_due_requests()
        else:
            self._schedule_requests(loop, started_at, self._rate)
        await asyncio.sleep(seconds)
        duration = time.perf_counter() - started_at
        self._is_running = False
        latencies = sorted(self._latencies)
        if self._rate is not None:
            latencies = await self._await_outstanding_responses(connections)
        for connection in connections:
            connection.abort()
        if errors := [connection.error for connection in connections if connection.error]:
            raise RuntimeError(errors[0])
        return LoadResult(
            len(latencies) / duration,
            statistics.median(latencies),
            latencies[int(len(latencies) * 0.99)],
            len(latencies),
        )

    async def _await_outstanding_responses(self, connections: Sequence["_Connection"]) -> list[float]:
        """Wait for the responses to all requests that were due, and return all latencies in ascending order."""
        for _ in range(int(DRAIN_TIMEOUT_SECONDS / TICK_SECONDS)):
            if len(self._idle_connections) == len(connections) or any(connection.error for connection in connections):
                return sorted(self._latencies)
            await asyncio.sleep(TICK_SECONDS)
        raise RuntimeError(
            f"the server is too slow: {len(self._due_times)} requests are still waiting for a connection"
        )

    def _schedule_requests(self, loop: asyncio.AbstractEventLoop, due_at: float, rate: float) -> None:
        """Send the requests that became due since the last tick; the next one is due at `due_at`."""
        if not self._is_running:
            return
        now = time.perf_counter()
        while due_at <= now:
            self._due_times.append(due_at)
            due_at += self._rng.expovariate(rate)
        self._send_due_requests()
        loop.call_later(TICK_SECONDS, self._schedule_requests, loop, due_at, rate)

    def _send_due_requests(self) -> None:
        """Send due requests on idle connections; without a rate there is always one due."""
        while self._idle_connections and (self._due_times or (self._rate is None and self._is_running)):
            due_at = self._due_times.popleft() if self._due_times else time.perf_counter()
            self._idle_connections.pop().send(next(self._requests), due_at)

    def _record_response(self, connection: "_Connection", latency: float) -> None:
        self._latencies.append(latency)
        self._idle_connections.append(connection)
        self._send_due_requests()


class _Connection(asyncio.Protocol):
    """One persistent connection, with at most one request in progress."""

    def __init__(self, on_response: Callable[["_Connection", float], None]) -> None:
        """`on_response` is called with the connection and the latency in seconds."""
        self.error: str | None = None
        self._on_response = on_response
        self._head = b""
        self._remaining_bytes = 0  # of the body; negative: the head is incomplete
        self._due_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, due_at: float) -> None:
        self._head, self._remaining_bytes, self._due_at = b"", -1, due_at
        self._transport.write(request)

    def abort(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._remaining_bytes < 0:
            self._head += data
            head, separator, body = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            if not head.startswith(b"HTTP/1.1 200 ") or not length:
                self.error = f"the response is not a 200 with Content-Length: {head.decode()}"
                return
            self._remaining_bytes, data = int(length), body
        self._remaining_bytes -= len(data)
        if self._remaining_bytes == 0:
            self._on_response(self, time.perf_counter() - self._due_at)

    def connection_lost(self, exc: Exception | None) -> None:
        self.error = self.error or (str(exc) if exc else None)
