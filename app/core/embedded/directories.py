"""Create and check the directories of the embedded PostgreSQL server: for data, cluster and socket."""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from app.core.embedded import installation, postmaster

MAX_SOCKET_PATH_BYTES = 100  # operating systems allow 104 to 108
UNFINISHED_PREFIX = "pg.new-"


def create_data_dir(path: Path) -> None:
    """Create the data directory and missing parents, mode 0700 (0711 as root); EmbeddedError if it is a file."""
    if path.is_dir():
        return
    if path.exists():
        raise installation.EmbeddedError(f"{path} is a file; the embedded PostgreSQL needs a directory for its data.")
    create_data_dir(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        path.chmod(0o711)  # the server does not run as root: it must enter, but need not list


def require_access(data_dir: Path, account: installation.Account) -> None:
    """Raise EmbeddedError if the server's account cannot enter the data directory or one above it.

    If root starts the server, it runs as another user. The mode of existing directories is not changed.
    """
    nearest = next(path for path in (data_dir, *data_dir.parents) if path.is_dir())
    if closed := installation.find_closed_directory(nearest, account):
        raise installation.EmbeddedError(
            f"The server runs as the user {account.name}, because it must not run as root. That user cannot enter "
            f"{closed}. Choose another directory (--data-dir, RAKORNAS_DATA_DIR), or let that user enter (`chmod o+x`)."
        )


def create_cluster(
    cluster: Path, binaries: installation.Binaries, account: installation.Account, superuser: str
) -> None:
    """Remove unfinished clusters and run initdb for a new one, complete or not at all: it is renamed at the end.

    The files are synced to disk before the rename. Otherwise a power cut within the first half minute could leave a
    broken cluster and lose what was written to it. initdb would sync its thousand files one by one, which takes seconds
    on a slow disk; one sync for all takes some 0.03 s.
    """
    for unfinished in cluster.parent.glob(f"{UNFINISHED_PREFIX}*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    new_cluster = Path(tempfile.mkdtemp(prefix=UNFINISHED_PREFIX, dir=cluster.parent))
    if account.uid is not None and account.gid is not None:
        os.chown(new_cluster, account.uid, account.gid)
    result = subprocess.run(
        [
            binaries.bin_dir / "initdb",
            *("-D", str(new_cluster), f"--username={superuser}", "--encoding=UTF8", *_locale_options(binaries.major)),
            *("--auth=trust", "--no-instructions", "--no-sync"),
        ],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=cluster.parent,
        env=installation.build_environment(),
        user=account.uid,
        group=account.gid,
        extra_groups=account.extra_groups,
    )
    if result.returncode != 0:
        shutil.rmtree(new_cluster, ignore_errors=True)
        reason = get_last_lines(result.stderr or result.stdout)
        raise installation.EmbeddedError(f"A new PostgreSQL cluster cannot be created in {cluster.parent}:\n{reason}")
    os.sync()
    new_cluster.rename(cluster)
    _sync_directory(cluster.parent)


def _locale_options(major: int) -> list[str]:
    """Return the locale options of initdb for this major version of Postgres."""
    # The collation must be the same on every machine. LC_CTYPE is the C library's C.UTF-8, because with plain C pg_trgm
    # ignores every letter that is not ASCII.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    return [*builtin, "--locale=C.UTF-8"]


def _sync_directory(directory: Path) -> None:
    """Write the entries of a directory to disk with fsync."""
    # Otherwise a power cut could undo the rename and lose what was committed since.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_same_major_version(cluster: Path, binaries: installation.Binaries) -> None:
    """Raise EmbeddedError unless the directory is a cluster of the same major version as the binaries."""
    try:
        cluster_major = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise installation.EmbeddedError(
            f"{cluster} is not a PostgreSQL cluster (it has no PG_VERSION). Move it away, or choose another "
            "directory (--data-dir, RAKORNAS_DATA_DIR)."
        ) from None
    if cluster_major != str(binaries.major):
        raise installation.EmbeddedError(
            f"{cluster} was created by PostgreSQL {cluster_major}, but {binaries.bin_dir} is PostgreSQL "
            f"{binaries.major}. Set PG_BIN to the binaries of PostgreSQL {cluster_major}, or start with an empty "
            "directory (--data-dir, RAKORNAS_DATA_DIR). To keep the data, dump it with the old version and load it "
            "with the new one."
        )


def create_socket_dir(data_dir: Path, account: installation.Account) -> Path:
    """Return the socket's private directory, created if missing; EmbeddedError if others can access it.

    It is in the data directory, unless the path would be too long for a socket.
    """
    path = next(path for path in _list_socket_dirs(data_dir) if _is_valid_socket_dir(path))
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if status.st_uid == os.geteuid() and account.uid is not None and account.gid is not None:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
        status = path.lstat()
    owner = os.geteuid() if account.uid is None else account.uid
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or stat.S_IMODE(status.st_mode) & 0o077:
        raise installation.EmbeddedError(
            f"{path}, the directory for the server's socket, is not a private directory (0700) of uid {owner}. "
            "Another user may have created it; remove it."
        )
    return path


def _list_socket_dirs(data_dir: Path) -> list[Path]:
    """List the candidates for the socket's directory: in the data directory, then at shorter paths."""
    name = f"rakornas-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    short_paths = [Path("/tmp") / name]  # noqa: S108 -- a private directory; its owner is checked
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.geteuid() != 0 and os.access(runtime, os.W_OK | os.X_OK):
        short_paths.insert(0, Path(runtime) / name)
    return [data_dir / "socket", *short_paths]


def _is_valid_socket_dir(socket_dir: Path) -> bool:
    """Return whether the socket's path in this directory is short enough and has no comma or colon."""
    # In a client's URL a comma would mean a list of hosts, and a colon a port.
    return (
        not set(",:") & set(str(socket_dir))
        and len(os.fsencode(socket_dir / postmaster.SOCKET_NAME)) < MAX_SOCKET_PATH_BYTES
    )


def get_last_lines(output: str) -> str:
    """Return the last ten lines of a program's output, to quote them in an error message."""
    return "\n".join(output.strip().splitlines()[-10:])
