"""A trickle of requests while something fails: how each was answered, when, and what holds of all of them."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tests.service.conftest import Service
from tests.service.wire import Answer, exchange, get

DATA = (
    b"/v1/regions/31",
    b"/v1/regions?page_size=5&type=city",
    b"/v1/organizations/kpu/officials?as_of=2022-06-14",
    b"/v1/officials?q=tarmidzi",
    b"/v1/divisions?organization=kpu-31",
    b"/v1/today",
    b"/v1/meetings/rakornas-2022-06/attendance/summary?by=office",
)
LIVE, READY = b"/health/live", b"/health/ready"
ANSWERED_WITHIN = 7.0
LIVE_WITHIN = 1.0
BACK_WITHIN = 2.0

log = logging.getLogger(__name__)


def record(name: str, value: float) -> None:
    log.info("%s: %.2f", name, value)


@dataclass
class Seen:
    """One request: what for, when (on the loop's clock), how long, and the answer."""

    target: bytes
    at: float
    until: float
    answer: Answer | None

    @property
    def seconds(self) -> float:
        return self.until - self.at

    @property
    def status(self) -> int:
        return self.answer.status if self.answer else 0


class Watch:
    """Asks all the while, never waiting for one answer before it asks the next question."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.seen: list[Seen] = []
        self.loop = asyncio.get_running_loop()

    async def ask(self, target: bytes) -> Seen:
        at = self.loop.time()
        got = await exchange(self.port, get(target, b"Connection: close"), patience=15)
        seen = Seen(target, at, self.loop.time(), got.answers[0] if got.answers else None)
        self.seen.append(seen)
        return seen

    async def every(self, seconds: float, targets: tuple[bytes, ...], tasks: asyncio.TaskGroup) -> None:
        for target in itertools.cycle(targets):
            tasks.create_task(self.ask(target))
            await asyncio.sleep(seconds)

    def of(self, *targets: bytes, after: float = 0, before: float = float("inf")) -> list[Seen]:
        """The requests for these that began after and ended before a time, in the order in which they began."""
        found = [seen for seen in self.seen if seen.target in targets and seen.at >= after and seen.until <= before]
        return sorted(found, key=lambda seen: seen.at)


@contextlib.asynccontextmanager
async def watching(service: Service) -> AsyncIterator[Watch]:
    """A trickle of requests, after all connections of the pool were in use. Checks what holds of every answer."""
    watch = Watch(service.port)
    await asyncio.gather(*(watch.ask(target) for target in DATA * 4))
    async with asyncio.TaskGroup() as tasks:
        trickles = [
            tasks.create_task(watch.every(0.05, DATA, tasks)),
            tasks.create_task(watch.every(0.2, (LIVE,), tasks)),
            tasks.create_task(watch.every(0.2, (READY,), tasks)),
        ]
        await asyncio.sleep(0.5)
        yield watch
        for trickle in trickles:
            trickle.cancel()
    assert await comes_to_rest(watch)
    for seen in watch.of(LIVE):
        assert (seen.status, seen.seconds < LIVE_WITHIN) == (200, True), seen
    for seen in watch.of(READY, *DATA):
        assert seen.status in (200, 503), seen
        assert seen.seconds < ANSWERED_WITHIN, seen
        if seen.answer and seen.status == 503:
            assert seen.answer.headers["content-type"] == "application/problem+json"
            assert int(seen.answer.headers["retry-after"]) > 0
            assert seen.answer.json()["code"] == "unavailable"
    assert "Traceback" not in service.errors()
    assert '"level": "error"' not in service.errors()


async def comes_to_rest(watch: Watch) -> bool:
    """Whether no connection of the pool stays taken, and no statement is left waiting."""
    for _ in range(40):
        seen = await watch.ask(b"/metrics")
        assert seen.answer
        lines = seen.answer.body.decode().splitlines()
        if "database_pool_in_use 0.0" in lines and "database_pool_waiting 0.0" in lines:
            return True
        await asyncio.sleep(0.05)
    return False


async def check_return(watch: Watch, returned: float) -> None:
    """Within two seconds of the return all is as before, and stays so."""
    while True:
        await asyncio.sleep(0.1)
        after = watch.of(READY, *DATA, after=returned)
        trouble = max((seen.at for seen in after if seen.status != 200), default=returned)
        assert trouble < returned + BACK_WITHIN, [seen for seen in after if seen.status != 200]
        good = [seen for seen in after if seen.at > trouble]
        if len(good) >= 15 and {seen.target for seen in good} == {READY, *DATA}:
            break
    refused = [seen for seen in watch.of(*DATA) if seen.status == 503]
    record("seconds until the first good answer", min(seen.until for seen in good) - returned)
    record("seconds until readiness", min(seen.until for seen in good if seen.target == READY) - returned)
    record("requests refused", len(refused))
    for name, targets in (("answer", DATA), ("readiness", (READY,)), ("liveness", (LIVE,))):
        record(f"slowest {name}", max(seen.seconds for seen in watch.of(*targets)))
