"""The embedded PostgreSQL server: started on first use, shared by all processes that use it, stopped by the last.

A data directory holds everything: the cluster (`pg`), the socket's private directory, the log, and two lock
files. `start.lock` is held while a process starts or stops the server. `users.lock` is held shared by each user
for as long as it lives, so the kernel keeps the reference count, also through kill -9: whoever can turn its
shared lock into an exclusive one is the last user and stops the server.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from app.core.embedded import directories, installation, postmaster

Binaries = installation.Binaries
EmbeddedError = installation.EmbeddedError
find_binaries = installation.find_binaries

NAME = "rakornas"  # of the superuser and of the database
LOG_LIMIT = 5 * 1024 * 1024
POLL = 0.01
START_PATIENCE = 120.0  # crash recovery may take its time
STOP_PATIENCE = 60.0  # as long as pg_ctl waits
ORPHAN_PATIENCE = 10.0


def default_data_dir() -> Path:
    """Where the data live unless the operator says otherwise: the user's data directory, or root's system one."""
    if os.geteuid() == 0:
        return Path("/var/lib/rakornas")
    return platformdirs.user_data_path("rakornas", appauthor=False)


def start(data_dir: Path) -> "EmbeddedPostgres":
    """Start the server on `data_dir`, or join the one that runs there already; EmbeddedError if that fails."""
    try:
        return EmbeddedPostgres(data_dir)
    except OSError as error:
        raise EmbeddedError(
            f"The embedded Postgres cannot use {error.filename or data_dir}: {error.strerror or error}. Make it "
            "accessible, choose another directory (--data-dir, RAKORNAS_DATA_DIR), or set DATABASE_URL to a "
            "server of your own."
        ) from error


@contextlib.contextmanager
def running(data_dir: Path) -> Iterator["EmbeddedPostgres"]:
    """`start`, and `stop` at the end, also when the end is a SIGTERM."""
    with _unwinding_on_sigterm():
        server = start(data_dir)
        try:
            yield server
        finally:
            server.stop()


class EmbeddedPostgres:
    """One use of the server on a data directory: from `start` until `stop`, or until this process ends."""

    pid: int
    """The postmaster's process."""
    url: str
    """For libpq and asyncpg: postgresql://rakornas@/rakornas?host=<socket directory>&port=5432."""
    binaries: Binaries
    """The installation found for this process; a server that ran already may run from another one."""

    def __init__(self, data_dir: Path) -> None:
        self.binaries = find_binaries()
        self._data_dir = data_dir.expanduser().resolve()
        self._cluster = self._data_dir / "pg"
        self._log = self._data_dir / "postgres.log"
        self._account = installation.server_account(self._cluster)
        directories.require_open_way(self._data_dir, self._account)
        directories.make_data_dir(self._data_dir)
        self._child: subprocess.Popen[bytes] | None = None
        # Neither lock reaches the postmaster: Python opens files close-on-exec.
        self._start_lock = _open(self._data_dir / "start.lock")
        self._users_lock = _open(self._data_dir / "users.lock")
        with self._holding_start_lock():
            # Nobody waits here: an exclusive lock is only ever asked for under start.lock.
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
            try:
                server = self._server()
            except BaseException:
                self._leave()
                raise
        self.pid = server.pid
        host = urllib.parse.quote(os.fsencode(server.socket_dir))
        # The port only names the socket; said here, a PGPORT of the environment cannot change it.
        self.url = f"postgresql://{NAME}@/{NAME}?host={host}&port={postmaster.PORT}"

    def stop(self) -> None:
        """Stop using the server. The last user of all processes shuts it down and waits for its end."""
        if self._users_lock >= 0:
            with self._holding_start_lock():
                self._leave()

    @contextlib.contextmanager
    def _holding_start_lock(self) -> Iterator[None]:
        fcntl.flock(self._start_lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._start_lock, fcntl.LOCK_UN)
            if self._users_lock < 0:
                os.close(self._start_lock)

    def _leave(self) -> None:
        try:
            # flock's upgrade lets go of the shared lock for a moment: start.lock keeps everybody else out.
            fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._child is not None:
                self._child.returncode = 0  # left running on purpose: Popen shall not warn of it
        else:
            self._shut_down()
        finally:
            os.close(self._users_lock)
            self._users_lock = -1

    def _shut_down(self) -> None:
        if (pid := self._postmaster_pid()) is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)  # the fast shutdown
        deadline = time.monotonic() + STOP_PATIENCE
        while self._is_alive():
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The server on {self._cluster} has not stopped within {STOP_PATIENCE:.0f} s. See the end of "
                    f"{self._log}; `kill -QUIT {pid}` ends it at once."
                )
            time.sleep(POLL)

    def _postmaster_pid(self) -> int | None:
        # A child of ours is known before it has written its pid file, and poll() buries it when it is dead.
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        served = postmaster.serving(self._cluster)
        return served.pid if served else None

    def _server(self) -> postmaster.PidFile:
        if not self._cluster.exists():
            directories.create(self._cluster, self._runnable_binaries(), self._account, NAME)
        directories.require_major(self._cluster, self.binaries)
        return self._answer() or self._launch()

    def _is_alive(self) -> bool:
        # The pid file comes a moment after the postmaster's start, and goes a moment before its end.
        return self._postmaster_pid() is not None or bool(postmaster.server_processes(self._cluster))

    def _runnable_binaries(self) -> Binaries:
        self.binaries = installation.runnable_by(self._account, self.binaries, self._data_dir / "binaries")
        return self.binaries

    def _answer(self) -> postmaster.PidFile | None:
        """Wait until the server answers; None when there is none, or once it has ended (it was stopping)."""
        began = time.monotonic()
        while self._is_alive():
            served = postmaster.serving(self._cluster)
            if served and served.status == "ready" and postmaster.has_database(served.socket_dir, NAME):
                return served
            waited = time.monotonic() - began
            if waited > ORPHAN_PATIENCE and self._postmaster_pid() is None:
                pids = " ".join(map(str, postmaster.server_processes(self._cluster)))
                raise EmbeddedError(
                    f"Processes of a server that was killed still use {self._cluster}. End them with `kill {pids}` "
                    "and start again."
                )
            if waited > START_PATIENCE:
                raise EmbeddedError(
                    f"The server on {self._cluster} has not become ready within {START_PATIENCE:.0f} s. See the "
                    f"end of {self._log}."
                )
            time.sleep(POLL)
        return None

    def _launch(self) -> postmaster.PidFile:
        binaries = self._runnable_binaries()
        socket_dir = directories.made_socket_dir(self._data_dir, self._account)
        self._clear_away_dead_server(socket_dir)
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))
        log = _open(self._log)
        try:
            earlier = os.fstat(log).st_size
            self._child = postmaster.spawn(self._cluster, socket_dir, binaries, self._account, log)
        finally:
            os.close(log)
        if answer := self._answer():
            return answer
        with self._log.open("rb") as lines:
            lines.seek(earlier)
            reason = directories.last_lines(lines.read().decode(errors="replace"))
        raise EmbeddedError(f"The server on {self._cluster} does not start (log: {self._log}):\n{reason}")

    def _clear_away_dead_server(self, socket_dir: Path) -> None:
        if postmaster.is_listening(socket_dir):
            raise EmbeddedError(
                f"{self._cluster} is served by a process that cannot be seen from here, probably in another "
                "container. Stop it, or use another data directory: two servers on one would destroy it."
            )
        # Postgres itself sees through the pid of nobody in these, but not through one that by now belongs to another
        # process or a zombie, nor through a file left empty by a power cut.
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)
        (socket_dir / f"{postmaster.SOCKET_NAME}.lock").unlink(missing_ok=True)


def _open(path: Path) -> int:
    # O_NOFOLLOW: root may be working in a directory of somebody else.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def _unwinding_on_sigterm() -> Iterator[None]:
    """Let SIGTERM (`kill`, `docker stop`) run every `finally`, as Ctrl-C does, unless somebody handles it."""
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
