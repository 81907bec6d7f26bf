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

DATABASE_NAME = "rakornas"  # of the superuser and of the database
MAX_LOG_BYTES = 5 * 1024 * 1024
POLL_INTERVAL_SECONDS = 0.01
START_TIMEOUT_SECONDS = 120.0  # crash recovery may take its time
STOP_TIMEOUT_SECONDS = 60.0  # as long as pg_ctl waits
ORPHAN_TIMEOUT_SECONDS = 10.0


def default_data_dir() -> Path:
    """Where the data live unless the operator says otherwise: the user's data directory, or root's system one."""
    if os.geteuid() == 0:
        return Path("/var/lib/rakornas")
    return platformdirs.user_data_path("rakornas", appauthor=False)


def start_server(data_dir: Path) -> "EmbeddedPostgres":
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
def run_server(data_dir: Path) -> Iterator["EmbeddedPostgres"]:
    """`start`, and `stop` at the end, also when the end is a SIGTERM."""
    with _exit_on_sigterm():
        server = start_server(data_dir)
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
        self._cluster_dir = self._data_dir / "pg"
        self._log_path = self._data_dir / "postgres.log"
        self._account = installation.choose_server_account(self._cluster_dir)
        directories.require_access(self._data_dir, self._account)
        directories.create_data_dir(self._data_dir)
        self._child: subprocess.Popen[bytes] | None = None
        # Neither lock reaches the postmaster: Python opens files close-on-exec.
        self._start_lock = _open_private_file(self._data_dir / "start.lock")
        self._users_lock = _open_private_file(self._data_dir / "users.lock")
        with self._locked_for_start():
            # Nobody waits here: an exclusive lock is only ever asked for under start.lock.
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
            try:
                server = self._join_or_start()
            except BaseException:
                self._release_users_lock()
                raise
        self.pid = server.pid
        host = urllib.parse.quote(os.fsencode(server.socket_dir))
        # The port only names the socket; said here, a PGPORT of the environment cannot change it.
        self.url = f"postgresql://{DATABASE_NAME}@/{DATABASE_NAME}?host={host}&port={postmaster.PORT}"

    def stop(self) -> None:
        """Stop using the server. The last user of all processes shuts it down and waits for its end."""
        if self._users_lock >= 0:
            with self._locked_for_start():
                self._release_users_lock()

    @contextlib.contextmanager
    def _locked_for_start(self) -> Iterator[None]:
        fcntl.flock(self._start_lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._start_lock, fcntl.LOCK_UN)
            if self._users_lock < 0:
                os.close(self._start_lock)

    def _release_users_lock(self) -> None:
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
        if (pid := self._find_postmaster_pid()) is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)  # the fast shutdown
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while self._is_server_alive():
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The server on {self._cluster_dir} has not stopped within {STOP_TIMEOUT_SECONDS:.0f} s. "
                    f"See the end of {self._log_path}; `kill -QUIT {pid}` ends it at once."
                )
            time.sleep(POLL_INTERVAL_SECONDS)

    def _find_postmaster_pid(self) -> int | None:
        # A child of ours is known before it has written its pid file, and poll() buries it when it is dead.
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        served = postmaster.read_live_pid_file(self._cluster_dir)
        return served.pid if served else None

    def _join_or_start(self) -> postmaster.PidFile:
        if not self._cluster_dir.exists():
            directories.create_cluster(self._cluster_dir, self._find_runnable_binaries(), self._account, DATABASE_NAME)
        directories.require_major(self._cluster_dir, self.binaries)
        return self._wait_until_ready() or self._start_postmaster()

    def _is_server_alive(self) -> bool:
        # The pid file comes a moment after the postmaster's start, and goes a moment before its end.
        return self._find_postmaster_pid() is not None or bool(postmaster.list_server_processes(self._cluster_dir))

    def _find_runnable_binaries(self) -> Binaries:
        self.binaries = installation.ensure_runnable(self._account, self.binaries, self._data_dir / "binaries")
        return self.binaries

    def _wait_until_ready(self) -> postmaster.PidFile | None:
        """Wait until the server answers; None when there is none, or once it has ended (it was stopping)."""
        began = time.monotonic()
        while self._is_server_alive():
            served = postmaster.read_live_pid_file(self._cluster_dir)
            if served and served.status == "ready" and postmaster.ensure_database(served.socket_dir, DATABASE_NAME):
                return served
            waited = time.monotonic() - began
            if waited > ORPHAN_TIMEOUT_SECONDS and self._find_postmaster_pid() is None:
                pids = " ".join(map(str, postmaster.list_server_processes(self._cluster_dir)))
                raise EmbeddedError(
                    f"Processes of a server that was killed still use {self._cluster_dir}. End them with `kill {pids}` "
                    "and start again."
                )
            if waited > START_TIMEOUT_SECONDS:
                raise EmbeddedError(
                    f"The server on {self._cluster_dir} has not become ready within {START_TIMEOUT_SECONDS:.0f} s. "
                    f"See the end of {self._log_path}."
                )
            time.sleep(POLL_INTERVAL_SECONDS)
        return None

    def _start_postmaster(self) -> postmaster.PidFile:
        binaries = self._find_runnable_binaries()
        socket_dir = directories.create_socket_dir(self._data_dir, self._account)
        self._remove_stale_files(socket_dir)
        if self._log_path.exists() and self._log_path.stat().st_size > MAX_LOG_BYTES:
            self._log_path.replace(self._log_path.with_suffix(".log.1"))
        log = _open_private_file(self._log_path)
        try:
            earlier = os.fstat(log).st_size
            self._child = postmaster.start_postmaster(self._cluster_dir, socket_dir, binaries, self._account, log)
        finally:
            os.close(log)
        if answer := self._wait_until_ready():
            return answer
        with self._log_path.open("rb") as lines:
            lines.seek(earlier)
            reason = directories.last_lines(lines.read().decode(errors="replace"))
        raise EmbeddedError(f"The server on {self._cluster_dir} does not start (log: {self._log_path}):\n{reason}")

    def _remove_stale_files(self, socket_dir: Path) -> None:
        if postmaster.is_listening(socket_dir):
            raise EmbeddedError(
                f"{self._cluster_dir} is served by a process that cannot be seen from here, probably in another "
                "container. Stop it, or use another data directory: two servers on one would destroy it."
            )
        # Postgres itself sees through the pid of nobody in these, but not through one that by now belongs to another
        # process or a zombie, nor through a file left empty by a power cut.
        (self._cluster_dir / "postmaster.pid").unlink(missing_ok=True)
        (socket_dir / f"{postmaster.SOCKET_NAME}.lock").unlink(missing_ok=True)


def _open_private_file(path: Path) -> int:
    # O_NOFOLLOW: root may be working in a directory of somebody else.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def _exit_on_sigterm() -> Iterator[None]:
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
