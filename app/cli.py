"""The command line: `rakornas serve`, `rakornas migrate`, `rakornas load`.

Only what a command needs is imported, when it runs: help is there at once, and a warm start is not slowed down.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    help="Who holds which office in an election commission, and how it is organised: an open JSON service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", envvar="DATABASE_URL", help="A Postgres server, 15 to 18; else the embedded one."),
]


def directory(name: str) -> Path:
    """A directory's path; an empty name, which Python takes for the current directory, is refused."""
    if not name:
        raise typer.BadParameter("the name of a directory is empty")
    return Path(name)


DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="RAKORNAS_DATA_DIR",
        parser=directory,
        metavar="PATH",
        help="Where the embedded server keeps its data.",
    ),
]


def main() -> None:
    app()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = 1,
    migrate: Annotated[bool, typer.Option("--migrate", help="With a database of yours: migrate it first.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the record. Without a database of yours: over an embedded Postgres, migrated and filled by itself."""
    from app import operations, serving

    try:
        operations.settings()
        with serving.listening(host, port) as listener, operations.database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_when_empty(database.url)
            elif migrate:
                operations.migrate(database.url)
            operations.check_server(database.url, workers)
            typer.echo(serving.greeting(listener))
            serving.run(listener, workers, database.url)
    except operations.OperatorError as error:
        fail(error)


@app.command()
def migrate(database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Bring the database's schema to this release's."""
    from app import operations

    try:
        with operations.database(database_url, data_dir) as database:
            before, after = operations.migrate(database.url)
    except operations.OperatorError as error:
        fail(error)
    typer.echo(f"The schema is at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}.")


@app.command()
def load(
    path: Annotated[Path | None, typer.Argument(help="A directory of data files; else the shipped ones.")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Load reference data: all of it or, where a row is wrong, nothing. Rows that are the same stay as they are."""
    from app import operations
    from app.reference import loader, report

    try:
        dataset = loader.read_dataset(path or loader.SHIPPED)
        with operations.database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=1)
            with report.progress() as progress:
                summary = operations.load(database.url, dataset, progress)
    except operations.OperatorError as error:
        fail(error)
    except loader.DatasetError as error:
        report.print_flaws(error)
        raise typer.Exit(1) from None
    report.print_summary(summary)


def fail(error: Exception) -> NoReturn:
    """Say what is wrong in one sentence, without a traceback."""
    typer.secho(str(error), fg="red" if sys.stderr.isatty() else None, err=True)
    raise typer.Exit(1)
