"""Data directories of an embedded server's own, below which nothing may be left running."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.embedded import postmaster
from tests.conftest import PLACE


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A directory that root's server, which is not root, can reach (pytest's own ones are closed)."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir=PLACE))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """One data directory for all tests that can share it; its name has to be quoted in a URL."""
    with directory() as path:
        yield path / "data é & 1"


@pytest.fixture
def fresh() -> Iterator[Path]:
    with directory() as path:
        yield path / "data"


@pytest.fixture(autouse=True)
def of_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BIN", raising=False)


@pytest.fixture(autouse=True)
def nothing_is_left_running(shared: Path) -> Iterator[None]:
    yield
    left = postmaster.list_server_processes(shared / "pg")
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert left == []
