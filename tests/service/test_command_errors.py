"""Errors of all commands: one sentence on what happened and what to do, never a traceback."""

import errno
import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
import typer
from typer.testing import CliRunner

from app import serving
from app.cli import app as cli
from app.commands.errors import CommandGroup
from app.core.db.explanations import explain_database_error
from app.core.problems import Unavailable
from tests.conftest import fetch_value
from tests.service.conftest import CHECKOUT, build_command, build_environment, create_directory, invoke_command
from tests.service.test_command import UNREACHABLE, assert_error_message

CLIENT_ID = "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"
COMMANDS = (
    ("serve", "--port", "0"),
    ("migrate",),
    ("migrate", "--grant-to", "nobody"),
    ("load",),
    ("show", "roster", "kpu"),
    ("show", "stages"),
    ("show", "meeting", "rakornas-2022-06"),
    ("clients", "create", "--name", "x", "--scope", "stages:write"),
    ("clients", "list"),
    ("clients", "revoke", CLIENT_ID),
    ("clients", "add-secret", CLIENT_ID),
    ("clients", "revoke-secret", CLIENT_ID, CLIENT_ID),
    ("audit", "verify"),
    ("audit", "seal"),
    ("attendance", "recompute"),
    ("retention", "run"),
    ("import", "officials.csv", "--resource", "officials"),
    ("simulate", "meeting"),
)
for_each_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture(autouse=True)
def _fail_if_it_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serving, "run_server", lambda *_: pytest.fail("the command serves"))
    monkeypatch.chdir(tmp_path)
    Path("officials.csv").write_text("name,source\nSiti Contoh,KPU\n")


@pytest.fixture(scope="module")
def closing_port() -> Iterator[int]:
    """Port of a server that closes each connection at once, so it is no PostgreSQL server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def close_connections() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.close()

        threading.Thread(target=close_connections, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest_asyncio.fixture(scope="module")
async def stranger(server: str) -> str:
    """Name of a role without any privilege."""
    await fetch_value(server, "DROP ROLE IF EXISTS stranger")
    await fetch_value(server, "CREATE ROLE stranger LOGIN")
    return "stranger"


@for_each_command
def test_unusable_database_is_explained(
    command: tuple[str, ...], loaded_url: str, closing_port: int, stranger: str
) -> None:
    name = urlsplit(loaded_url).path
    urls = {
        UNREACHABLE: "Start it, or correct the host and the port.",
        "postgresql://u@nothing.invalid/d": "The name of its host is not known.",
        f"postgresql://u@127.0.0.1:{closing_port}/d": "Make sure that it is a PostgreSQL server",
        "rakornas": "DATABASE_URL must begin with postgresql://",
        "mysql://u:secret@h/d": "DATABASE_URL must begin with postgresql://",
        "postgresql:u:secret@h/d": "DATABASE_URL must begin with postgresql://",
        "postgresql://u@h:x/d": "DATABASE_URL has a port that is not a number",
        loaded_url.replace("//rakornas@", "//no_such_role@"): "Correct the user and the password",
        loaded_url.replace("//rakornas@", f"//{stranger}@"): "Connect as the owner of the database",
        loaded_url.replace(f"@{name}?", "@/no_such_database?"): "Create it, or correct the name.",
        f"{loaded_url}&target_session_attrs=standby": "No server of the URL is what target_session_attrs asks for.",
        f"{loaded_url}&no_such_setting=1": "DATABASE_URL has the parameter no_such_setting",
        f"{loaded_url}&sslmode=sometimes": "The URL is not valid: `sslmode` parameter must be one of",
    }
    for url, message in urls.items():
        result = invoke_command(*command, DATABASE_URL=url)
        assert_error_message(result, message)
        assert "unexpected error" not in result.stderr
        assert "secret" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [line for line in COMMANDS if line[0] not in ("migrate", "attendance", "retention") and line[1:] != ("verify",)],
    ids=" ".join,
)
def test_invalid_setting_is_named(command: tuple[str, ...], loaded_url: str) -> None:
    result = invoke_command(*command, DATABASE_URL=loaded_url, RAKORNAS_POOL_SIZE="abc")
    assert_error_message(result, "RAKORNAS_POOL_SIZE is not valid: must be a valid integer.")


@for_each_command
def test_unusable_data_directory_is_explained(command: tuple[str, ...]) -> None:
    with create_directory() as directory:
        (directory / "file").touch()
        (directory / "loop").symlink_to("loop")
        assert_error_message(invoke_command(*command, "--data-dir", f"{directory}/file/x"), "is a file; the embedded")
        assert_error_message(invoke_command(*command, "--data-dir", "/proc/x"), "choose another directory (--data-dir")
        for name in ("~nobody-of-this-name/x", "/tmp/" + "a" * 300, "/tmp/\0", f"{directory}/loop"):
            result = invoke_command(*command, "--data-dir", name)
            assert (result.returncode, result.stdout) == (2, ""), result
            assert "No directory can have this name" in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("name", ["missing", "directory", "binary", "empty", "unfinished", "number", "deep"])
def test_unusable_file_is_explained(name: str, loaded_url: str) -> None:
    contents = {"binary": b"\xff\xfe\0", "empty": b"", "unfinished": b"{", "number": b"5", "deep": b"[" * 100_000}
    Path("directory").mkdir()
    for known, content in contents.items():
        Path(known).write_bytes(content)
        Path(f"{known}.csv").write_bytes(content)
    for command in (
        ("clients", "create", "--name", "x", "--scope", "stages:write", "--jwks", name),
        ("audit", "verify", "--roots", name),
        ("load", name),
        ("import", f"{name}.csv", "--resource", "officials"),
    ):
        result = invoke_command(*command, "--database-url", loaded_url)
        assert (result.returncode in (1, 2), result.stdout, bool(result.stderr)) == (True, "", True), (command, result)
        assert "Traceback" not in result.stderr
        assert "unexpected" not in result.stderr


@pytest.mark.parametrize("url", ["rakornas", "http://[::1", "http://", "ftp://h", "http://h:0", "http://h:x"])
def test_address_of_a_simulation_must_be_one_of_a_service(url: str) -> None:
    result = invoke_command("simulate", "meeting", "--url", url, DATABASE_URL=UNREACHABLE)
    assert result.returncode == 2
    assert "It must be the address of a service" in " ".join(result.stderr.replace("│", " ").split())


def test_output_that_cannot_be_written_is_an_error(loaded_url: str) -> None:
    """In processes of their own, because a test has no standard output that is full or closed."""
    arguments = ("show", "stages", "--database-url", loaded_url)
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            build_command(*arguments), cwd=CHECKOUT, env=build_environment(), stdout=full, stderr=subprocess.PIPE
        )
    message = "There is no space left on the disk. Make room, and run the command again.\n"
    assert (ended.returncode, ended.stderr.decode()) == (1, message)
    process = subprocess.Popen(
        build_command(*arguments),
        cwd=CHECKOUT,
        env=build_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()  # like `| head`
    with process.stderr:
        assert (process.stderr.read(), process.wait(60)) == (b"", 1)


class TestUnknownErrors:
    @pytest.fixture
    def program(self) -> typer.Typer:
        program = typer.Typer(cls=CommandGroup)

        @program.command()
        def fail(name: str) -> None:
            errors = {
                "value": ValueError("the reason\nand more"),
                "file": PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/some/file"),
                "usage": typer.BadParameter("this is wrong"),
                "exit": typer.Exit(7),
                "abort": typer.Abort(),
            }
            raise errors[name]

        @program.command()
        def other() -> None:
            """Make the program a group of commands."""

        return program

    @pytest.mark.parametrize(
        ("name", "exit_code", "message"),
        [
            ("value", 1, "An unexpected error, ValueError: the reason. Set RAKORNAS_LOG_LEVEL=DEBUG"),
            ("file", 1, "/some/file cannot be used: Permission denied."),
            ("usage", 2, "this is wrong"),
            ("exit", 7, ""),
            ("abort", 1, "Aborted"),
        ],
    )
    def test_unknown_error_is_a_sentence(self, program: typer.Typer, name: str, exit_code: int, message: str) -> None:
        result = CliRunner().invoke(program, ["fail", name])
        assert isinstance(result.exception, SystemExit)
        assert (result.exit_code, result.stdout) == (exit_code, "")
        assert message in result.stderr

    def test_debug_shows_the_traceback(self, program: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAKORNAS_LOG_LEVEL", "debug")
        assert isinstance(CliRunner().invoke(program, ["fail", "value"]).exception, ValueError)

    def test_the_program_is_such_a_group(self) -> None:
        assert isinstance(typer.main.get_command(cli), CommandGroup)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TimeoutError(), "It did not answer in time."),
        (ssl.SSLError(1, "wrong version number"), "The encrypted connection failed"),
        (asyncpg.TooManyConnectionsError("sorry, too many clients already"), "raise max_connections of the server."),
        (asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT"), "Connect to the primary server"),
        (asyncpg.QueryCanceledError("canceling statement"), "raise its statement_timeout."),
        (asyncpg.AdminShutdownError("terminating connection"), "The server stops or starts. Try again."),
        (OSError("Multiple exceptions: [Errno 111] a, [Errno 111] b"), "Start the server, or correct the host"),
        (asyncpg.InterfaceError("first line\nHINT:  second"), "first line"),
    ],
)
def test_database_errors_are_explained_in_one_line(error: Exception, message: str) -> None:
    wrapped = Unavailable()
    wrapped.__cause__ = error
    for each in (error, wrapped):
        text = explain_database_error(each)
        assert message in text
        assert "\n" not in text
        assert text.endswith(".")
