"""`rakornas show` as a command, with output to a pipe."""

import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from app import operations
from tests.conftest import replace_database
from tests.service.conftest import (
    CHECKOUT,
    TIMEOUT_SECONDS,
    build_command,
    build_environment,
    create_directory,
    invoke_command,
    run_command,
)
from tests.service.test_command import UNREACHABLE, assert_error_message, assert_fails_with

DAY = ("--as-of", "2022-06-14")


def test_each_report_is_printed(loaded_url: str) -> None:
    expected = {
        ("roster", "kpu", *DAY): "Hasyim Asy'ari",
        ("stages", "--running", *DAY): "pu-01",
        ("meeting", "rakornas-2022-06"): "13-15 Juni 2024",
    }
    for arguments, fact in expected.items():
        result = invoke_command("show", *arguments, "--database-url", loaded_url)
        assert (result.returncode, result.stderr) == (0, "")
        assert fact in result.stdout
        assert "\x1b" not in result.stdout


def test_empty_embedded_database_is_loaded_first(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = nullcontext(operations.TargetDatabase(bare_url, embedded=True))
    monkeypatch.setattr(operations, "open_database", lambda *_, **__: embedded)
    result = invoke_command("show", "stages", "--running", *DAY, "--data-dir", "/new")
    assert (result.returncode, result.stderr) == (0, "Created an embedded database in /new.\n")
    assert "pu-01b" in result.stdout


@pytest.mark.full
def test_empty_data_directory_is_loaded_and_its_server_stopped() -> None:
    with create_directory() as directory:
        result = run_command("show", "stages", "--running", *DAY, "--data-dir", f"{directory}/data")
        assert (result.returncode, result.stderr) == (0, f"Created an embedded database in {directory}/data.\n")
        assert [line.split()[0] for line in result.stdout.splitlines() if line.lstrip().startswith("pu-")] == [
            "pu-01",
            "pu-01a",
            "pu-01b",
        ]
        assert (directory / "data" / "pg" / "PG_VERSION").exists()
        assert not (directory / "data" / "pg" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("roster", "kpu-xx"), "no organization with the code 'kpu-xx'"),
        (("roster", "\udcff"), r"no organization with the code '\udcff'"),
        (("meeting", "nothing"), "no meeting with the code 'nothing'"),
        (("stages", "--election", "nothing"), "no election with the code 'nothing'"),
        (("roster", "kpu", "--as-of", "2022-02-30"), "does not exist in the calendar"),
        (("stages", "--as-of", ""), "--as-of ''"),
    ],
)
def test_unknown_code_or_day_is_one_error_line(loaded_url: str, arguments: tuple[str, ...], message: str) -> None:
    assert_fails_with("show", *arguments, message=message, DATABASE_URL=loaded_url)


def test_unusable_database_is_one_error_line(server: str) -> None:
    for url, message in (
        (UNREACHABLE, "DATABASE_URL"),
        ("nonsense", "DATABASE_URL"),
        (replace_database(server, "postgres"), "run `rakornas migrate`"),
    ):
        assert_fails_with("show", "roster", "kpu", message=message, DATABASE_URL=url)


def test_invalid_day_is_reported_before_the_database_is_opened() -> None:
    assert_fails_with("show", "roster", "kpu", "--as-of", "today", message="--as-of", DATABASE_URL=UNREACHABLE)


def test_slow_database_is_one_error_line(loaded_url: str) -> None:
    """Only the error line is printed, and no log line."""
    late = {"DATABASE_URL": loaded_url, "RAKORNAS_DEADLINE": "0.000001"}
    assert_error_message(run_command("show", "roster", "kpu", **late), "did not answer in time")


def test_two_statuses_are_a_usage_error() -> None:
    result = invoke_command("show", "stages", "--running", "--status", "finished", DATABASE_URL=UNREACHABLE)
    assert (result.returncode, result.stdout) == (2, "")


def test_closed_pipe_is_not_an_error(loaded_url: str) -> None:
    """The pipe is closed before all is written, as `head` does."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            build_command("show", "stages", "--parts", "--database-url", loaded_url),
            cwd=CHECKOUT,
            env=build_environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
    finally:
        os.close(writing)
    assert result.stderr == ""


def test_help_imports_no_heavy_modules() -> None:
    heavy = "{'sqlalchemy', 'asyncpg', 'fastapi', 'pydantic', 'rich.table'} & set(sys.modules)"
    code = f"import sys, app.cli; print({heavy})"
    result = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
