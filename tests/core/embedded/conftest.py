"""Data directories for embedded servers; no server may be running in them after a test."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.embedded import postmaster
from tests.conftest import DATABASES_DIR


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """Create a directory that root's server, which runs as another user, can enter (unlike those of pytest)."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir=DATABASES_DIR))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_data_dir() -> Iterator[Path]:
    """A data directory for all tests that can share it. Its name must be quoted in a URL."""
    with temporary_directory() as path:
        yield path / "data é & 1"


@pytest.fixture
def new_data_dir() -> Iterator[Path]:
    with temporary_directory() as path:
        yield path / "data"


@pytest.fixture(autouse=True)
def without_pg_bin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BIN", raising=False)


@pytest.fixture(autouse=True)
def no_server_keeps_running(shared_data_dir: Path) -> Iterator[None]:
    yield
    left = postmaster.list_server_processes(shared_data_dir / "pg")
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert left == []
