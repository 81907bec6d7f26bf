"""Fixtures: the real command in its own process, reached at the address that it prints."""

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
from typing import TYPE_CHECKING
from unittest import mock

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from app.cli import app as cli
from app.core import telemetry
from tests.conftest import DATABASES_DIR, fetch_value, replace_database
from tests.service.raw_http import build_get, exchange

if TYPE_CHECKING:
    from tests.service.browser import Explorer

CHECKOUT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 60.0
GREETING_PATTERN = re.compile(r"http://127\.0\.0\.1:([0-9]+)(?:/[a-z]+)*/docs\n(?:.*\n)+.*q=tarmidzi")
SERVICE_VARIABLES = ("DATABASE_URL", "RAKORNAS_", "PG", "PROMETHEUS_")


@dataclass
class Service:
    """A running `rakornas serve`: its process, port and output."""

    process: "subprocess.Popen[bytes]"
    port: int
    greeting: str
    log: Path
    start_seconds: float
    """Seconds from its start until it printed its address."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def send_signal(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit code (negative: the signal that ended it)."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT_SECONDS)

    def read_log(self) -> str:
        return self.log.read_text()


def wait_until(condition: Callable[[], object], timeout: float = 10.0) -> bool:
    """Poll a condition until it is true or the timeout (seconds) has passed; return whether it is true."""
    deadline = time.monotonic() + timeout
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(met)


@contextlib.contextmanager
def create_directory() -> Iterator[Path]:
    """Create a temporary directory that the server's user (not root) can access, unlike those of pytest."""
    path = Path(tempfile.mkdtemp(prefix="rakornas-service-", dir=DATABASES_DIR))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def build_command(*arguments: str) -> list[str]:
    """Return the command line of `rakornas` with these arguments."""
    return [sys.executable, "-m", "app", *arguments]


def build_environment(**changes: str) -> dict[str, str]:
    """Return the environment without variables that would select another database, and with these changes."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(SERVICE_VARIABLES) or name == "PG_BIN"
    }
    return kept | changes


def run_command(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in its own process until it ends."""
    return subprocess.run(
        build_command(*arguments),
        cwd=CHECKOUT,
        env=build_environment(**changes),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )


def invoke_command(*arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in this process, which is ten times faster. It does not configure logging."""
    changed = dict.fromkeys(set(os.environ) - set(build_environment())) | changes

    def run_in_thread() -> Result:  # the command has its own event loop
        with mock.patch.object(telemetry, "configure_logging"):
            return CliRunner().invoke(cli, arguments, env=changed)

    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(run_in_thread).result()
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)


@contextlib.contextmanager
def run_service(*arguments: str, **changes: str) -> Iterator[Service]:
    """Run `rakornas serve` on a free port. Its process group is killed afterwards."""
    with tempfile.TemporaryDirectory(prefix="rakornas-output-") as directory:
        output, log = Path(directory, "stdout"), Path(directory, "stderr")
        started = time.monotonic()
        with output.open("wb") as stdout, log.open("wb") as stderr:
            process = subprocess.Popen(
                build_command("serve", "--port", "0", *arguments),
                cwd=CHECKOUT,
                env=build_environment(TMPDIR=directory, **changes),  # so that the files of a killed process are removed
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,  # its own process group, as in a terminal
            )
        try:
            wait_until(
                lambda: process.poll() is not None or GREETING_PATTERN.search(output.read_text()), TIMEOUT_SECONDS
            )
            greeting = output.read_text()
            found = GREETING_PATTERN.search(greeting)
            assert found, (process.poll(), log.read_text())
            yield Service(process, int(found[1]), greeting, log, time.monotonic() - started)
        finally:
            _kill_process_group(process)


def _kill_process_group(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the group includes workers whose parent was killed
    process.wait()


def fetch_body(address: str) -> bytes:
    """Fetch an address, and return the body of its 200 response."""
    with urllib.request.urlopen(address, timeout=10) as response:
        assert response.status == 200
        body: bytes = response.read()
        return body


async def fetch_status(service: Service, target: bytes = b"/v1/regions/31") -> int:
    received = await exchange(service.port, build_get(target, b"Connection: close"), timeout=30)
    return received.responses[0].status if received.responses else 0


def assert_clean_exit(service: Service, number: int) -> None:
    """Send a signal to a live service, and assert that it exits without an error."""
    assert fetch_body(f"{service.base_url}/health/live")  # an earlier signal would find a half-started service
    assert service.send_signal(number) in (0, -number, 128 + number)
    assert "Traceback" not in service.read_log()
    assert '"level": "error"' not in service.read_log()


@pytest.fixture(scope="session")
def service(loaded_url: str) -> Iterator[Service]:
    """A service on the reference data, for all tests of this worker that do not disturb it."""
    with run_service("--database-url", loaded_url, RAKORNAS_RATE_CLIENT="0") as service:
        yield service


@pytest_asyncio.fixture
async def bare_url(server: str) -> AsyncIterator[str]:
    """URL of an empty database without a schema."""
    name = f"test_{uuid.uuid4().hex}"
    await fetch_value(server, f"CREATE DATABASE {name}")
    yield replace_database(server, name)
    await fetch_value(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def explorer(service: Service, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Explorer]":
    """The explorer in a browser, for all tests of a module."""
    from tests.service import browser

    kept = os.environ.get("RAKORNAS_SCREENSHOTS")
    screenshots = Path(kept) if kept else tmp_path_factory.mktemp("screenshots")
    screenshots.mkdir(parents=True, exist_ok=True)
    with browser.start_chromium() as driver:
        yield browser.Explorer(driver, service.base_url, screenshots)
