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
from tests.core.embedded.processes import APP, CHECKOUT, app, ask, lives


def test_the_last_of_several_processes_stops_the_server(shared: Path) -> None:
    with embedded.run_server(shared) as server:
        with app(shared) as (_, pid):
            assert pid == server.pid
        assert lives(server.pid, shared)
        assert ask(server, "SELECT 1") == 1
    assert not lives(server.pid, shared)


def test_the_one_that_started_the_server_may_leave_first(shared: Path) -> None:
    first = embedded.start_server(shared)
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


def test_ctrl_c_reaches_the_app_but_not_the_server(shared: Path) -> None:
    with app(shared) as (process, pid), embedded.run_server(shared) as server:
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
    monkeypatch.setattr(embedded, "STOP_TIMEOUT_SECONDS", 5.0)

    async def stop_under_a_client() -> None:
        server = embedded.start_server(shared)
        connection = await asyncpg.connect(server.url)
        server.stop()
        connection.terminate()

    asyncio.run(stop_under_a_client())


def test_without_proc_a_server_is_still_shared(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "PROC_DIR", Path("/nowhere"))  # as on macOS
    with embedded.run_server(shared) as server, embedded.run_server(shared) as second:
        assert second.pid == server.pid
    monkeypatch.undo()
    assert not lives(server.pid, shared)
