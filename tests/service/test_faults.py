"""Postgres fails in every way that it knows, while the service is being asked: it says so in time, and comes back.

The server is one of this file's own, so that freezing it hurts nobody else. The times measured are logged: see them
with `-n 0 -o log_cli=true -o log_cli_level=INFO`.
"""

import asyncio
import contextlib
import signal
from collections.abc import Iterator

import asyncpg
import pytest

from app import operations
from tests.service.conftest import Service, reachable_directory, serving
from tests.service.failing import Postgres
from tests.service.watching import DATA, READY, check_return, record, watching

pytestmark = pytest.mark.full  # tests/core/db/test_faults.py and tests/health say it within one process


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with reachable_directory() as directory, contextlib.ExitStack() as uses:
        postgres = Postgres(directory / "data", uses)
        operations.migrate(postgres.url)
        operations.load_if_empty(postgres.url)
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
            cut_at = watch.loop.time()  # a read is tried twice: the next cut must not come to its second try
            while len(watch.of(*DATA, after=cut_at)) < 15:
                await asyncio.sleep(0.05)
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
