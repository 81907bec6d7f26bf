"""What commands have in common: which database they work on, and how they say what is wrong."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer


def parse_directory(name: str) -> Path:
    """A directory's path; an empty name, which Python takes for the current directory, is refused."""
    if not name:
        raise typer.BadParameter("the name of a directory is empty")
    return Path(name)


DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", envvar="DATABASE_URL", help="A Postgres server, 15 to 18; else the embedded one."),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="RAKORNAS_DATA_DIR",
        parser=parse_directory,
        metavar="PATH",
        help="Where the embedded server keeps its data.",
    ),
]


def fail(error: Exception) -> NoReturn:
    """Say what is wrong in one sentence, without a traceback."""
    typer.secho(str(error), fg="red" if sys.stderr.isatty() else None, err=True)
    raise typer.Exit(1)
