"""Mark the data directories that a running service uses, and find them.

The mark is a lock, so the kernel removes it with its process, even after a kill -9.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from app.core.embedded import postmaster

LOCK_NAME = "service.lock"


@contextlib.contextmanager
def mark_as_served(data_dir: Path) -> Iterator[None]:
    """Mark a data directory as used by a running service while the block runs. Several services may do so."""
    # O_NOFOLLOW: root may be working in a directory of another user, who could place a symbolic link there.
    descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def list_served_data_dirs() -> list[Path]:
    """List the data directories of running services that this user can see; empty without /proc."""
    if not (postmaster.PROC_DIR / "self" / "cwd").exists():
        return []
    entries = [entry for entry in postmaster.PROC_DIR.iterdir() if entry.name.isdecimal()]
    clusters = {cluster for entry in entries if (cluster := _find_cluster_dir(entry)) is not None}
    return sorted(cluster.parent for cluster in clusters if _is_served(cluster.parent))


def _find_cluster_dir(process: Path) -> Path | None:
    """Return the working directory of a process of an embedded server, which is its cluster; None for others."""
    try:
        if (process / "comm").read_text() != "postgres\n":
            return None
        cluster = (process / "cwd").readlink()
    except OSError:  # it has ended, or belongs to another user
        return None
    return cluster if cluster.name == "pg" else None


def _is_served(data_dir: Path) -> bool:
    """Return whether a service has locked its mark in the data directory."""
    try:
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
