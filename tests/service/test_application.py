"""The application of a worker, without the process."""

import gc
import multiprocessing
import os
import signal
import threading

import pytest
from fastapi import FastAPI

from app import main, serving
from app.core import telemetry


class Parent:
    """A stub of a process, which ends when the test says so."""

    def __init__(self) -> None:
        self.ended = threading.Event()

    def join(self) -> None:
        self.ended.wait()


@pytest.mark.parametrize("has_parent", [True, False])
def test_worker_ends_with_its_parent(has_parent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise it would keep the port and continue to serve."""
    parent, before, killed = Parent(), threading.active_count(), list[tuple[int, int]]()
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: parent if has_parent else None)
    monkeypatch.setattr(os, "kill", lambda *arguments: killed.append(arguments))
    monkeypatch.setattr(main, "create_app", lambda _: FastAPI())
    monkeypatch.setattr(telemetry, "configure_logging", lambda _: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    serving.create_worker_app()
    watchers = [item for item in threading.enumerate() if item.name.endswith("(_stop_with_parent)")]
    assert (len(watchers), killed) == (int(has_parent), [])
    assert threading.active_count() == before + len(watchers)
    parent.ended.set()
    for item in watchers:
        item.join()
    assert killed == [(os.getpid(), signal.SIGTERM)] * len(watchers)
