"""Several processes use one server: the first starts it, the last stops it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from app.core import embedded
from app.core.embedded import postmaster
from tests.core.embedded.processes import APP_CODE, PROJECT_DIR, is_alive, query, run_app


def test_last_process_stops_the_server(shared_data_dir: Path) -> None:
    with embedded.run_server(shared_data_dir) as server:
        with run_app(shared_data_dir) as (_, pid):
            assert pid == server.pid
        assert is_alive(server.pid, shared_data_dir)
        assert query(server, "SELECT 1") == 1
    assert not is_alive(server.pid, shared_data_dir)


def test_server_survives_the_process_that_started_it(shared_data_dir: Path) -> None:
    first = embedded.start_server(shared_data_dir)
    with run_app(shared_data_dir) as (_, pid):
        first.stop()
        first.stop()  # the second call does nothing
        assert pid == first.pid
        assert is_alive(pid, shared_data_dir)
    assert not is_alive(pid, shared_data_dir)


def test_concurrent_starts_share_one_server(shared_data_dir: Path) -> None:
    with contextlib.ExitStack() as stack:
        command = [sys.executable, "-c", APP_CODE, str(shared_data_dir)]
        apps = [
            stack.enter_context(
                subprocess.Popen(command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(4)
        ]
        pids = {process.stdout.readline() for process in apps if process.stdout}
        for process in apps:
            process.communicate()
    assert len(pids) == 1
    assert pids != {""}
    assert [process.returncode for process in apps] == [0] * 4


def test_ctrl_c_does_not_reach_the_server(shared_data_dir: Path) -> None:
    with run_app(shared_data_dir) as (process, pid), embedded.run_server(shared_data_dir) as server:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate()
        assert process.returncode == -signal.SIGINT
        assert is_alive(pid, shared_data_dir)
        assert query(server, "SELECT 1") == 1


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_the_last_app_stops_the_server(shared_data_dir: Path, ending: signal.Signals) -> None:
    with run_app(shared_data_dir) as (process, pid):
        os.killpg(process.pid, ending)
        process.communicate()
        assert not is_alive(pid, shared_data_dir)


def test_connected_client_does_not_delay_the_stop(shared_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOP_TIMEOUT_SECONDS", 5.0)

    async def stop_under_a_client() -> None:
        server = embedded.start_server(shared_data_dir)
        connection = await asyncpg.connect(server.url)
        server.stop()
        connection.terminate()

    asyncio.run(stop_under_a_client())


def test_server_is_shared_without_proc(shared_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "PROC_DIR", Path("/nowhere"))  # as on macOS
    with embedded.run_server(shared_data_dir) as server, embedded.run_server(shared_data_dir) as second:
        assert second.pid == server.pid
    monkeypatch.undo()
    assert not is_alive(server.pid, shared_data_dir)
