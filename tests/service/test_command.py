"""What the command says to its operator: what it did, or in one sentence why it cannot."""

import os
import re
import socket
import uuid
from collections.abc import AsyncIterator

import orjson
import pytest
import pytest_asyncio

from app import operations
from app.reference.loader import SHIPPED
from tests.conftest import fetch, named
from tests.service.conftest import fetched, reachable_directory, run, serving

UNREACHABLE = "postgresql://rakornas@127.0.0.1:1/rakornas"


@pytest_asyncio.fixture
async def bare_url(server: str) -> AsyncIterator[str]:
    """A database with nothing in it, not even a schema."""
    name = f"test_{uuid.uuid4().hex}"
    await fetch(server, f"CREATE DATABASE {name}")
    yield named(server, name)
    await fetch(server, f"DROP DATABASE {name} WITH (FORCE)")


def check_refused(*arguments: str, saying: str, **changes: str) -> None:
    """One sentence for the operator, on standard error, and exit code 1."""
    ended = run(*arguments, **changes)
    assert ended.returncode == 1, ended
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert saying in ended.stderr


def test_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        check_refused("serve", "--port", port, saying=f"port {port}: Address already in use", DATABASE_URL=UNREACHABLE)


def test_directories_that_do_not_serve() -> None:
    with reachable_directory() as directory:
        (directory / "other" / "pg").mkdir(parents=True)
        (directory / "other" / "pg" / "PG_VERSION").write_text("9\n")
        check_refused("serve", "--port", "0", "--data-dir", f"{directory}/other", saying="was made by PostgreSQL 9")
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

    first, second = run("migrate", *at), run("migrate", *at)
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    assert re.fullmatch(r"Migrated from nothing to [0-9]{4}\.\n", first.stdout)
    assert re.fullmatch(r"The schema is at [0-9]{4}\.\n", second.stdout)

    first, second = run("load", *at), run("load", *at)
    assert (first.returncode, second.returncode) == (0, 0), (first, second)
    inserted, updated, unchanged = totals(first.stdout)
    assert inserted > 1000
    assert (updated, unchanged) == (0, 0)
    assert totals(second.stdout) == (0, 0, inserted)


async def test_migrated_on_the_way(bare_url: str) -> None:
    with serving("--migrate", "--database-url", bare_url) as service:
        assert orjson.loads(fetched(f"{service.base}/v1/regions"))["items"] == []


def totals(output: str) -> tuple[int, ...]:
    """The last line's numbers: inserted, updated, unchanged."""
    return tuple(map(int, output.split()[-3:]))


async def test_a_data_set_that_is_wrong(database_url: str) -> None:
    """The file, the line, the column and the reason; and nothing of it is loaded."""
    with (SHIPPED / "regions.csv").open() as shipped:
        lines = [shipped.readline(), shipped.readline(), shipped.readline().replace("province", "kenari")]
    with reachable_directory() as bad:
        (bad / "regions.csv").write_text("".join(lines))
        ended = run("load", str(bad), "--database-url", database_url)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert re.search(r"^regions\.csv: 3: type: .+", ended.stderr, re.MULTILINE), ended.stderr
    assert "Traceback" not in ended.stderr
    assert await fetch(database_url, "SELECT count(*) FROM regions") == 0


def test_a_directory_without_a_name() -> None:
    """Python takes the empty path for the current directory: a cluster would be built there."""
    ended = run("serve", "--port", "0", "--data-dir", "")
    assert ended.returncode == 2
    assert "directory is empty" in " ".join(re.findall(r"\w+", ended.stderr))


def test_the_embedded_server_has_room_for_many_workers(loaded_url: str) -> None:
    operations.check_server(loaded_url, workers=8)
    with pytest.raises(operations.OperatorError, match="64 workers need up to 1418 connections"):
        operations.check_server(loaded_url, workers=64)
