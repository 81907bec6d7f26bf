"""Postgres fails in every way that it knows, while the service is being asked: it says so in time, and comes back.

The server is one of this file's own, so that freezing it hurts nobody else. The times measured are logged: see them
with `-n 0 -o log_cli=true -o log_cli_level=INFO`.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from app import operations
from app.core import embedded
from app.core.embedded import postmaster
from tests.service.conftest import Service, comes_true, reachable_directory, serving
from tests.service.wire import Answer, exchange, get

DATA = (
    b"/v1/regions/31",
    b"/v1/regions?page_size=5&type=city",
    b"/v1/organizations/kpu/officials?as_of=2022-06-14",
    b"/v1/officials?q=tarmidzi",
    b"/v1/divisions?organization=kpu-31",
)
LIVE, READY = b"/health/live", b"/health/ready"
ANSWERED_WITHIN = 7.0
LIVE_WITHIN = 1.0
BACK_WITHIN = 2.0

log = logging.getLogger(__name__)


def record(name: str, value: float) -> None:
    log.info("%s: %.2f", name, value)


class Postgres:
    """A server that can be stopped, started, frozen."""

    def __init__(self, data_dir: Path, uses: contextlib.ExitStack) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "pg"
        self.uses = uses
        self.url = self._join()

    def _join(self) -> str:
        return self.uses.enter_context(embedded.running(self.data_dir)).url

    def processes(self) -> list[int]:
        """All of them, the postmaster first."""
        served = postmaster.serving(self.cluster)
        first = [served.pid] if served else []
        return first + [pid for pid in postmaster.server_processes(self.cluster) if pid not in first]

    async def stop(self, number: int) -> None:
        os.kill(self.processes()[0], number)
        assert await asyncio.to_thread(comes_true, lambda: not self.processes())

    async def start(self) -> None:
        """A further use of the same data directory finds no server, and starts one."""
        await asyncio.to_thread(self._join)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        stopped = self.processes()
        try:
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


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


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with reachable_directory() as directory, contextlib.ExitStack() as uses:
        postgres = Postgres(directory / "data", uses)
        operations.migrate(postgres.url)
        operations.load_when_empty(postgres.url)
        yield postgres


@pytest.fixture(scope="module")
def faulty(postgres: Postgres) -> Iterator[Service]:
    """A service whose server is to fail."""
    with serving("--database-url", postgres.url) as service:
        yield service


async def test_stopped_at_once_and_started_again(postgres: Postgres, faulty: Service) -> None:
    async with watching(faulty) as watch:
        await postgres.stop(signal.SIGQUIT)
        stopped = watch.loop.time()
        await asyncio.sleep(1)
        returning = watch.loop.time()
        await postgres.start()
        await check_return(watch, watch.loop.time())
    during = watch.of(READY, *DATA, after=stopped, before=returning)
    assert {seen.status for seen in during} == {503}
    record("slowest while stopped", max(seen.seconds for seen in during))


async def test_restarted_while_serving(postgres: Postgres, faulty: Service) -> None:
    async with watching(faulty) as watch:
        await postgres.stop(signal.SIGINT)
        await postgres.start()
        await check_return(watch, watch.loop.time())


async def test_frozen_and_thawed(postgres: Postgres, faulty: Service) -> None:
    """The worst fault: everything is accepted, and nothing is answered. Longer than every limit of ours."""
    async with watching(faulty) as watch:
        with postgres.frozen():
            froze = watch.loop.time()
            await asyncio.sleep(5.5)
            thawing = watch.loop.time()
        await check_return(watch, thawing)
    during = watch.of(READY, *DATA, after=froze, before=thawing)
    assert {seen.status for seen in during} == {503}
    assert {seen.target for seen in during} == {READY, *DATA}


async def test_frozen_for_a_moment(postgres: Postgres, faulty: Service) -> None:
    """A pause that the limits allow costs time, and no answer."""
    async with watching(faulty) as watch:
        with postgres.frozen():
            await asyncio.sleep(1)
            thawing = watch.loop.time()
        await check_return(watch, thawing)
    assert {seen.status for seen in watch.seen} == {200}


async def test_all_connections_cut(postgres: Postgres, faulty: Service) -> None:
    """Reading again is safe, so nobody hears of it."""
    async with watching(faulty) as watch:
        operator = await asyncpg.connect(postgres.url)
        for _ in range(3):
            cut = await operator.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rakornas'"
            )
            assert cut > 0
            await asyncio.sleep(0.3)
        await operator.close()
        await check_return(watch, watch.loop.time())
    assert {seen.status for seen in watch.of(*DATA)} == {200}


async def test_pool_full(postgres: Postgres, faulty: Service) -> None:
    """A lock on one table holds ten connections, and six requests wait for one of them."""
    async with watching(faulty) as watch:
        operator = await asyncpg.connect(postgres.url)
        async with operator.transaction():
            await operator.execute("LOCK TABLE regions IN ACCESS EXCLUSIVE MODE")
            locked = watch.loop.time()
            answers = await asyncio.gather(*(watch.ask(b"/v1/regions/31") for _ in range(16)))
            waited = [seen.seconds for seen in answers]
        await operator.close()
        await check_return(watch, watch.loop.time())
    assert {seen.status for seen in answers} == {503}
    assert {seen.status for seen in watch.of(READY, after=locked)} == {200}, "a full pool is no reason to be taken out"
    record("shortest wait", min(waited))
    record("longest wait", max(waited))
