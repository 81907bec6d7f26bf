"""The embedded server's settings, data, log and account."""

import asyncio
import re
import stat
from pathlib import Path

import asyncpg
import pytest

from app.core import embedded
from tests.core.embedded.processes import IS_ROOT, is_alive, query


def test_data_survives_a_restart(shared_data_dir: Path) -> None:
    with embedded.run_server(shared_data_dir) as server:
        query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        first = server.pid
    assert not is_alive(first, shared_data_dir)

    with embedded.run_server(shared_data_dir) as server:
        assert query(server, "SELECT answer FROM kept") == 42
        assert server.pid != first


def test_cluster_settings_do_not_depend_on_the_machine(shared_data_dir: Path) -> None:
    with embedded.run_server(shared_data_dir) as server:
        assert query(server, "SHOW timezone") == "UTC"
        assert query(server, "SHOW server_encoding") == "UTF8"
        assert query(server, "SHOW listen_addresses") == ""
        assert query(server, "SHOW wal_level") == "replica"
        assert query(server, "SHOW log_error_verbosity") == "terse"  # so that the log contains no rows
        assert query(server, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert query(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'rakornas'") == "rakornas"
        # The order of code points; a language's own order would put "a" first.
        assert query(server, "SELECT 'a' < 'B'") is False
        # With LC_CTYPE=C trigrams lose letters that are not ASCII.
        assert query(server, "CREATE EXTENSION pg_trgm", "SELECT similarity('É', 'é')") == 1


def test_pgport_in_the_environment_is_ignored(shared_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    with embedded.run_server(shared_data_dir) as server:
        assert query(server, "SHOW port") == "5432"


def test_dropped_database_is_created_again(shared_data_dir: Path) -> None:
    with embedded.run_server(shared_data_dir) as server:
        somewhere_else = server.url.replace("/rakornas?", "/postgres?")

        async def drop() -> None:
            connection = await asyncpg.connect(somewhere_else)
            await connection.execute("DROP DATABASE rakornas")
            await connection.close()

        asyncio.run(drop())
        with embedded.run_server(shared_data_dir) as second:
            assert query(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_failed_start_reports_the_log(shared_data_dir: Path) -> None:
    with embedded.run_server(shared_data_dir):
        pass
    settings = shared_data_dir / "pg" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(embedded.EmbeddedError, match="no_such_setting"):
            embedded.start_server(shared_data_dir)
    finally:
        settings.write_text(before)


def test_large_log_is_rotated_at_start(shared_data_dir: Path) -> None:
    log = shared_data_dir / "postgres.log"
    with embedded.run_server(shared_data_dir):
        pass
    log.write_bytes(b"x" * (embedded.MAX_LOG_BYTES + 1))
    with embedded.run_server(shared_data_dir):
        assert log.stat().st_size < 10_000
        assert log.with_name("postgres.log.1").stat().st_size > embedded.MAX_LOG_BYTES


@pytest.mark.skipif(not IS_ROOT, reason="only root must not run a server itself")
def test_root_runs_the_server_as_another_user(shared_data_dir: Path) -> None:
    with embedded.run_server(shared_data_dir) as server:
        postmaster = Path(f"/proc/{server.pid}").stat()
        assert postmaster.st_uid != 0
        assert (shared_data_dir / "pg").stat().st_uid == postmaster.st_uid
        assert re.search(r"^Groups:\s*$", Path(f"/proc/{server.pid}/status").read_text(), re.MULTILINE)
    # The other user only needs to enter the directory.
    assert stat.S_IMODE(shared_data_dir.stat().st_mode) == 0o711
    assert shared_data_dir.stat().st_uid == 0
