"""Where the data lie: any place will do that is ours, and what is another's is refused untouched."""

import os
import stat
import urllib.parse
from pathlib import Path

import pytest

from app.core import embedded
from app.core.embedded import postmaster
from tests.core.embedded.processes import ROOT, ask


def test_a_long_path_gets_a_short_socket_directory(fresh: Path) -> None:
    long = fresh / ("long" * 20) / ("longer" * 10)
    with embedded.run_server(long) as server:
        assert ask(server, "SELECT 1") == 1
        socket_dir = Path(urllib.parse.parse_qs(urllib.parse.urlsplit(server.url).query)["host"][0])
        assert len(os.fsencode(socket_dir / postmaster.SOCKET_NAME)) < 100
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700

    socket_dir.chmod(0o755)  # anybody can make a directory in /tmp before we do
    try:
        with pytest.raises(embedded.EmbeddedError, match=f"{socket_dir}.* is not a private directory"):
            embedded.start_server(long)
    finally:
        socket_dir.rmdir()


def test_another_major_version_is_refused(fresh: Path) -> None:
    (fresh / "pg").mkdir(parents=True)
    (fresh / "pg" / "PG_VERSION").write_text("13\n")
    with pytest.raises(
        embedded.EmbeddedError, match=r"created by PostgreSQL 13, but .* is PostgreSQL 18.*PG_BIN.*--data-dir"
    ):
        embedded.start_server(fresh)


def test_a_cluster_that_is_none_is_refused(fresh: Path) -> None:
    (fresh / "pg").mkdir(parents=True)
    (fresh / "pg" / "diary.txt").touch()
    with pytest.raises(embedded.EmbeddedError, match="is not a Postgres cluster"):
        embedded.start_server(fresh)
    assert (fresh / "pg" / "diary.txt").exists()


def test_a_closed_directory_is_refused_and_stays_closed(fresh: Path) -> None:
    fresh.mkdir(mode=0o700 if ROOT else 0o500)
    mode = fresh.stat().st_mode
    with pytest.raises(embedded.EmbeddedError, match=rf"{fresh}.*--data-dir"):
        embedded.start_server(fresh / "data")
    assert fresh.stat().st_mode == mode
    assert list(fresh.iterdir()) == []


@pytest.mark.parametrize("below", ["", "data"])
def test_a_file_is_refused(fresh: Path, below: str) -> None:
    fresh.touch()
    with pytest.raises(embedded.EmbeddedError, match=f"{fresh} is a file"):
        embedded.start_server(fresh / below)
