"""The embedded server as it is: the same on every machine, and its data outlive it."""

import asyncio
import re
import stat
from pathlib import Path

import asyncpg
import pytest

from app.core import embedded
from tests.core.embedded.processes import ROOT, ask, lives


def test_data_outlive_the_server(shared: Path) -> None:
    with embedded.run_server(shared) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        first = server.pid
    assert not lives(first, shared)

    with embedded.run_server(shared) as server:
        assert ask(server, "SELECT answer FROM kept") == 42
        assert server.pid != first


def test_cluster_has_the_same_settings_on_every_machine(shared: Path) -> None:
    with embedded.run_server(shared) as server:
        assert ask(server, "SHOW timezone") == "UTC"
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW wal_level") == "replica"
        assert ask(server, "SHOW log_error_verbosity") == "terse"  # no rows of ours in its log
        assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert ask(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'rakornas'") == "rakornas"
        # The order of code points; a language's own order would put "a" first.
        assert ask(server, "SELECT 'a' < 'B'") is False
        # With LC_CTYPE=C trigrams lose letters that are not ASCII.
        assert ask(server, "CREATE EXTENSION pg_trgm", "SELECT similarity('É', 'é')") == 1


def test_pgport_of_the_environment_changes_nothing(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    with embedded.run_server(shared) as server:
        assert ask(server, "SHOW port") == "5432"


def test_a_dropped_database_is_made_again(shared: Path) -> None:
    with embedded.run_server(shared) as server:
        somewhere_else = server.url.replace("/rakornas?", "/postgres?")

        async def drop() -> None:
            connection = await asyncpg.connect(somewhere_else)
            await connection.execute("DROP DATABASE rakornas")
            await connection.close()

        asyncio.run(drop())
        with embedded.run_server(shared) as second:
            assert ask(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_a_server_that_does_not_start_says_why(shared: Path) -> None:
    with embedded.run_server(shared):
        pass
    settings = shared / "pg" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(embedded.EmbeddedError, match="no_such_setting"):
            embedded.start_server(shared)
    finally:
        settings.write_text(before)


def test_log_does_not_grow_for_ever(shared: Path) -> None:
    log = shared / "postgres.log"
    with embedded.run_server(shared):
        pass
    log.write_bytes(b"x" * (embedded.MAX_LOG_BYTES + 1))
    with embedded.run_server(shared):
        assert log.stat().st_size < 10_000
        assert log.with_name("postgres.log.1").stat().st_size > embedded.MAX_LOG_BYTES


@pytest.mark.skipif(not ROOT, reason="only root must not run a server itself")
def test_root_runs_the_server_as_another_user(shared: Path) -> None:
    with embedded.run_server(shared) as server:
        postmaster = Path(f"/proc/{server.pid}").stat()
        assert postmaster.st_uid != 0
        assert (shared / "pg").stat().st_uid == postmaster.st_uid
        assert re.search(r"^Groups:\s*$", Path(f"/proc/{server.pid}/status").read_text(), re.MULTILINE)
    # Passing through is all that the other user needs.
    assert stat.S_IMODE(shared.stat().st_mode) == 0o711
    assert shared.stat().st_uid == 0
