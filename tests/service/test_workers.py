"""Several processes that answer: counted as one, replaced when one dies, gone when the first is."""

import re
import signal
import socket

import psutil

from tests.service.conftest import Service, check_clean_end, comes_true, fetched, serving, status

COUNT = re.compile(r'http_request_duration_seconds_count\{.*route="/v1/regions/\{code\}".*\} ([0-9.]+)')


async def test_two_workers(loaded_url: str) -> None:
    with serving("--database-url", loaded_url, "--workers", "2") as service:
        assert await status(service) == 200
        workers = children(service)
        asked = 40
        assert [await status(service) for _ in range(asked)] == [200] * asked
        counted = [COUNT.search(fetched(f"{service.base}/metrics").decode()) for _ in range(10)]
        assert [float(found[1]) for found in counted if found] == [asked + 1] * 10

        workers[0].kill()
        assert comes_true(lambda: len(children(service)) == 2 and workers[0] not in children(service), 30)
        assert await status(service) == 200
        workers = children(service)
        check_clean_end(service, signal.SIGTERM)
        assert running(workers) == []


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


def children(service: Service) -> list[psutil.Process]:
    """The workers; multiprocessing has a helper beside them."""
    found = running(psutil.Process(service.process.pid).children())
    return [child for child in found if "spawn_main" in " ".join(child.cmdline())]


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
