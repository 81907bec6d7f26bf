"""Postgres fails while a service of the test's own is asked: it says so, and comes back.

tests/service/test_faults.py does this to a server and a process of their own, and looks at the time.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.core.embedded import postmaster
from app.settings import Settings
from tests.conftest import client_of, fetch, running

REGION = "/v1/regions/31"
OURS = "application_name = 'rakornas' AND datname = current_database()"


class Relay:
    """A socket between the service and the server, which can be gone, or take everything and pass nothing on."""

    def __init__(self, server: Path, directory: Path) -> None:
        self.to, self.at = server, directory / server.name
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self.listener = await asyncio.start_unix_server(self._connect, self.at)

    async def stop(self) -> None:
        self.listener.close()
        self.at.unlink(missing_ok=True)  # Python 3.13 does it by itself
        for task in self.tasks:
            task.cancel()
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self.to)
        if not self.listener.is_serving():  # it was stopped meanwhile
            writer.close()
            to_server.close()
            return
        self.writers += [writer, to_server]
        for way in (self._pass_on(reader, to_server), self._pass_on(from_server, writer)):
            task = asyncio.create_task(way)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                await self.thawed.wait()
                writer.write(data)
                await writer.drain()
            writer.close()


@pytest_asyncio.fixture
async def relay(own_url: str) -> AsyncIterator[Relay]:
    (host,) = parse_qs(urlsplit(own_url).query)["host"]
    with tempfile.TemporaryDirectory() as directory:
        relay = Relay(Path(host, postmaster.SOCKET_NAME), Path(directory))
        await relay.start()
        yield relay
        await relay.stop()


async def callers(url: str, relay: Relay, **timeouts: float) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a caller of a service behind the relay, with a small pool."""
    url = f"{url.partition('?')[0]}?host={relay.at.parent}&port={postmaster.PORT}"
    settings = Settings.model_validate({"DATABASE_URL": url, "pool_size": 2, **timeouts})
    async with running(settings) as app, client_of(app) as client:
        yield client


@pytest_asyncio.fixture
async def client(own_url: str, relay: Relay) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of a service that waits longer than a busy machine needs."""
    async for client in callers(own_url, relay, pool_timeout=30, connect_timeout=30, command_timeout=30, deadline=30):
        yield client


@pytest_asyncio.fixture
async def hasty(own_url: str, relay: Relay) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of a service that waits for little."""
    async for client in callers(own_url, relay, pool_timeout=0.5, connect_timeout=1, command_timeout=1, deadline=1.5):
        yield client


async def statuses(client: httpx.AsyncClient, path: str, times: int) -> list[int]:
    answers = await asyncio.gather(*(client.get(path) for _ in range(times)))
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["retry-after"]) > 0
    return [answer.status_code for answer in answers]


async def is_well(client: httpx.AsyncClient, path: str) -> bool:
    """Ask until it answers, for a service that waits for little may need more on a busy machine."""
    for _ in range(20):
        if await statuses(client, path, 3) == [200] * 3:
            return True
    return False


async def test_reading_again_is_safe_so_nobody_hears_of_connections_that_are_cut(
    client: httpx.AsyncClient, own_url: str
) -> None:
    assert await statuses(client, REGION, 4) == [200] * 4
    for _ in range(2):
        assert await fetch(own_url, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {OURS}") > 0
        assert await statuses(client, REGION, 4) == [200] * 4


async def test_who_waits_too_long_for_a_full_pool_or_for_a_lock_is_told_and_then_it_is_well_again(
    hasty: httpx.AsyncClient, own_url: str
) -> None:
    operator = await asyncpg.connect(own_url)
    async with operator.transaction():
        await operator.execute("LOCK TABLE regions IN ACCESS EXCLUSIVE MODE")
        asked = asyncio.create_task(statuses(hasty, REGION, 6))
        assert (await hasty.get("/health/ready")).status_code == 200  # it is no reason to be taken out
        assert await asked == [503] * 6
    await operator.close()
    assert await is_well(hasty, REGION)


@pytest.mark.parametrize("path", [REGION, "/v1/today", "/health/ready"])
async def test_without_a_database_it_says_so_and_comes_back(client: httpx.AsyncClient, relay: Relay, path: str) -> None:
    assert await statuses(client, path, 3) == [200] * 3
    await relay.stop()
    assert await statuses(client, path, 3) == [503] * 3
    assert (await client.get("/health/live")).status_code == 200
    await relay.start()
    assert await statuses(client, path, 3) == [200] * 3


@pytest.mark.parametrize("path", [REGION, "/health/ready"])
async def test_a_database_that_takes_everything_and_says_nothing_is_no_database(
    hasty: httpx.AsyncClient, relay: Relay, path: str
) -> None:
    assert await is_well(hasty, path)
    relay.thawed.clear()
    assert await statuses(hasty, path, 3) == [503] * 3
    relay.thawed.set()
    assert await is_well(hasty, path)
