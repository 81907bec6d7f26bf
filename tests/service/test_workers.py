"""Several workers: common metrics, replacement of a dead worker, and their end with the parent."""

import asyncio
import re
import signal
import socket

import psutil
import pytest

from tests.service.conftest import (
    TIMEOUT_SECONDS,
    Service,
    assert_clean_exit,
    fetch_body,
    fetch_status,
    run_service,
    wait_until,
)
from tests.service.raw_http import build_get

COUNT_PATTERN = re.compile(r'http_request_duration_seconds_count\{.*route="/v1/regions/\{code\}".*\} ([0-9.]+)')


async def test_two_workers_share_metrics_and_end_with_listeners(loaded_url: str) -> None:
    """The metrics count both workers, and both end despite open event streams."""
    with run_service("--database-url", loaded_url, "--workers", "2") as service:
        assert await fetch_status(service) == 200
        assert wait_until(lambda: len(list_workers(service)) == 2, 30)
        workers = list_workers(service)
        assert [await fetch_status(service) for _ in range(20)] == [200] * 20
        assert read_counts(service) == [21] * 10
        listeners = [await open_listener(service) for _ in range(4)]
        await asyncio.to_thread(assert_clean_exit, service, signal.SIGTERM)
        assert filter_running(workers) == []
        for reader, writer in listeners:
            assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()


@pytest.mark.full
async def test_killed_worker_is_replaced(loaded_url: str) -> None:
    with run_service("--database-url", loaded_url, "--workers", "2") as service:
        assert await fetch_status(service) == 200
        workers = list_workers(service)
        workers[0].kill()
        assert wait_until(lambda: len(list_workers(service)) == 2 and workers[0] not in list_workers(service), 30)
        assert await fetch_status(service) == 200
        workers = list_workers(service)
        assert_clean_exit(service, signal.SIGTERM)
        assert filter_running(workers) == []


@pytest.mark.full
async def test_workers_end_with_a_killed_parent(loaded_url: str) -> None:
    """Otherwise they would keep the port and continue to serve."""
    with run_service("--database-url", loaded_url, "--workers", "2") as service:
        assert await fetch_status(service) == 200
        workers = list_workers(service)
        assert service.send_signal(signal.SIGKILL) == -signal.SIGKILL
        assert wait_until(lambda: filter_running(workers) == [])
        with socket.socket() as port:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            port.bind(("127.0.0.1", service.port))


def read_counts(service: Service) -> list[int]:
    """Read the request count ten times: each worker reports that of all workers."""
    found = [COUNT_PATTERN.search(fetch_body(f"{service.base_url}/metrics").decode()) for _ in range(10)]
    return [int(float(item[1])) for item in found if item]


async def open_listener(service: Service) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(build_get(b"/v1/meetings/rakornas-2022-06/attendance/live"))
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await reader.readuntil(b"event: summary\n")
    return reader, writer


def list_workers(service: Service) -> list[psutil.Process]:
    """Return the workers, without the helper process of multiprocessing."""
    found = filter_running(psutil.Process(service.process.pid).children())
    return [child for child in found if "spawn_main" in " ".join(child.cmdline())]


def filter_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [item for item in processes if item.is_running() and item.status() != psutil.STATUS_ZOMBIE]
