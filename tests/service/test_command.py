"""What the command says to its operator: what it did, or in one sentence why it cannot."""

import os
import re
import socket
import subprocess
from typing import Any

import pytest

from app import operations, serving
from app.reference.loader import SHIPPED
from tests.conftest import fetch_value
from tests.service.conftest import invoke, reachable_directory, run

UNREACHABLE = "postgresql://rakornas@127.0.0.1:1/rakornas"


@pytest.fixture(autouse=True)
def _nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """What should be refused and is not would be served for ever."""
    monkeypatch.setattr(serving, "run_server", lambda *_: pytest.fail("it serves"))


def check_refused(*arguments: str, saying: str, **changes: str) -> None:
    check_told(invoke(*arguments, **changes), saying)


def check_told(ended: "subprocess.CompletedProcess[str]", saying: str) -> None:
    """One sentence for the operator, on standard error, and exit code 1."""
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert saying in ended.stderr


def test_port_in_use() -> None:
    """Here in a process of its own, for all the others: nothing else stands on its standard error."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = run("serve", "--port", port, DATABASE_URL=UNREACHABLE)
    check_told(ended, f"port {port}: Address already in use")


def test_directories_that_do_not_serve() -> None:
    with reachable_directory() as directory:
        (directory / "other" / "pg").mkdir(parents=True)
        (directory / "other" / "pg" / "PG_VERSION").write_text("9\n")
        check_refused("serve", "--port", "0", "--data-dir", f"{directory}/other", saying="was created by PostgreSQL 9")
        (directory / "file").touch()
        check_refused("serve", "--port", "0", "--data-dir", f"{directory}/file", saying="is a file")
        directory.chmod(0o700 if os.geteuid() == 0 else 0o500)
        check_refused("serve", "--port", "0", "--data-dir", f"{directory}/data", saying=str(directory))
        assert not (directory / "data").exists()


@pytest.mark.parametrize("command", ["serve", "load"])
def test_a_database_that_is_not_there(command: str) -> None:
    check_refused(
        command, *(["--port", "0"] if command == "serve" else []), saying="DATABASE_URL", DATABASE_URL=UNREACHABLE
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("POOL_SIZE", "many"), ("TIME_ZONE", "Nowhere/Nothing"), ("LOG_LEVEL", "loud")],
)
def test_a_setting_that_is_wrong(loaded_url: str, name: str, value: str) -> None:
    wrong = f"RAKORNAS_{name}"
    check_refused("serve", "--port", "0", "--database-url", loaded_url, saying=wrong, **{wrong: value})


async def test_a_database_of_ones_own(bare_url: str) -> None:
    """Not migrated, migrated, migrated again; loaded, and loaded again."""
    at = ("--database-url", bare_url)
    check_refused("serve", "--port", "0", *at, saying="run `rakornas migrate`")

    first, second = invoke("migrate", *at), invoke("migrate", *at)
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    assert re.fullmatch(r"Migrated from nothing to [0-9]{4}\.\n", first.stdout)
    assert re.fullmatch(r"The schema is at [0-9]{4}\.\n", second.stdout)

    first, second = invoke("load", *at), invoke("load", *at)
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    inserted, updated, unchanged = totals(first.stdout)
    assert inserted > 1000
    assert (updated, unchanged) == (0, 0)
    assert totals(second.stdout) == (0, 0, inserted)


async def test_migrated_on_the_way(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[Any, ...]] = []
    monkeypatch.setattr(serving, "run_server", lambda *arguments: served.append(arguments[1:]))
    ended = invoke("serve", "--port", "0", "--migrate", "--workers", "3", "--database-url", bare_url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Rakornas is listening." in ended.stdout
    assert "client_secret" not in ended.stdout  # that is for the embedded database alone
    assert served == [(3, bare_url)]
    assert await fetch_value(bare_url, "SELECT count(*) FROM regions") == 0


def totals(output: str) -> tuple[int, ...]:
    """The last line's numbers: inserted, updated, unchanged."""
    return tuple(map(int, output.split()[-3:]))


async def test_a_data_set_that_is_wrong(database_url: str) -> None:
    """The file, the line, the column and the reason; and nothing of it is loaded."""
    with (SHIPPED / "regions.csv").open() as shipped:
        lines = [shipped.readline(), shipped.readline(), shipped.readline().replace("province", "kenari")]
    with reachable_directory() as bad:
        (bad / "regions.csv").write_text("".join(lines))
        ended = invoke("load", str(bad), "--database-url", database_url)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.search(r"^regions\.csv: 3: type: .+", ended.stderr, re.MULTILINE), ended.stderr
    assert "Traceback" not in ended.stderr
    assert await fetch_value(database_url, "SELECT count(*) FROM regions") == 0


def test_a_directory_without_a_name() -> None:
    """Python takes the empty path for the current directory: a cluster would be built there."""
    ended = invoke("serve", "--port", "0", "--data-dir", "")
    assert ended.returncode == 2
    assert "directory is empty" in " ".join(re.findall(r"\w+", ended.stderr))


def test_the_embedded_server_has_room_for_many_workers(loaded_url: str) -> None:
    operations.check_server(loaded_url, workers=8)
    with pytest.raises(operations.OperatorError, match="64 workers need up to 1418 connections"):
        operations.check_server(loaded_url, workers=64)
