"""Continuous requests during a failure, with the time and response of each, and assertions about all of them."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.service.conftest import Service
from tests.service.raw_http import RawResponse, build_get, exchange

DATA_TARGETS = (
    b"/v1/regions/31",
    b"/v1/regions?page_size=5&type=city",
    b"/v1/organizations/kpu/officials?as_of=2022-06-14",
    b"/v1/officials?q=tarmidzi",
    b"/v1/divisions?organization=kpu-31",
    b"/v1/today",
    b"/v1/meetings/rakornas-2022-06/attendance/summary?by=office",
)
LIVE, READY = b"/health/live", b"/health/ready"
MAX_RESPONSE_SECONDS = 7.0
MAX_LIVENESS_SECONDS = 1.0
MAX_RECOVERY_SECONDS = 2.0

log = logging.getLogger(__name__)


def log_measurement(name: str, value: float) -> None:
    log.info("%s: %.2f", name, value)


@dataclass
class ObservedRequest:
    """A request with its target, start and end (loop time, seconds) and response."""

    target: bytes
    at: float
    until: float
    response: RawResponse | None

    @property
    def seconds(self) -> float:
        return self.until - self.at

    @property
    def status(self) -> int:
        return self.response.status if self.response else 0


class RequestMonitor:
    """Sends requests at fixed intervals, without waiting for the responses."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[ObservedRequest] = []
        self.loop = asyncio.get_running_loop()

    async def send(self, target: bytes) -> ObservedRequest:
        at = self.loop.time()
        received = await exchange(self.port, build_get(target, b"Connection: close"), timeout=15)
        seen = ObservedRequest(target, at, self.loop.time(), received.responses[0] if received.responses else None)
        self.requests.append(seen)
        return seen

    async def send_periodically(self, seconds: float, targets: tuple[bytes, ...], tasks: asyncio.TaskGroup) -> None:
        for target in itertools.cycle(targets):
            tasks.create_task(self.send(target))
            await asyncio.sleep(seconds)

    def select(self, *targets: bytes, after: float = 0, before: float = float("inf")) -> list[ObservedRequest]:
        """Return the requests for these targets within a period, in the order of their start."""
        found = [seen for seen in self.requests if seen.target in targets and seen.at >= after and seen.until <= before]
        return sorted(found, key=lambda seen: seen.at)


@contextlib.asynccontextmanager
async def monitor_requests(service: Service) -> AsyncIterator[RequestMonitor]:
    """Send requests while the block runs, after all connections of the pool were used, and check each response."""
    monitor = RequestMonitor(service.port)
    await asyncio.gather(*(monitor.send(target) for target in DATA_TARGETS * 4))
    async with asyncio.TaskGroup() as tasks:
        trickles = [
            tasks.create_task(monitor.send_periodically(0.05, DATA_TARGETS, tasks)),
            tasks.create_task(monitor.send_periodically(0.2, (LIVE,), tasks)),
            tasks.create_task(monitor.send_periodically(0.2, (READY,), tasks)),
        ]
        await asyncio.sleep(0.5)
        yield monitor
        for trickle in trickles:
            trickle.cancel()
    assert await is_pool_idle(monitor)
    for seen in monitor.select(LIVE):
        assert (seen.status, seen.seconds < MAX_LIVENESS_SECONDS) == (200, True), seen
    for seen in monitor.select(READY, *DATA_TARGETS):
        assert seen.status in (200, 503), seen
        assert seen.seconds < MAX_RESPONSE_SECONDS, seen
        if seen.response and seen.status == 503:
            assert seen.response.headers["content-type"] == "application/problem+json"
            assert int(seen.response.headers["retry-after"]) > 0
            assert seen.response.json()["code"] == "unavailable"
    assert "Traceback" not in service.read_log()
    assert '"level": "error"' not in service.read_log()


async def is_pool_idle(monitor: RequestMonitor) -> bool:
    """Return whether the pool becomes idle: no connection in use, and no request waiting for one."""
    for _ in range(40):
        seen = await monitor.send(b"/metrics")
        assert seen.response
        lines = seen.response.body.decode().splitlines()
        if "database_pool_in_use 0.0" in lines and "database_pool_waiting 0.0" in lines:
            return True
        await asyncio.sleep(0.05)
    return False


async def assert_recovery(monitor: RequestMonitor, returned: float) -> None:
    """Assert that all requests succeed from 2 seconds after the server's return (loop time) on."""
    while True:
        await asyncio.sleep(0.1)
        after = monitor.select(READY, *DATA_TARGETS, after=returned)
        trouble = max((seen.at for seen in after if seen.status != 200), default=returned)
        assert trouble < returned + MAX_RECOVERY_SECONDS, [seen for seen in after if seen.status != 200]
        good = [seen for seen in after if seen.at > trouble]
        if len(good) >= 15 and {seen.target for seen in good} == {READY, *DATA_TARGETS}:
            break
    refused = [seen for seen in monitor.select(*DATA_TARGETS) if seen.status == 503]
    log_measurement("seconds until the first good answer", min(seen.until for seen in good) - returned)
    log_measurement("seconds until readiness", min(seen.until for seen in good if seen.target == READY) - returned)
    log_measurement("requests refused", len(refused))
    for name, targets in (("answer", DATA_TARGETS), ("readiness", (READY,)), ("liveness", (LIVE,))):
        log_measurement(f"slowest {name}", max(seen.seconds for seen in monitor.select(*targets)))
