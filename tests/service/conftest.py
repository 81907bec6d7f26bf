"""The real service: the command in a process of its own, found at the address that it prints."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from app.cli import app as cli
from app.core import telemetry
from tests.conftest import DATABASES_DIR, fetch_value, replace_database
from tests.service.wire import exchange, get

CHECKOUT = Path(__file__).parents[2]
PATIENCE = 60.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:([0-9]+)/docs\n(?:.*\n)+.*q=tarmidzi")
OURS = ("DATABASE_URL", "RAKORNAS_", "PG", "PROMETHEUS_")


@dataclass
class Service:
    """A running `serve`: its process, its port, and what it has said."""

    process: "subprocess.Popen[bytes]"
    port: int
    greeting: str
    log: Path
    seconds: float
    """From its start until it had printed its address."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit code (negative: the signal that ended it)."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def errors(self) -> str:
        return self.log.read_text()


def comes_true(condition: Callable[[], object], patience: float = 10.0) -> bool:
    deadline = time.monotonic() + patience
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(met)


@contextlib.contextmanager
def reachable_directory() -> Iterator[Path]:
    """A directory that root's server, which is not root, can reach (pytest's own ones are closed)."""
    path = Path(tempfile.mkdtemp(prefix="rakornas-service-", dir=DATABASES_DIR))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app", *arguments]


def environment(**changes: str) -> dict[str, str]:
    """Ours without what would turn the command to another database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS) or name == "PG_BIN"}
    return kept | changes


def run(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    return subprocess.run(
        command(*arguments), cwd=CHECKOUT, env=environment(**changes), capture_output=True, text=True, timeout=PATIENCE
    )


def invoke(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """The same within this process, which takes a tenth of the time; what it does to the log is left out."""
    changed = dict.fromkeys(set(os.environ) - set(environment())) | changes

    def in_a_thread() -> Result:  # for the command has an event loop of its own
        with mock.patch.object(telemetry, "configure_logging"):
            return CliRunner().invoke(cli, arguments, env=changed)

    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(in_a_thread).result()
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)


@contextlib.contextmanager
def serving(*arguments: str, **changes: str) -> Iterator[Service]:
    """`serve` on any free port. Whatever it started is gone afterwards, also when it was killed before."""
    with tempfile.TemporaryDirectory(prefix="rakornas-output-") as directory:
        output, log = Path(directory, "stdout"), Path(directory, "stderr")
        started = time.monotonic()
        with output.open("wb") as stdout, log.open("wb") as stderr:
            process = subprocess.Popen(
                command("serve", "--port", "0", *arguments),
                cwd=CHECKOUT,
                env=environment(TMPDIR=directory, **changes),  # what one that is killed leaves goes with it
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,  # a process group of its own, as in a terminal
            )
        try:
            comes_true(lambda: process.poll() is not None or ADDRESS.search(output.read_text()), PATIENCE)
            greeting = output.read_text()
            found = ADDRESS.search(greeting)
            assert found, (process.poll(), log.read_text())
            yield Service(process, int(found[1]), greeting, log, time.monotonic() - started)
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the group: workers whose parent was killed
    process.wait()


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.status == 200
        body: bytes = answer.read()
        return body


async def status(service: Service, target: bytes = b"/v1/regions/31") -> int:
    got = await exchange(service.port, get(target, b"Connection: close"), patience=30)
    return got.answers[0].status if got.answers else 0


def check_clean_end(service: Service, number: int) -> None:
    assert fetched(f"{service.base}/health/live")  # before that a signal meets only half of a service
    assert service.stop(number) in (0, -number, 128 + number)
    assert "Traceback" not in service.errors()
    assert '"level": "error"' not in service.errors()


@pytest.fixture(scope="session")
def service(loaded_url: str) -> Iterator[Service]:
    """The service over the reference data, for all tests of this worker that do not disturb it."""
    with serving("--database-url", loaded_url, RAKORNAS_RATE_CLIENT="0") as service:
        yield service


@pytest_asyncio.fixture
async def bare_url(server: str) -> AsyncIterator[str]:
    """A database with nothing in it, not even a schema."""
    name = f"test_{uuid.uuid4().hex}"
    await fetch_value(server, f"CREATE DATABASE {name}")
    yield replace_database(server, name)
    await fetch_value(server, f"DROP DATABASE {name} WITH (FORCE)")
