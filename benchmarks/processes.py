"""Servers as processes of their own, on a free port, gone when the block ends."""

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
OFFICIALS = "/v1/officials"
PATIENCE = 60.0


class Server(NamedTuple):
    """A server that answers."""

    port: int
    process: psutil.Process

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        used = self.process.cpu_times()
        return float(used.user + used.system)


@contextmanager
def scratch() -> Iterator[Path]:
    """The name of a new data directory. The embedded server makes it itself, so that its own user can enter it."""
    path = Path(tempfile.gettempdir()) / f"rakornas-benchmark-{uuid.uuid4().hex[:12]}"
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def rakornas(*, database_url: str | None = None, data_dir: Path | None = None) -> Iterator[Server]:
    """`rakornas serve` with one worker, as an operator starts it; it answers once the block begins."""
    where = ["--database-url", database_url] if database_url else ["--data-dir", str(data_dir)]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with _process([sys.executable, "-m", "app", "serve", "--port", "0", *where], environment) as process:
        server = Server(_greeted_port(process), psutil.Process(process.pid))
        _await_answer(server, process)
        yield server


@contextmanager
def uvicorn(target: str, database_url: str) -> Iterator[Server]:
    """An application under uvicorn, as one would deploy it: uvloop, httptools, no access log, one worker."""
    port = _free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    environment = {**os.environ, "DATABASE_URL": database_url}
    with _process([sys.executable, "-m", "uvicorn", target, *options], environment) as process:
        server = Server(port, psutil.Process(process.pid))
        _await_answer(server, process)
        yield server


@contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    # Log lines are written as ever, but nobody keeps them.
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _greeted_port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise RuntimeError(f"{process.args!r} has ended without a greeting")


def _await_answer(server: Server, process: subprocess.Popen[str]) -> None:
    """Until the first 200 on the list of officials."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{server.base_url}{OFFICIALS}", timeout=PATIENCE).status_code == 200:
                return
        time.sleep(0.01)
    raise RuntimeError(f"no answer from {process.args!r}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
