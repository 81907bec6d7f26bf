"""A Postgres server that fails on demand."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from app.core import embedded
from app.core.embedded import postmaster
from tests.service.conftest import wait_until


class FailingPostgres:
    """A server that can be stopped, started and frozen."""

    def __init__(self, data_dir: Path, uses: contextlib.ExitStack) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "pg"
        self.servers = uses
        self.url = self._start_server()

    def _start_server(self) -> str:
        return self.servers.enter_context(embedded.run_server(self.data_dir)).url

    def list_processes(self) -> list[int]:
        """Return the pids of its processes, the postmaster first."""
        served = postmaster.read_live_pid_file(self.cluster)
        first = [served.pid] if served else []
        return first + [pid for pid in postmaster.list_server_processes(self.cluster) if pid not in first]

    async def stop(self, number: int) -> None:
        os.kill(self.list_processes()[0], number)
        assert await asyncio.to_thread(wait_until, lambda: not self.list_processes())

    async def start(self) -> None:
        """Start the server again on the same data directory."""
        await asyncio.to_thread(self._start_server)

    @contextlib.contextmanager
    def freeze(self) -> Iterator[None]:
        stopped = self.list_processes()
        try:
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
