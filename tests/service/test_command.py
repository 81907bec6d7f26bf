"""Output of the commands: the result, or one line with the error."""

import os
import re
import socket
import subprocess
from typing import Any

import pytest

from app import operations, serving
from app.reference.loader import SHIPPED
from tests.conftest import fetch_value
from tests.service.conftest import create_directory, invoke_command, run_command

UNREACHABLE = "postgresql://rakornas@127.0.0.1:1/rakornas"


@pytest.fixture(autouse=True)
def _fail_if_it_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that should fail would otherwise serve for ever."""
    monkeypatch.setattr(serving, "run_server", lambda *_: pytest.fail("the command serves"))


def assert_fails_with(*arguments: str, message: str, **changes: str) -> None:
    assert_error_message(invoke_command(*arguments, **changes), message)


def assert_error_message(result: "subprocess.CompletedProcess[str]", message: str) -> None:
    """Assert one line on standard error with this message, after the one that names the database, and exit code 1."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    *named, line = result.stderr.splitlines()
    assert [text for text in named if not text.startswith("Using the ")] == [], result.stderr
    assert message in line


def test_port_in_use_is_an_error() -> None:
    """In a separate process, to assert that standard error contains nothing else."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run_command("serve", "--port", port, DATABASE_URL=UNREACHABLE)
    assert_error_message(result, f"port {port}: Address already in use")


def test_unusable_data_directory_is_an_error() -> None:
    with create_directory() as directory:
        (directory / "other" / "pg").mkdir(parents=True)
        (directory / "other" / "pg" / "PG_VERSION").write_text("9\n")
        assert_fails_with(
            "serve", "--port", "0", "--data-dir", f"{directory}/other", message="was created by PostgreSQL 9"
        )
        (directory / "file").touch()
        assert_fails_with("serve", "--port", "0", "--data-dir", f"{directory}/file", message="is a file")
        directory.chmod(0o700 if os.geteuid() == 0 else 0o500)
        assert_fails_with("serve", "--port", "0", "--data-dir", f"{directory}/data", message=str(directory))
        assert not (directory / "data").exists()


@pytest.mark.parametrize("command", ["serve", "load"])
def test_missing_database_is_an_error(command: str) -> None:
    assert_fails_with(
        command, *(["--port", "0"] if command == "serve" else []), message="DATABASE_URL", DATABASE_URL=UNREACHABLE
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("POOL_SIZE", "many"), ("TIME_ZONE", "Nowhere/Nothing"), ("LOG_LEVEL", "loud")],
)
def test_invalid_setting_is_an_error(loaded_url: str, name: str, value: str) -> None:
    wrong = f"RAKORNAS_{name}"
    assert_fails_with("serve", "--port", "0", "--database-url", loaded_url, message=wrong, **{wrong: value})


async def test_migrate_and_load_an_own_database(bare_url: str) -> None:
    """A database that is not migrated is refused; migrating and loading it twice changes nothing the second time."""
    at = ("--database-url", bare_url)
    assert_fails_with("serve", "--port", "0", *at, message="run `rakornas migrate`")

    first, second = invoke_command("migrate", *at), invoke_command("migrate", *at)
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    assert re.fullmatch(r"Migrated from nothing to [0-9]{4}\.\n", first.stdout)
    assert re.fullmatch(r"The schema is at [0-9]{4}\.\n", second.stdout)

    first, second = invoke_command("load", *at), invoke_command("load", *at)
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    inserted, updated, unchanged = parse_totals(first.stdout)
    assert inserted > 1000
    assert (updated, unchanged) == (0, 0)
    assert parse_totals(second.stdout) == (0, 0, inserted)


async def test_serve_migrates_on_request(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[Any, ...]] = []
    monkeypatch.setattr(serving, "run_server", lambda *arguments: served.append(arguments[1:]))
    result = invoke_command("serve", "--port", "0", "--migrate", "--workers", "3", "--database-url", bare_url)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Rakornas is listening." in result.stdout
    assert "client_secret" not in result.stdout  # only the embedded database gets a client
    assert served == [(3, bare_url, "")]  # and no root path
    assert await fetch_value(bare_url, "SELECT count(*) FROM regions") == 0


def parse_totals(output: str) -> tuple[int, ...]:
    """Return the numbers of the last line: inserted, updated, unchanged."""
    return tuple(map(int, output.split()[-3:]))


async def test_invalid_data_set_is_reported_and_not_loaded(database_url: str) -> None:
    """The message names file, line, column and reason, and nothing is loaded."""
    with (SHIPPED / "regions.csv").open() as shipped:
        lines = [shipped.readline(), shipped.readline(), shipped.readline().replace("province", "kenari")]
    with create_directory() as bad:
        (bad / "regions.csv").write_text("".join(lines))
        result = invoke_command("load", str(bad), "--database-url", database_url)
    assert (result.returncode, result.stdout) == (1, "")
    assert re.search(r"^regions\.csv: 3: type: .+", result.stderr, re.MULTILINE), result.stderr
    assert "Traceback" not in result.stderr
    assert await fetch_value(database_url, "SELECT count(*) FROM regions") == 0


def test_empty_data_directory_name_is_a_usage_error() -> None:
    """Python takes an empty path for the current directory, where a cluster would be created."""
    result = invoke_command("serve", "--port", "0", "--data-dir", "")
    assert result.returncode == 2
    assert "directory is empty" in " ".join(re.findall(r"\w+", result.stderr))


def test_embedded_server_has_connections_for_8_workers(loaded_url: str) -> None:
    operations.check_server(loaded_url, workers=8)
    with pytest.raises(operations.OperatorError, match="64 workers need up to 1418 connections"):
        operations.check_server(loaded_url, workers=64)
