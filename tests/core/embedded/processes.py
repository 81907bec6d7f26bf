"""Processes that use an embedded server, and the server's processes as the system shows them."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg

from app.core import embedded
from app.core.embedded import postmaster

IS_ROOT = os.geteuid() == 0
PROJECT_DIR = Path(__file__).parents[3]

APP_CODE = """
import pathlib, signal, sys
from app.core import embedded
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
with embedded.run_server(pathlib.Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def run_app(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a process that uses the server until its stdin ends; yield it and the postmaster's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", APP_CODE, data_dir],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own, as in a terminal
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            yield process, int(line)
        finally:
            process.communicate()


def query(server: embedded.EmbeddedPostgres, *statements: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(server.url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def is_alive(pid: int, data_dir: Path) -> bool:
    return postmaster.is_server_process(pid, data_dir / "pg")


def wait_until(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


def read_program(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()
