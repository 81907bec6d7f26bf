"""After a kill -9 of any process, at any moment, the next start heals."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from app.core import embedded
from app.core.embedded import postmaster
from tests.core.embedded.processes import APP, CHECKOUT, ROOT, app, ask, comes_true, lives


def test_after_kill_9_of_the_app_the_next_takes_the_server_over(shared: Path) -> None:
    with app(shared) as (process, pid):
        process.kill()
        process.wait()
        assert lives(pid, shared)
    with embedded.run_server(shared) as server:
        assert server.pid == pid
    assert not lives(pid, shared)


def test_a_server_whose_starter_was_killed_before_it_was_ready_is_joined(shared: Path) -> None:
    killed_at_once = """
import os, pathlib, signal, sys
from app.core import embedded
from app.core.embedded import postmaster
start = postmaster.start_postmaster
postmaster.start_postmaster = lambda *arguments: (start(*arguments), os.kill(os.getpid(), signal.SIGKILL))
embedded.start_server(pathlib.Path(sys.argv[1]))
"""
    dead = subprocess.run([sys.executable, "-c", killed_at_once, shared], cwd=CHECKOUT)
    assert dead.returncode == -signal.SIGKILL
    (already_there,) = postmaster.list_server_processes(shared / "pg")[:1]
    with embedded.run_server(shared) as server:
        assert server.pid == already_there


def test_after_kill_9_of_the_postmaster_the_next_start_heals(shared: Path) -> None:
    with app(shared) as (process, pid):
        os.kill(pid, signal.SIGKILL)
        # The app has not buried it: this start meets a zombie, with a pid file in the cluster.
        with embedded.run_server(shared) as server:
            assert server.pid != pid
            assert ask(server, "SELECT 1") == 1
            process.communicate()
            assert process.returncode == 0
            assert lives(server.pid, shared)


def test_a_zombie_child_of_our_own_is_not_a_server(shared: Path) -> None:
    killed = embedded.start_server(shared)
    os.kill(killed.pid, signal.SIGKILL)
    with embedded.run_server(shared) as server:
        assert server.pid != killed.pid
        killed.stop()
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "{pid}\n{cluster}\n1\n5432\n{cluster}\n\n1 1\nready\n"])
def test_a_pid_file_of_nobody_does_not_stop_a_start(shared: Path, content: str) -> None:
    with embedded.run_server(shared):
        pass
    cluster = shared / "pg"
    owner = cluster.stat()
    # A living process of the server's user: Postgres itself would take it for the postmaster, and we might do so
    # because it stands where a postmaster does, like somebody's shell.
    with subprocess.Popen(["sleep", "60"], cwd=cluster, user=owner.st_uid if ROOT else None) as other:
        (cluster / "postmaster.pid").write_text(content.format(pid=other.pid, cluster=cluster))
        with embedded.run_server(shared) as server:
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

    killed = embedded.start_server(shared)
    backend = asyncio.run(kill_the_postmaster_under_a_busy_backend(killed.url, killed.pid))
    try:
        with monkeypatch.context() as patch:
            patch.setattr(embedded, "ORPHAN_TIMEOUT_SECONDS", 0.3)
            with pytest.raises(embedded.EmbeddedError, match=f"kill {backend}"):
                embedded.start_server(shared)
    finally:
        os.kill(backend, signal.SIGKILL)
        killed.stop()
    with embedded.run_server(shared) as server:
        assert ask(server, "SELECT 1") == 1


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

    with embedded.run_server(fresh) as server:
        assert ask(server, "SELECT 1") == 1
    assert list(fresh.glob("pg.new-*")) == []
