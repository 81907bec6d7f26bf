"""The reaction to SIGTERM and the environment of this process while it uses the embedded server."""

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator

LIBPQ_VARIABLE = re.compile("PG[A-Z]+")  # unlike PG_BIN, which is ours


@contextlib.contextmanager
def without_libpq_variables() -> Iterator[None]:
    """Remove the variables of libpq, which asyncpg reads too, from the environment while the block runs."""
    removed = {name: os.environ.pop(name) for name in list(os.environ) if LIBPQ_VARIABLE.fullmatch(name)}
    try:
        yield
    finally:
        os.environ.update(removed)


_sigterm_received = threading.Event()


def repeat_lost_sigterm() -> None:
    """Raise SIGTERM again if `exit_on_sigterm` received it and the process still runs.

    Python ignores an exception that a signal handler raises within a finalizer (`__del__`).
    """
    if _sigterm_received.is_set():
        signal.raise_signal(signal.SIGTERM)


def _exit(number: int, _frame: object) -> None:
    """Exit with the status of a process that this signal has ended."""
    _sigterm_received.set()
    sys.exit(128 + number)


@contextlib.contextmanager
def exit_on_sigterm() -> Iterator[None]:
    """Make SIGTERM raise SystemExit while the block runs, so that `finally` runs; keep an existing handler."""
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    _sigterm_received.clear()
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
