"""Several processes that answer: counted as one, replaced when one dies, gone when the first is."""

import asyncio
import re
import signal
import socket

import psutil
import pytest

from tests.service.conftest import PATIENCE, Service, check_clean_end, comes_true, fetched, serving, status
from tests.service.wire import get

COUNT = re.compile(r'http_request_duration_seconds_count\{.*route="/v1/regions/\{code\}".*\} ([0-9.]+)')


async def test_two_workers(loaded_url: str) -> None:
    """Both are counted, and both end, though somebody listens."""
    with serving("--database-url", loaded_url, "--workers", "2") as service:
        assert await status(service) == 200
        assert comes_true(lambda: len(children(service)) == 2, 30)
        workers = children(service)
        assert [await status(service) for _ in range(20)] == [200] * 20
        assert counted(service) == [21] * 10
        listeners = [await listening(service) for _ in range(4)]
        await asyncio.to_thread(check_clean_end, service, signal.SIGTERM)
        assert running(workers) == []
        for reader, writer in listeners:
            assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()


@pytest.mark.full
async def test_a_worker_that_was_killed_is_replaced(loaded_url: str) -> None:
    with serving("--database-url", loaded_url, "--workers", "2") as service:
        assert await status(service) == 200
        workers = children(service)
        workers[0].kill()
        assert comes_true(lambda: len(children(service)) == 2 and workers[0] not in children(service), 30)
        assert await status(service) == 200
        workers = children(service)
        check_clean_end(service, signal.SIGTERM)
        assert running(workers) == []


@pytest.mark.full
async def test_workers_do_not_outlive_a_killed_parent(loaded_url: str) -> None:
    """Else they would hold the port, and serve on, until somebody looks for them."""
    with serving("--database-url", loaded_url, "--workers", "2") as service:
        assert await status(service) == 200
        workers = children(service)
        assert service.stop(signal.SIGKILL) == -signal.SIGKILL
        assert comes_true(lambda: running(workers) == [])
        with socket.socket() as port:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port.bind(("127.0.0.1", service.port))


def counted(service: Service) -> list[int]:
    """Ask ten times how many requests were answered: each worker speaks for both."""
    found = [COUNT.search(fetched(f"{service.base}/metrics").decode()) for _ in range(10)]
    return [int(float(item[1])) for item in found if item]


async def listening(service: Service) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(get(b"/v1/meetings/rakornas-2022-06/attendance/live"))
    async with asyncio.timeout(PATIENCE):
        await reader.readuntil(b"event: summary\n")
    return reader, writer


def children(service: Service) -> list[psutil.Process]:
    """The workers; multiprocessing has a helper beside them."""
    found = running(psutil.Process(service.process.pid).children())
    return [child for child in found if "spawn_main" in " ".join(child.cmdline())]


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [item for item in processes if item.is_running() and item.status() != psutil.STATUS_ZOMBIE]
