"""Rows of a resource from a file, as POST /v1/imports takes them, and of any length."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.core.problems import Problem
    from app.imports.command_line import ReportProgress
    from app.imports.report import ImportReport

BAR_DELAY_SECONDS = 1.0  # seconds without a bar


def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="CSV with a header (.csv), or NDJSON (.ndjson).",
        ),
    ],
    resource: Annotated[str, typer.Option(help="What the rows are: officials, appointments, stages …")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would become of the rows, and keep nothing.")] = (
        False
    ),
    partial: Annotated[bool, typer.Option("--partial", help="Keep the good rows even where others are refused.")] = (
        False
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, as POST /v1/imports answers.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why this is written, for every revision.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="The decree behind it, for every revision.")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Bring in rows of a resource: all of them or, where one is refused, none. Exit code 1 where any is refused."""
    from app import operations
    from app.core.http.validation import validate_document
    from app.core.problems import Problem, Unavailable
    from app.imports import command_line
    from app.imports.report import ImportOptions
    from app.registry import IMPORTABLE
    from app.writes.payloads import ChangeReason

    if resource not in IMPORTABLE:
        raise typer.BadParameter(f"--resource is one of: {', '.join(IMPORTABLE)}.")
    if path.suffix.lower() not in command_line.FORMAT_BY_SUFFIX:
        raise typer.BadParameter(f"{path} ends in none of: {', '.join(command_line.FORMAT_BY_SUFFIX)}.")
    order = ImportOptions(IMPORTABLE[resource], dry_run, partial)
    try:
        note = validate_document(ChangeReason, {"reason": reason, "legal_basis": legal_basis})
        settings = operations.read_settings()
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            operations.check_server(database.url, workers=0)
            here = settings.model_copy(update={"database_url": database.url})
            with show_progress(path) as seen:
                outcome = operations.run_query(command_line.import_file(here, path, order, note, seen))
    except operations.OperatorError as error:
        fail(error)
    except Unavailable as error:
        fail(ValueError(f"The database (DATABASE_URL, --database-url) cannot be used: {error.__cause__}"))
    except Problem as problem:
        print_problem(path, problem)
        raise typer.Exit(1) from None
    print_outcome(path, outcome, as_json)
    raise typer.Exit(1 if outcome.counts["refused"] else 0)


@contextmanager
def show_progress(path: Path) -> Iterator["ReportProgress"]:
    """A bar of the file's bytes, on a terminal, once the import has taken longer than a second."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console, total = Console(stderr=True), path.stat().st_size
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, began = bar.add_task(path.name), time.monotonic()

    def note(rows: int, read: int) -> None:
        # All is read a while before it is kept: each change of the record is stamped when it is committed.
        doing = "keeping" if read == total else path.name
        bar.update(task, completed=read, total=total, description=f"{doing}: {rows:,} rows")
        if time.monotonic() - began > BAR_DELAY_SECONDS:
            bar.start()

    try:
        yield note
    finally:
        bar.stop()


def print_problem(path: Path, problem: "Problem") -> None:
    """What is wrong with the file as a whole, on the standard error stream."""
    typer.echo("Nothing was kept.", err=True)
    for error in problem.errors:
        typer.echo(f"{path.name}: {error.pointer}: {error.detail.en}", err=True)
    if not problem.errors:
        typer.echo(f"{path.name}: {problem.detail.en}", err=True)


def print_outcome(path: Path, outcome: "ImportReport", as_json: bool) -> None:
    """The numbers, or JSON, on the standard output; refused rows on the standard error stream, one reason a line."""
    if as_json:
        import orjson

        sys.stdout.write(orjson.dumps(outcome.to_document("en")).decode() + "\n")
        return
    for verdict in outcome.list_rows():
        for error in verdict.errors:
            place = f" ({error.address})" if error.address else ""
            typer.echo(f"{path.name}:{verdict.line}: {error.pointer}: {error.detail.en}{place}", err=True)
    counted = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in outcome.counts.items() if count)
    typer.echo(f"{_result(outcome)} {counted or 'There are no rows'}.")


def _result(outcome: "ImportReport") -> str:
    if outcome.options.dry_run:
        return "Nothing was kept, this was a dry run:"
    return "Kept:" if outcome.is_applied else "Nothing was kept:"
