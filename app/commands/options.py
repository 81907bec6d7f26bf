"""The options that choose the database of a command, and the way in which a command fails."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer


def parse_directory(name: str) -> Path:
    """Return the path of a directory; reject an impossible or empty name.

    Python takes an empty name for the current directory.
    """
    if not name:
        raise typer.BadParameter("The name of the directory is empty.")
    try:
        Path(name).expanduser().resolve().exists()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links or an unknown home, a NUL
        raise typer.BadParameter(f"No directory can have this name ({error}).") from error
    return Path(name)


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        envvar="DATABASE_URL",
        help="URL of a PostgreSQL database, version 15 to 18. Default: the embedded server.",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="RAKORNAS_DATA_DIR",
        parser=parse_directory,
        metavar="PATH",
        help="Data directory of the embedded server.",
    ),
]


def fail(error: Exception) -> NoReturn:
    """Print the message of an error, without a traceback, and exit with code 1."""
    typer.secho(str(error), fg="red" if sys.stderr.isatty() else None, err=True)
    raise typer.Exit(1)
