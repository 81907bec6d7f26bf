"""After a kill -9 of any process at any moment, the next start works."""

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
from tests.core.embedded.processes import APP_CODE, IS_ROOT, PROJECT_DIR, is_alive, query, run_app, wait_until


def test_server_of_a_killed_app_is_joined_by_the_next(shared_data_dir: Path) -> None:
    with run_app(shared_data_dir) as (process, pid):
        process.kill()
        process.wait()
        assert is_alive(pid, shared_data_dir)
    with embedded.run_server(shared_data_dir) as server:
        assert server.pid == pid
    assert not is_alive(pid, shared_data_dir)


def test_starting_server_of_a_killed_app_is_joined(shared_data_dir: Path) -> None:
    killed_at_once = """
import os, pathlib, signal, sys
from app.core import embedded
from app.core.embedded import postmaster
start = postmaster.start_postmaster
postmaster.start_postmaster = lambda *arguments: (start(*arguments), os.kill(os.getpid(), signal.SIGKILL))
embedded.start_server(pathlib.Path(sys.argv[1]))
"""
    dead = subprocess.run([sys.executable, "-c", killed_at_once, shared_data_dir], cwd=PROJECT_DIR)
    assert dead.returncode == -signal.SIGKILL
    (already_there,) = postmaster.list_server_processes(shared_data_dir / "pg")[:1]
    with embedded.run_server(shared_data_dir) as server:
        assert server.pid == already_there


def test_killed_postmaster_is_replaced_at_the_next_start(shared_data_dir: Path) -> None:
    with run_app(shared_data_dir) as (process, pid):
        os.kill(pid, signal.SIGKILL)
        # The app has not reaped it: this start finds a zombie, and a pid file in the cluster.
        with embedded.run_server(shared_data_dir) as server:
            assert server.pid != pid
            assert query(server, "SELECT 1") == 1
            process.communicate()
            assert process.returncode == 0
            assert is_alive(server.pid, shared_data_dir)


def test_zombie_child_is_not_taken_for_a_server(shared_data_dir: Path) -> None:
    killed = embedded.start_server(shared_data_dir)
    os.kill(killed.pid, signal.SIGKILL)
    with embedded.run_server(shared_data_dir) as server:
        assert server.pid != killed.pid
        killed.stop()
        assert query(server, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "{pid}\n{cluster}\n1\n5432\n{cluster}\n\n1 1\nready\n"])
def test_stale_pid_file_does_not_prevent_a_start(shared_data_dir: Path, content: str) -> None:
    with embedded.run_server(shared_data_dir):
        pass
    cluster = shared_data_dir / "pg"
    owner = cluster.stat()
    # A living process of the server's user: Postgres itself would take it for the postmaster. Its working directory is
    # that of a postmaster, as a shell's could be.
    with subprocess.Popen(["sleep", "60"], cwd=cluster, user=owner.st_uid if IS_ROOT else None) as other:
        (cluster / "postmaster.pid").write_text(content.format(pid=other.pid, cluster=cluster))
        with embedded.run_server(shared_data_dir) as server:
            assert server.pid != other.pid
        assert other.poll() is None
        other.kill()


def test_surviving_backend_of_a_killed_server_is_reported(
    shared_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def kill_the_postmaster_under_a_busy_backend(url: str, postmaster: int) -> int:
        connection = await asyncpg.connect(url)
        backend = connection.get_server_pid()
        busy = asyncio.ensure_future(connection.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
        await asyncio.sleep(0.05)
        os.kill(postmaster, signal.SIGKILL)
        busy.cancel()
        connection.terminate()
        return backend

    killed = embedded.start_server(shared_data_dir)
    backend = asyncio.run(kill_the_postmaster_under_a_busy_backend(killed.url, killed.pid))
    try:
        with monkeypatch.context() as patch:
            patch.setattr(embedded, "ORPHAN_TIMEOUT_SECONDS", 0.3)
            with pytest.raises(embedded.EmbeddedError, match=f"kill {backend}"):
                embedded.start_server(shared_data_dir)
    finally:
        os.kill(backend, signal.SIGKILL)
        killed.stop()
    with embedded.run_server(shared_data_dir) as server:
        assert query(server, "SELECT 1") == 1


def test_interrupted_initdb_leaves_no_cluster(new_data_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", APP_CODE, new_data_dir],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert wait_until(lambda: list(new_data_dir.glob("pg.new-*/PG_VERSION")))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert not (new_data_dir / "pg").exists()

    with embedded.run_server(new_data_dir) as server:
        assert query(server, "SELECT 1") == 1
    assert list(new_data_dir.glob("pg.new-*")) == []
