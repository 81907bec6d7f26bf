"""A Postgres that fails on demand."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from app.core import embedded
from app.core.embedded import postmaster
from tests.service.conftest import comes_true


class Postgres:
    """A server that can be stopped, started, frozen."""

    def __init__(self, data_dir: Path, uses: contextlib.ExitStack) -> None:
        self.data_dir = data_dir
        self.cluster = data_dir / "pg"
        self.uses = uses
        self.url = self._join()

    def _join(self) -> str:
        return self.uses.enter_context(embedded.run_server(self.data_dir)).url

    def processes(self) -> list[int]:
        """All of them, the postmaster first."""
        served = postmaster.read_live_pid_file(self.cluster)
        first = [served.pid] if served else []
        return first + [pid for pid in postmaster.list_server_processes(self.cluster) if pid not in first]

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
