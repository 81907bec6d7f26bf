"""Failures of Postgres under load: the service answers 503 in time, and recovers.

The server belongs to this file, so that freezing it disturbs no other test. The measured times are logged: see them
with `-n 0 -o log_cli=true -o log_cli_level=INFO`.
"""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import asyncpg
import pytest

from app import operations
from tests.service.conftest import Service, create_directory, run_service
from tests.service.failing_postgres import FailingPostgres
from tests.service.request_monitor import DATA_TARGETS, READY, assert_recovery, log_measurement, monitor_requests

pytestmark = pytest.mark.full  # tests/core/db/test_faults.py and tests/health test it within one process


@pytest.fixture(scope="module")
def postgres() -> Iterator[FailingPostgres]:
    with create_directory() as directory, contextlib.ExitStack() as uses:
        postgres = FailingPostgres(directory / "data", uses)
        operations.migrate(postgres.url)
        operations.load_if_empty(postgres.url)
        yield postgres


@pytest.fixture(scope="module")
def service(postgres: FailingPostgres) -> Iterator[Service]:
    """A service on the failing server."""
    with run_service("--database-url", postgres.url) as service:
        yield service


async def test_recovers_after_an_immediate_stop(postgres: FailingPostgres, service: Service) -> None:
    async with monitor_requests(service) as monitor:
        await postgres.stop(signal.SIGQUIT)
        stopped = monitor.loop.time()
        await asyncio.sleep(1)
        returning = monitor.loop.time()
        await postgres.start()
        await assert_recovery(monitor, monitor.loop.time())
    during = monitor.select(READY, *DATA_TARGETS, after=stopped, before=returning)
    assert {seen.status for seen in during} == {503}
    log_measurement("slowest while stopped", max(seen.seconds for seen in during))


async def test_recovers_after_a_restart(postgres: FailingPostgres, service: Service) -> None:
    async with monitor_requests(service) as monitor:
        await postgres.stop(signal.SIGINT)
        await postgres.start()
        await assert_recovery(monitor, monitor.loop.time())


async def test_recovers_after_a_long_freeze(postgres: FailingPostgres, service: Service) -> None:
    """The worst failure: connections are accepted and nothing is answered, for longer than all time limits."""
    async with monitor_requests(service) as monitor:
        with postgres.freeze():
            froze = monitor.loop.time()
            await asyncio.sleep(5.5)
            thawing = monitor.loop.time()
        await assert_recovery(monitor, thawing)
    during = monitor.select(READY, *DATA_TARGETS, after=froze, before=thawing)
    assert {seen.status for seen in during} == {503}
    assert {seen.target for seen in during} == {READY, *DATA_TARGETS}


async def test_short_freeze_fails_no_request(postgres: FailingPostgres, service: Service) -> None:
    """A freeze within the time limits delays requests and fails none."""
    async with monitor_requests(service) as monitor:
        with postgres.freeze():
            await asyncio.sleep(1)
            thawing = monitor.loop.time()
        await assert_recovery(monitor, thawing)
    assert {seen.status for seen in monitor.requests} == {200}


async def test_terminated_connections_fail_no_read(postgres: FailingPostgres, service: Service) -> None:
    """Reads are retried, so no request fails."""
    async with monitor_requests(service) as monitor:
        operator = await asyncpg.connect(postgres.url)
        for _ in range(3):
            cut = await operator.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rakornas'"
            )
            assert cut > 0
            cut_at = monitor.loop.time()  # a read is tried twice: the next cut must not hit the second try
            while len(monitor.select(*DATA_TARGETS, after=cut_at)) < 15:
                await asyncio.sleep(0.05)
        await operator.close()
        await assert_recovery(monitor, monitor.loop.time())
    assert {seen.status for seen in monitor.select(*DATA_TARGETS)} == {200}


async def test_full_pool_is_503_and_stays_ready(postgres: FailingPostgres, service: Service) -> None:
    """A lock on one table occupies ten connections, and six requests wait for a free one."""
    async with monitor_requests(service) as monitor:
        operator = await asyncpg.connect(postgres.url)
        async with operator.transaction():
            await operator.execute("LOCK TABLE regions IN ACCESS EXCLUSIVE MODE")
            locked = monitor.loop.time()
            responses = await asyncio.gather(*(monitor.send(b"/v1/regions/31") for _ in range(16)))
            waited = [seen.seconds for seen in responses]
        await operator.close()
        await assert_recovery(monitor, monitor.loop.time())
    assert {seen.status for seen in responses} == {503}
    assert {seen.status for seen in monitor.select(READY, after=locked)} == {200}, (
        "a full pool must not make the service unready"
    )
    log_measurement("shortest wait", min(waited))
    log_measurement("longest wait", max(waited))
