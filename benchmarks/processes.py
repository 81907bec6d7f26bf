"""Run servers as child processes on a free port; they are terminated at the end of the block."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil

PROJECT = Path(__file__).parents[1]
OFFICIALS_PATH = "/v1/officials"
START_TIMEOUT_SECONDS = 60.0


class Server(NamedTuple):
    """A running server that has answered a request."""

    port: int
    process: psutil.Process

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get_cpu_seconds(self) -> float:
        """Return the processor time that the server has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def reserve_data_dir() -> Iterator[Path]:
    """Yield the path of a new data directory, and delete the directory afterwards.

    The embedded server creates the directory itself, so that its own system user can enter it.
    """
    path = Path(tempfile.gettempdir()) / f"rakornas-benchmark-{uuid.uuid4().hex[:12]}"
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def run_rakornas(*, database_url: str | None = None, data_dir: Path | None = None) -> Iterator[Server]:
    """Run `rakornas serve` with one worker; the block begins after its first response."""
    database = ["--database-url", database_url] if database_url else ["--data-dir", str(data_dir)]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with _run_process([sys.executable, "-m", "app", "serve", "--port", "0", *database], environment) as process:
        server = Server(_read_printed_port(process), psutil.Process(process.pid))
        _await_response(server, process)
        yield server


@contextmanager
def run_uvicorn(target: str, database_url: str) -> Iterator[Server]:
    """Run an ASGI application (`module:name`) under uvicorn with the options of a deployment.

    These are uvloop, httptools, no access log and one worker.
    """
    port = find_free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    environment = {**os.environ, "DATABASE_URL": database_url}
    with _run_process([sys.executable, "-m", "uvicorn", target, *options], environment) as process:
        server = Server(port, psutil.Process(process.pid))
        _await_response(server, process)
        yield server


def find_free_port() -> int:
    """Return a port of the loopback interface on which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def _run_process(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    # The server writes its log, as in a deployment; the log is discarded.
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _read_printed_port(process: subprocess.Popen[str]) -> int:
    """Return the port in the address that `rakornas serve` prints."""
    assert process.stdout is not None
    for line in process.stdout:
        if match := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(match[1])
    raise RuntimeError(f"{process.args!r} ended without printing its address")


def _await_response(server: Server, process: subprocess.Popen[str]) -> None:
    """Wait until the server answers the list of officials with 200."""
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{server.base_url}{OFFICIALS_PATH}", timeout=START_TIMEOUT_SECONDS).status_code == 200:
                return
        time.sleep(0.01)
    raise RuntimeError(f"no response from {process.args!r}")
