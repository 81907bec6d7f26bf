"""The command that imports rows of a resource from a file of any length, in the formats of POST /v1/imports."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.databases import open_database
from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.core.problems import ErrorDetail, Problem
    from app.imports.command_line import ReportProgress
    from app.imports.report import ImportReport
    from app.writes.payloads import ChangeReason

BAR_DELAY_SECONDS = 1.0


def import_(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Table with a header (.csv, .txt, .xlsx), or NDJSON (.ndjson).",
        ),
    ],
    resource: Annotated[str, typer.Option(help="Resource of the rows: officials, appointments, stages …")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report the result for each row, and import nothing.")] = (
        False
    ),
    partial: Annotated[bool, typer.Option("--partial", help="Import the valid rows even if others are refused.")] = (
        False
    ),
    update: Annotated[
        bool, typer.Option("--update", help="Let rows change objects that name another person: check the ids first.")
    ] = False,
    all_results: Annotated[bool, typer.Option("--all-results", help="Print a table with the result of each row.")] = (
        False
    ),
    date_order: Annotated[
        Literal["dmy"] | None, typer.Option(help="dmy: all dates in numbers have the day first, as 05/06/2022.")
    ] = None,
    meeting: Annotated[
        str | None, typer.Option(help="Code of the meeting of all rows; required for participants.")
    ] = None,
    organization: Annotated[
        str | None, typer.Option(help="Participants only: code of the organization of all rows.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; by default the first visible one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, like the response of POST /v1/imports.")] = False,
    reason: Annotated[str | None, typer.Option(help="Reason of the change, for every revision.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="Decree behind the change, for every revision.")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Import rows of a resource: all of them or, if one is refused, none. The exit code is 1 if any row is refused.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    from app import operations
    from app.core.problems import Problem, Unavailable
    from app.imports import command_line
    from app.imports.report import ImportOptions
    from app.registry import IMPORTABLE

    if resource not in IMPORTABLE:
        raise typer.BadParameter(f"--resource must be one of: {', '.join(IMPORTABLE)}.")
    if path.suffix.lower() not in command_line.FORMAT_BY_SUFFIX:
        suffixes = ", ".join(command_line.FORMAT_BY_SUFFIX)
        raise typer.BadParameter(f"The name of {path} must end with one of: {suffixes}.")
    importable = IMPORTABLE[resource]
    if importable.resolve is not None and meeting is None:
        raise typer.BadParameter("--meeting is required for participants.")
    if (meeting is not None and not importable.is_below_meeting) or (
        organization is not None and not importable.resolve
    ):
        raise typer.BadParameter("--meeting or --organization is not allowed with this resource.")
    day_first = date_order == "dmy"
    importable = importable.within_meeting(meeting)
    options = ImportOptions(importable, dry_run, partial, update, all_results, day_first, organization)
    change_reason = parse_change_reason(reason, legal_basis)
    try:
        settings = operations.read_settings()
        with open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            operations.check_server(database.url, workers=0)
            settings = settings.model_copy(update={"database_url": database.url})
            with show_progress(path) as report_progress:
                report = operations.run_query(
                    command_line.import_file(
                        settings, command_line.ImportFile(path, sheet), options, change_reason, report_progress
                    )
                )
    except operations.OperatorError as error:
        fail(error)
    except Unavailable as error:
        fail(operations.to_operator_error(error))
    except Problem as problem:
        print_refusal(path, problem)
        raise typer.Exit(1) from None
    print_report(path, report, as_json)
    raise typer.Exit(1 if report.counts["refused"] else 0)


def parse_change_reason(reason: str | None, legal_basis: str | None) -> "ChangeReason":
    """Validate the reason and legal basis of the revisions; typer.BadParameter names the option that is invalid."""
    from app.core.http.validation import validate_document
    from app.core.problems import InvalidContent
    from app.writes.payloads import ChangeReason

    try:
        return validate_document(ChangeReason, {"reason": reason, "legal_basis": legal_basis})
    except InvalidContent as invalid:
        option_by_pointer = {"/reason": "--reason", "/legal_basis": "--legal-basis"}
        errors = [f"{option_by_pointer[error.pointer or '']}: {error.detail.en}" for error in invalid.errors]
        raise typer.BadParameter(" ".join(errors)) from None


@contextmanager
def show_progress(path: Path) -> Iterator["ReportProgress"]:
    """Yield a callback that draws a bar of the file's bytes on a terminal, once the import has taken a second."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console, total = Console(stderr=True), path.stat().st_size
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, started_at = bar.add_task(path.name), time.monotonic()

    def report_progress(row_count: int, bytes_read: int) -> None:
        # After the last byte the commit takes a while: it stamps each change of a record.
        label = "committing" if bytes_read == total else path.name
        bar.update(task, completed=bytes_read, total=total, description=f"{label}: {row_count:,} rows")
        if time.monotonic() - started_at > BAR_DELAY_SECONDS:
            bar.start()

    try:
        yield report_progress
    finally:
        bar.stop()


def print_refusal(path: Path, problem: "Problem") -> None:
    """Print to standard error that nothing was imported, and why: the errors of the problem, or its detail."""
    typer.echo("Nothing was imported.", err=True)
    for error in problem.errors:
        typer.echo(f"{path.name}: {_describe_error(error)}", err=True)
    if not problem.errors:
        typer.echo(f"{path.name}: {problem.detail.en}", err=True)


def print_report(path: Path, report: "ImportReport", as_json: bool) -> None:
    """Print the counts and the updates, a table of all rows, or JSON to standard output; errors to standard error."""
    if as_json:
        import orjson

        sys.stdout.write(orjson.dumps(report.to_document("en")).decode() + "\n")
        return
    if report.options.all_results:
        _print_table(report)
    for row in report.list_rows():
        place = f"{path.name}:{row.line}: " + (f"{row.key}: " if row.key else "")
        for error in row.errors:
            typer.echo(f"{place}{_describe_error(error, report.headings)}", err=True)
        if row.changed and not report.options.all_results:
            typer.echo(f"{place}updated: {', '.join(row.changed)}")
    counts = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in report.counts.items() if count)
    typer.echo(f"{_format_result(report)} {counts or 'There are no rows'}.")


def _print_table(report: "ImportReport") -> None:
    """Print a table with line, result, key and changed members of each row."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("Line", "Result", "Key", "Changed or wrong", box=box.SIMPLE_HEAD)
    for row in report.list_rows():
        members = row.changed or [error.pointer or error.code for error in row.errors]
        table.add_row(str(row.line), row.status.replace("_", " "), row.key or "", ", ".join(members))
    Console().print(table)


def _describe_error(error: "ErrorDetail", headings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return one line on an error: its column or member, its text, its code, and the conflicting object, if any."""
    from app.imports.report import find_heading

    heading = find_heading(error, headings)
    member = f"{heading} ({error.pointer}): " if heading else f"{error.pointer}: " if error.pointer else ""
    address = f" ({error.address})" if error.address else ""
    return f"{member}{error.detail.en}{address} [{error.code}]"


def _format_result(report: "ImportReport") -> str:
    """Return the beginning of the summary line: imported, not imported, or a dry run."""
    if report.options.dry_run:
        return "Nothing was imported, this was a dry run:"
    return "Imported:" if report.is_applied else "Nothing was imported:"
