"""Data directories: any usable path is accepted; others are rejected and not changed."""

import os
import stat
import urllib.parse
from pathlib import Path

import pytest

from app.core import embedded
from app.core.embedded import postmaster
from tests.core.embedded.processes import IS_ROOT, query


def test_long_data_path_uses_a_short_socket_directory(new_data_dir: Path) -> None:
    long = new_data_dir / ("long" * 20) / ("longer" * 10)
    with embedded.run_server(long) as server:
        assert query(server, "SELECT 1") == 1
        socket_dir = Path(urllib.parse.parse_qs(urllib.parse.urlsplit(server.url).query)["host"][0])
        assert len(os.fsencode(socket_dir / postmaster.SOCKET_NAME)) < 100
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700

    socket_dir.chmod(0o755)  # any user could have created the directory in /tmp before
    try:
        with pytest.raises(embedded.EmbeddedError, match=f"{socket_dir}.* is not a private directory"):
            embedded.start_server(long)
    finally:
        socket_dir.rmdir()


def test_cluster_of_another_major_version_is_rejected(new_data_dir: Path) -> None:
    (new_data_dir / "pg").mkdir(parents=True)
    (new_data_dir / "pg" / "PG_VERSION").write_text("13\n")
    with pytest.raises(
        embedded.EmbeddedError, match=r"created by PostgreSQL 13, but .* is PostgreSQL 18.*PG_BIN.*--data-dir"
    ):
        embedded.start_server(new_data_dir)


def test_directory_without_a_cluster_is_rejected_unchanged(new_data_dir: Path) -> None:
    (new_data_dir / "pg").mkdir(parents=True)
    (new_data_dir / "pg" / "diary.txt").touch()
    with pytest.raises(embedded.EmbeddedError, match="is not a PostgreSQL cluster"):
        embedded.start_server(new_data_dir)
    assert (new_data_dir / "pg" / "diary.txt").exists()


def test_closed_directory_is_rejected_unchanged(new_data_dir: Path) -> None:
    new_data_dir.mkdir(mode=0o700 if IS_ROOT else 0o500)
    mode = new_data_dir.stat().st_mode
    with pytest.raises(embedded.EmbeddedError, match=rf"{new_data_dir}.*--data-dir"):
        embedded.start_server(new_data_dir / "data")
    assert new_data_dir.stat().st_mode == mode
    assert list(new_data_dir.iterdir()) == []


@pytest.mark.parametrize("below", ["", "data"])
def test_file_instead_of_a_directory_is_rejected(new_data_dir: Path, below: str) -> None:
    new_data_dir.touch()
    with pytest.raises(embedded.EmbeddedError, match=f"{new_data_dir} is a file"):
        embedded.start_server(new_data_dir / below)
