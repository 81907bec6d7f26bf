"""Open the database of a command, say which one it is, and do not make a second one beside a running service."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import typer

if TYPE_CHECKING:
    from app.operations import TargetDatabase


@contextmanager
def open_database(
    url: str | None, data_dir: Path | None, *, is_service: bool = False, is_quiet: bool = False
) -> Iterator["TargetDatabase"]:
    """Yield the database of a command, and say on standard error which one it is unless the command line names it.

    Args:
        url: Its URL; None: the embedded database.
        data_dir: Data directory of the embedded database; None: the default one.
        is_service: The command serves. Only then may it use another data directory than a running service implicitly.
        is_quiet: The command has said already which database it uses.

    Raises:
        OperatorError: The database cannot be opened, or a running service uses another one than this command would.
    """
    from app import operations
    from app.core import embedded

    if url:
        if url == os.environ.get("DATABASE_URL") and not (is_service or is_quiet):
            typer.echo(f"Using the database {describe_url(url)} (DATABASE_URL).", err=True)
        with operations.open_database(url, None) as database:
            yield database
        return
    directory = (data_dir or embedded.default_data_dir()).expanduser().resolve()
    if data_dir is None and not is_service:
        require_same_as_service(directory)
    is_new = not (directory / "pg").exists()
    is_named = data_dir is not None and str(data_dir) != os.environ.get("RAKORNAS_DATA_DIR")
    with operations.open_database(None, directory, is_service=is_service) as database:
        if is_new:
            typer.echo(f"Created an embedded database in {directory}.", err=True)
        elif not (is_named or is_quiet):
            typer.echo(f"Using the embedded database in {directory}.", err=True)
        yield database


def require_same_as_service(directory: Path) -> None:
    """Raise OperatorError if services run on other embedded databases, and none on that in the default directory."""
    from app import operations
    from app.core.embedded import services

    served = services.list_served_data_dirs()
    if served and directory not in served:
        others = " or ".join(f"--data-dir {other}" for other in served)
        raise operations.OperatorError(
            f"A service is running on the embedded database in {' and in '.join(map(str, served))}, but this command "
            f"would use another one, in {directory}. Add {others} to use that of the service, or --data-dir "
            f"{directory} to use the other one."
        )


def describe_url(url: str) -> str:
    """Return the name of a URL's database and its host, without the user and the password."""
    try:
        parts = urlsplit(url)
        words = {word: values[-1] for word, values in parse_qs(parts.query).items()}
        hosts = words.get("host") or parts.netloc.rpartition("@")[2]
    except ValueError:
        return "of an invalid URL"
    if "://" not in url or "@" in parts.path:  # the path may contain a password
        return "of an invalid URL"
    name = words.get("dbname") or words.get("database") or unquote(parts.path.removeprefix("/"))
    return f"{name or 'of the user'} on {unquote(hosts) or 'this machine'}"
