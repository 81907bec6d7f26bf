"""Start the postmaster, recognise the processes of a server, and check that it accepts connections."""

import contextlib
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, NamedTuple

from app.core.embedded import installation

PORT = 5432  # part of the socket's name; the server does not listen on TCP
SOCKET_NAME = f".s.PGSQL.{PORT}"
RESPONSE_TIMEOUT_SECONDS = 5.0
QUERY_TIMEOUT_SECONDS = 60.0
PROC_DIR = Path("/proc")

CANNOT_CONNECT_NOW = "57P03"
INVALID_CATALOG_NAME = "3D000"
TOO_MANY_CONNECTIONS = "53300"


class PidFile(NamedTuple):
    """The used lines of `postmaster.pid`."""

    pid: int
    socket_dir: Path
    status: str


def start_postmaster(
    cluster: Path, socket_dir: Path, binaries: installation.Binaries, account: installation.Account, log: int
) -> subprocess.Popen[bytes]:
    """Start a postmaster that listens only on a socket in `socket_dir`; do not wait until it is ready.

    `log`: the file descriptor to which it writes its log.
    """
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "port": str(PORT),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
        "log_error_verbosity": "terse",  # otherwise rejected rows, with personal data, would be logged
        "max_connections": "500",  # for two dozen workers; unused ones cost almost nothing
    }
    if sys.platform == "linux":
        settings["recovery_init_sync_method"] = "syncfs"  # after a crash: one sync instead of a thousand
    return subprocess.Popen(
        [
            binaries.bin_dir / "postgres",
            *("-D", cluster),
            *(f"--{name}={value}" for name, value in settings.items()),
        ],
        cwd=cluster,
        env=installation.build_environment(),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        umask=0o077,
        start_new_session=True,  # Ctrl-C in a terminal must not reach the server
        user=account.uid,
        group=account.gid,
        extra_groups=account.extra_groups,
    )


def read_pid_file(cluster: Path) -> PidFile | None:
    """Read the cluster's `postmaster.pid`; None if it is absent, or incomplete because it is being written."""
    try:
        lines = os.fsdecode((cluster / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return None
    return PidFile(int(lines[0]), Path(lines[4]), lines[7].strip()) if len(lines) >= 8 else None


def is_server_process(pid: int, cluster: Path) -> bool:
    """Return whether `pid` is a living postmaster or backend of this cluster; without /proc, any living process.

    They all have the cluster as their working directory. A zombie has no working directory, and a process that has
    reused the pid of a dead server has another one.
    """
    if not _has_proc():
        return _process_exists(pid)
    try:
        is_in_cluster = os.path.samefile(PROC_DIR / str(pid) / "cwd", cluster)
        # The program's name excludes a shell with this working directory.
        return is_in_cluster and (PROC_DIR / str(pid) / "comm").read_text() == "postgres\n"
    except OSError:
        return False


def read_live_pid_file(cluster: Path) -> PidFile | None:
    """Read the cluster's pid file; None if it is absent or was left behind by a dead server."""
    pid_file = read_pid_file(cluster)
    return pid_file if pid_file and is_server_process(pid_file.pid, cluster) else None


def is_listening(socket_dir: Path) -> bool:
    """Return whether a process listens on the server's socket; it may run in another container."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(RESPONSE_TIMEOUT_SECONDS)
        try:
            connection.connect(str(socket_dir / SOCKET_NAME))
        except OSError:
            return False
        return True


def list_server_processes(cluster: Path) -> list[int]:
    """List the ids of the cluster's living processes, also those that outlived the postmaster; empty without /proc."""
    if not _has_proc():
        return []
    pids = [int(entry.name) for entry in PROC_DIR.iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if is_server_process(pid, cluster)]


def ensure_database(socket_dir: Path, name: str) -> bool:
    """Create the database `name` if it is missing; return False if the server does not accept connections yet.

    Raises:
        EmbeddedError: The server rejected the connection for another reason than that it is starting.
    """
    try:
        state = _connect_and_run(socket_dir, name, name)
        if state == INVALID_CATALOG_NAME:
            # template0 accepts no connections, and a connection to the template would make CREATE DATABASE fail.
            state = _connect_and_run(socket_dir, name, "postgres", f"CREATE DATABASE {name} TEMPLATE template0")
    except OSError:
        return False
    if state in ("", TOO_MANY_CONNECTIONS):
        return True
    if state == CANNOT_CONNECT_NOW:
        return False
    raise installation.EmbeddedError(
        f"The server in {socket_dir} does not let {name} into its database (SQLSTATE {state})."
    )


def _connect_and_run(socket_dir: Path, user: str, database: str, sql: str = "") -> str:
    """Connect to the server's socket, run `sql` if given, and return the SQLSTATE of an error, or "" for success.

    These few lines of the wire protocol (unchanged since Postgres 7.4) replace a client program, which not every server
    package contains and which would take longer to start.
    """
    login = f"user\0{user}\0database\0{database}\0\0".encode()
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.settimeout(RESPONSE_TIMEOUT_SECONDS)
        connection.connect(str(socket_dir / SOCKET_NAME))
        connection.sendall(struct.pack("!ii", len(login) + 8, 3 << 16) + login)
        with connection.makefile("rb") as messages:
            sqlstate = _read_sqlstate(messages)
            if sqlstate or not sql:
                return sqlstate
            connection.settimeout(QUERY_TIMEOUT_SECONDS)
            connection.sendall(b"Q" + struct.pack("!i", len(sql.encode()) + 5) + sql.encode() + b"\0")
            return _read_sqlstate(messages)


def _read_sqlstate(messages: BinaryIO) -> str:
    """Read server messages up to an error, and return its SQLSTATE, or "" once the server awaits a query."""
    while header := messages.read(5):
        kind, size = struct.unpack("!ci", header)
        body = messages.read(size - 4)
        if kind == b"E":
            fields = {field[:1]: field[1:] for field in body.split(b"\0")}
            return fields[b"C"].decode()
        if kind == b"Z":
            return ""
    raise ConnectionError("the server closed the connection without a response")


def _has_proc() -> bool:
    """Return whether the system has /proc."""
    # macOS has no /proc: there a pid file counts as valid while its process exists; Postgres itself checks the rest.
    return (PROC_DIR / "self" / "cwd").exists()


def _process_exists(pid: int) -> bool:
    """Return whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
