"""Commands say which database they use, and do not make a second embedded one beside a running service."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.commands.databases import describe_url
from app.core.embedded import services
from tests.service.conftest import Service, create_directory, invoke_command, run_command, run_service
from tests.service.test_tokens import fetch_token

CREATE = ("clients", "create", "--name", "x", "--scope", "stages:write")
# Every variable that libpq or asyncpg reads, with values that would prevent any connection.
NONSENSE = {
    "PGAPPNAME": "x" * 100,
    "PGCHANNELBINDING": "require",
    "PGCLIENTENCODING": "nonsense",
    "PGCONNECT_TIMEOUT": "-1",
    "PGDATA": "/nonsense",
    "PGDATABASE": "nonsense",
    "PGDATESTYLE": "nonsense",
    "PGGSSENCMODE": "require",
    "PGGSSLIB": "nonsense",
    "PGHOST": "nonsense.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGKRBSRVNAME": "nonsense",
    "PGLOADBALANCEHOSTS": "nonsense",
    "PGLOCALEDIR": "/nonsense",
    "PGOPTIONS": "-c nonsense=1",
    "PGPASSFILE": "/nonsense",
    "PGPASSWORD": "nonsense",
    "PGPORT": "nonsense",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGSERVICE": "nonsense",
    "PGSERVICEFILE": "/nonsense",
    "PGSSLCERT": "/nonsense",
    "PGSSLKEY": "/nonsense",
    "PGSSLMODE": "nonsense",
    "PGSSLNEGOTIATION": "nonsense",
    "PGSSLROOTCERT": "/nonsense",
    "PGSYSCONFDIR": "/nonsense",
    "PGTARGETSESSIONATTRS": "nonsense",
    "PGTZ": "nonsense",
    "PGUSER": "nonsense",
}
LOCALES = {"LANG": "nonsense", "LC_ALL": "nonsense", "LC_MESSAGES": "nonsense", "TZ": "nonsense"}


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with create_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def embedded_service(directory: Path) -> Iterator[Service]:
    """A service on an embedded database, started in a shell with settings for other servers."""
    with run_service("--data-dir", f"{directory}/served", **NONSENSE, **LOCALES) as service:
        yield service


async def test_variables_of_the_shell_do_not_reach_the_embedded_server(
    embedded_service: Service, directory: Path
) -> None:
    created = run_command(*CREATE, "--data-dir", f"{directory}/served", **NONSENSE, **LOCALES)
    assert (created.returncode, created.stderr) == (0, "The secret is not shown again.\n"), created
    assert await fetch_token(embedded_service, *re.findall(r"client_\w+ +(\S+)", created.stdout))


@pytest.fixture
def other_home(directory: Path, embedded_service: Service, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default data directory, which does not exist; the services of other tests are not seen."""
    served, list_all = directory / "served", services.list_served_data_dirs
    assert served in list_all()
    monkeypatch.setattr(services, "list_served_data_dirs", lambda: [found for found in list_all() if found == served])
    monkeypatch.setattr("app.core.embedded.default_data_dir", lambda: directory / "default")
    return directory / "default"


@pytest.mark.parametrize(
    "command",
    [
        CREATE,
        ("clients", "list"),
        ("show", "roster", "kpu"),
        ("migrate",),
        ("load",),
        ("audit", "verify"),
        ("retention", "run"),
        ("simulate", "meeting"),
    ],
    ids=" ".join,
)
def test_command_refuses_another_database_than_that_of_the_service(
    command: tuple[str, ...], other_home: Path, directory: Path
) -> None:
    result = invoke_command(*command)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert f"A service is running on the embedded database in {directory}/served" in result.stderr
    assert f"--data-dir {directory}/served" in result.stderr
    assert f"--data-dir {other_home}" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not other_home.exists()


async def test_command_uses_the_database_that_it_names(
    other_home: Path, directory: Path, embedded_service: Service
) -> None:
    variable = invoke_command(*CREATE, RAKORNAS_DATA_DIR=f"{directory}/served")
    assert variable.stderr == (
        f"Using the embedded database in {directory}/served.\nThe secret is not shown again.\n"
    ), variable
    assert await fetch_token(embedded_service, *re.findall(r"client_\w+ +(\S+)", variable.stdout))
    option = invoke_command("clients", "list", "--data-dir", f"{directory}/served")
    assert (option.returncode, option.stderr) == (0, "")


def test_default_database_is_named_and_a_new_one_announced(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "list_served_data_dirs", list)
    monkeypatch.setattr("app.core.embedded.default_data_dir", lambda: directory / "mine")
    first, second = invoke_command("migrate"), invoke_command("migrate")
    assert (first.returncode, first.stderr) == (0, f"Created an embedded database in {directory}/mine.\n")
    assert (second.returncode, second.stderr) == (0, f"Using the embedded database in {directory}/mine.\n")
    # That of a running service is used, even if others run.
    monkeypatch.setattr(services, "list_served_data_dirs", lambda: [Path("/other"), directory / "mine"])
    assert invoke_command("migrate").returncode == 0


def test_database_of_a_variable_is_named_without_the_password(loaded_url: str) -> None:
    result = invoke_command("clients", "list", DATABASE_URL=loaded_url)
    name = urlsplit(loaded_url).path.removeprefix("/")
    assert re.fullmatch(rf"Using the database {name} on /\S+ \(DATABASE_URL\)\.\n", result.stderr)
    assert invoke_command("clients", "list", "--database-url", loaded_url).stderr == ""


@pytest.mark.parametrize(
    ("url", "description"),
    [
        ("postgresql://u:secret@db.example:5432/rakornas?sslmode=require", "rakornas on db.example:5432"),
        ("postgresql://u:se@cret@a:1,b:2/rakornas", "rakornas on a:1,b:2"),
        ("postgresql:///rakornas?host=/run/postgresql", "rakornas on /run/postgresql"),
        ("postgresql://u:secret@%2Frun%2Fpg/rakornas", "rakornas on /run/pg"),
        ("postgresql://u@other/unused?host=db.example&dbname=rakornas", "rakornas on db.example"),
        ("postgresql://db.example", "of the user on db.example"),
        ("postgresql:///rakornas", "rakornas on this machine"),
        ("postgresql:u:secret@h/d", "of an invalid URL"),
        ("postgresql://u:sec/ret@h/d", "of an invalid URL"),
        ("postgresql://[::1/d", "of an invalid URL"),
    ],
)
def test_url_is_described_without_the_password(url: str, description: str) -> None:
    assert describe_url(url) == description


def test_mark_of_a_service_ends_with_it(directory: Path) -> None:
    """Also if it is killed: the mark is a lock of its process."""
    with run_service("--data-dir", f"{directory}/killed") as service:
        assert directory / "killed" in services.list_served_data_dirs()
        service.send_signal(9)
        assert directory / "killed" not in services.list_served_data_dirs()
    assert os.path.exists(directory / "killed" / services.LOCK_NAME)
    with run_service("--data-dir", f"{directory}/killed") as service:  # stops the server that outlived it
        service.send_signal()
    assert directory / "killed" not in services.list_served_data_dirs()
