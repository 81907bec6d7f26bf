"""The directories of the embedded PostgreSQL server: its data directory, its cluster, its socket's directory."""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from app.core.embedded import installation, postmaster

MAX_SOCKET_PATH_BYTES = 100  # bytes; operating systems take 104 to 108
UNFINISHED_PREFIX = "pg.new-"


def create_data_dir(path: Path) -> None:
    """Make the data directory, and what is missing above it."""
    if path.is_dir():
        return
    if path.exists():
        raise installation.EmbeddedError(f"{path} is a file; the embedded Postgres needs a directory for its data.")
    create_data_dir(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        path.chmod(0o711)  # the server, which is not root, must pass through; it need not look around


def require_access(data_dir: Path, account: installation.Account) -> None:
    """Root's server runs as another user, who must reach the data. Directories that are not ours stay as they are."""
    nearest = next(path for path in (data_dir, *data_dir.parents) if path.is_dir())
    if closed := installation.find_closed_directory(nearest, account):
        raise installation.EmbeddedError(
            f"The user {account.name}, who runs the server because root may not, cannot enter {closed}. Choose "
            "another directory (--data-dir, RAKORNAS_DATA_DIR), or let that user pass (`chmod o+x`)."
        )


def create_cluster(
    cluster: Path, binaries: installation.Binaries, account: installation.Account, superuser: str
) -> None:
    """Make a new cluster, whole or not at all: initdb works beside it, and its result is renamed.

    A power cut within the first half minute must not leave a cluster that is there but broken, together with what
    was written since: so the files reach the disk before the rename. initdb would sync its thousand files one by
    one, which takes seconds where the disk is slow; one sync for all takes some 0.03 s.
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
        reason = last_lines(result.stderr or result.stdout)
        raise installation.EmbeddedError(f"A new Postgres cluster cannot be made in {cluster.parent}:\n{reason}")
    os.sync()
    new_cluster.rename(cluster)
    _sync_directory(cluster.parent)


def _locale_options(major: int) -> list[str]:
    # The collation is the same on every machine. The C library's C.UTF-8 stays for LC_CTYPE: with plain C there,
    # pg_trgm passes over every letter that is not ASCII.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    return [*builtin, "--locale=C.UTF-8"]


def _sync_directory(directory: Path) -> None:
    # Otherwise a power cut may undo the rename, and take along what has been committed since.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_major(cluster: Path, binaries: installation.Binaries) -> None:
    """A cluster is only readable to the major version that made it."""
    try:
        cluster_major = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise installation.EmbeddedError(
            f"{cluster} is not a Postgres cluster (it has no PG_VERSION). Move it away, or choose another "
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
    """A private directory for the socket: in the data directory, or where the path is short enough."""
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
            f"{path}, where the server's socket belongs, is not a private directory (0700) of uid {owner}. "
            "Somebody else may have put it there; remove it."
        )
    return path


def _list_socket_dirs(data_dir: Path) -> list[Path]:
    name = f"rakornas-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    short_paths = [Path("/tmp") / name]  # noqa: S108 -- a private directory, whose owner is checked
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.geteuid() != 0 and os.access(runtime, os.W_OK | os.X_OK):
        short_paths.insert(0, Path(runtime) / name)
    return [data_dir / "socket", *short_paths]


def _is_valid_socket_dir(socket_dir: Path) -> bool:
    # A comma or colon would read as a list of hosts or a port in the clients' addresses.
    return (
        not set(",:") & set(str(socket_dir))
        and len(os.fsencode(socket_dir / postmaster.SOCKET_NAME)) < MAX_SOCKET_PATH_BYTES
    )


def last_lines(output: str) -> str:
    """The end of a program's output, where it says why it gave up."""
    return "\n".join(output.strip().splitlines()[-10:])
