"""`rakornas show` as an operator runs it, into a pipe."""

import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from app import operations
from tests.conftest import replace_database
from tests.service.conftest import CHECKOUT, PATIENCE, command, environment, invoke, reachable_directory, run
from tests.service.test_command import UNREACHABLE, check_refused, check_told

DAY = ("--as-of", "2022-06-14")


def test_each_table_comes_out(loaded_url: str) -> None:
    expected = {
        ("roster", "kpu", *DAY): "Hasyim Asy'ari",
        ("stages", "--running", *DAY): "pu-01",
        ("meeting", "rakornas-2022-06"): "13-15 Juni 2024",
    }
    for arguments, fact in expected.items():
        ended = invoke("show", *arguments, "--database-url", loaded_url)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert fact in ended.stdout
        assert "\x1b" not in ended.stdout


def test_an_embedded_database_is_filled_first(bare_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded = nullcontext(operations.TargetDatabase(bare_url, embedded=True))
    monkeypatch.setattr(operations, "open_database", lambda *_: embedded)
    ended = invoke("show", "stages", "--running", *DAY)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "pu-01b" in ended.stdout


@pytest.mark.full
def test_an_empty_directory_is_filled_and_left_without_a_server() -> None:
    with reachable_directory() as directory:
        ended = run("show", "stages", "--running", *DAY, "--data-dir", f"{directory}/data")
        assert (ended.returncode, ended.stderr) == (0, "")
        assert [line.split()[0] for line in ended.stdout.splitlines() if line.lstrip().startswith("pu-")] == [
            "pu-01",
            "pu-01a",
            "pu-01b",
        ]
        assert (directory / "data" / "pg" / "PG_VERSION").exists()
        assert not (directory / "data" / "pg" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        (("roster", "kpu-xx"), "no organization with the code 'kpu-xx'"),
        (("roster", "\udcff"), r"no organization with the code '\udcff'"),
        (("meeting", "nothing"), "no meeting with the code 'nothing'"),
        (("stages", "--election", "nothing"), "no election with the code 'nothing'"),
        (("roster", "kpu", "--as-of", "2022-02-30"), "no such day"),
        (("stages", "--as-of", ""), "--as-of ''"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_sentence(loaded_url: str, arguments: tuple[str, ...], saying: str) -> None:
    check_refused("show", *arguments, saying=saying, DATABASE_URL=loaded_url)


def test_a_database_that_cannot_be_used_is_told_of(server: str) -> None:
    for url, saying in (
        (UNREACHABLE, "DATABASE_URL"),
        ("nonsense", "DATABASE_URL"),
        (replace_database(server, "postgres"), "run `rakornas migrate`"),
    ):
        check_refused("show", "roster", "kpu", saying=saying, DATABASE_URL=url)


def test_a_day_that_is_none_is_told_before_anything_is_started() -> None:
    check_refused("show", "roster", "kpu", "--as-of", "today", saying="--as-of", DATABASE_URL=UNREACHABLE)


def test_a_database_that_is_too_slow_is_told_of_in_a_sentence(loaded_url: str) -> None:
    """The sentence, and no line of a log beside it."""
    late = {"DATABASE_URL": loaded_url, "RAKORNAS_DEADLINE": "0.000001"}
    check_told(run("show", "roster", "kpu", **late), "did not answer in time")


def test_two_statuses_at_once_are_a_usage_error() -> None:
    ended = invoke("show", "stages", "--running", "--status", "finished", DATABASE_URL=UNREACHABLE)
    assert (ended.returncode, ended.stdout) == (2, "")


def test_a_reader_that_has_gone_is_no_fault(loaded_url: str) -> None:
    """As `head` does: the pipe is closed while there is more to write."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            command("show", "stages", "--parts", "--database-url", loaded_url),
            cwd=CHECKOUT,
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
        )
    finally:
        os.close(writing)
    assert ended.stderr == ""


def test_help_loads_neither_the_database_nor_the_web() -> None:
    heavy = "{'sqlalchemy', 'asyncpg', 'fastapi', 'pydantic', 'rich.table'} & set(sys.modules)"
    code = f"import sys, app.cli; print({heavy})"
    ended = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
