"""Requests while Postgres fails: the service responds with 503, and recovers.

tests/service/test_faults.py does the same with a separate server and process, and measures the time.
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
from tests.conftest import connect_client, fetch_value, run_application

REGION = "/v1/regions/31"
SERVICE_CONNECTIONS = "application_name = 'rakornas' AND datname = current_database()"


class Relay:
    """A socket between the service and the server. It can be removed, or accept data without forwarding it."""

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
        for forwarding in (self._forward(reader, to_server), self._forward(from_server, writer)):
            task = asyncio.create_task(forwarding)
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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


async def open_client(url: str, relay: Relay, **timeouts: float) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a service behind the relay, with a small pool."""
    url = f"{url.partition('?')[0]}?host={relay.at.parent}&port={postmaster.PORT}"
    settings = Settings.model_validate({"DATABASE_URL": url, "pool_size": 2, **timeouts})
    async with run_application(settings) as app, connect_client(app) as client:
        yield client


@pytest_asyncio.fixture
async def client(own_url: str, relay: Relay) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with time-outs that a busy machine does not reach."""
    async for client in open_client(
        own_url, relay, pool_timeout=30, connect_timeout=30, command_timeout=30, deadline=30
    ):
        yield client


@pytest_asyncio.fixture
async def impatient_client(own_url: str, relay: Relay) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with short time-outs."""
    async for client in open_client(
        own_url, relay, pool_timeout=0.5, connect_timeout=1, command_timeout=1, deadline=1.5
    ):
        yield client


async def get_statuses(client: httpx.AsyncClient, path: str, times: int) -> list[int]:
    answers = await asyncio.gather(*(client.get(path) for _ in range(times)))
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["retry-after"]) > 0
    return [answer.status_code for answer in answers]


async def recovers(client: httpx.AsyncClient, path: str) -> bool:
    """Send requests until they succeed: with short time-outs a busy machine may need several attempts."""
    for _ in range(20):
        if await get_statuses(client, path, 3) == [200] * 3:
            return True
    return False


async def test_closed_connections_are_retried_without_an_error(client: httpx.AsyncClient, own_url: str) -> None:
    assert await get_statuses(client, REGION, 4) == [200] * 4
    for _ in range(2):
        assert (
            await fetch_value(
                own_url, f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {SERVICE_CONNECTIONS}"
            )
            > 0
        )
        assert await get_statuses(client, REGION, 4) == [200] * 4


async def test_full_pool_and_locked_table_are_503_until_released(
    impatient_client: httpx.AsyncClient, own_url: str
) -> None:
    operator = await asyncpg.connect(own_url)
    async with operator.transaction():
        await operator.execute("LOCK TABLE regions IN ACCESS EXCLUSIVE MODE")
        requests = asyncio.create_task(get_statuses(impatient_client, REGION, 6))
        assert (
            await impatient_client.get("/health/ready")
        ).status_code == 200  # the instance need not be taken out of service
        assert await requests == [503] * 6
    await operator.close()
    assert await recovers(impatient_client, REGION)


@pytest.mark.parametrize("path", [REGION, "/v1/today", "/health/ready"])
async def test_missing_server_is_503_until_it_returns(client: httpx.AsyncClient, relay: Relay, path: str) -> None:
    assert await get_statuses(client, path, 3) == [200] * 3
    await relay.stop()
    assert await get_statuses(client, path, 3) == [503] * 3
    assert (await client.get("/health/live")).status_code == 200
    await relay.start()
    assert await get_statuses(client, path, 3) == [200] * 3


@pytest.mark.parametrize("path", [REGION, "/health/ready"])
async def test_silent_server_is_503_until_it_responds(
    impatient_client: httpx.AsyncClient, relay: Relay, path: str
) -> None:
    assert await recovers(impatient_client, path)
    relay.thawed.clear()
    assert await get_statuses(impatient_client, path, 3) == [503] * 3
    relay.thawed.set()
    assert await recovers(impatient_client, path)
