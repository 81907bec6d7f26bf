"""The command line: `rakornas serve`, `rakornas migrate`, `rakornas load`, and `rakornas show` with what it can show.

Only what a command needs is imported, when it runs: help is there at once, and a warm start is not slowed down.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.attendance import attendance, retention
from app.commands.audit import audit
from app.commands.clients import clients
from app.commands.imports import import_
from app.commands.options import DatabaseUrl, DataDir, fail
from app.commands.simulate import simulate

if TYPE_CHECKING:
    from app.show.record_reader import RecordReader
    from app.show.report import Report

app = typer.Typer(
    help="Who holds which office in an election commission, and how it is organised: an open JSON service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
show = typer.Typer(
    help="Show the record as tables: on a terminal as wide as it is, in a pipe one row a line.", no_args_is_help=True
)
app.add_typer(show, name="show")
app.add_typer(clients, name="clients")
app.add_typer(audit, name="audit")
app.add_typer(simulate, name="simulate")
app.add_typer(attendance, name="attendance")
app.add_typer(retention, name="retention")
app.command("import")(import_)

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="The day to look at, YYYY-MM-DD, 1900 to 2199; else today.")
]
Status = Literal["finished", "running", "upcoming", "undated"]


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
    from app.commands.clients import create_first_client

    try:
        operations.read_settings()
        with (
            serving.open_listener(host, port) as listener,
            operations.open_database(database_url, data_dir) as database,
        ):
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            elif migrate:
                operations.migrate(database.url)
            operations.check_server(database.url, workers)
            client = create_first_client(database.url) if database.embedded else None
            typer.echo(serving.format_greeting(listener, client))
            url = operations.switch_to_service_role(database.url) if database.embedded else database.url
            serving.run_server(listener, workers, url)
    except operations.OperatorError as error:
        fail(error)


@app.command()
def migrate(
    grant_to: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Give this role what serving needs: it can only add to the audit trail."),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Bring the database's schema to this release's."""
    from app import operations

    try:
        with operations.open_database(database_url, data_dir) as database:
            before, after = operations.migrate(database.url)
            held = operations.grant_privileges(database.url, grant_to) if grant_to else None
    except operations.OperatorError as error:
        fail(error)
    typer.echo(f"The schema is at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}.")
    if held is not None:
        rest = "" if held else ", but it owns the audit trail, or is a superuser, and can change what stands there"
        typer.echo(f"{grant_to} has what serving needs{rest}.")


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
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=1)
            with report.show_progress() as progress:
                summary = operations.load_dataset(database.url, dataset, progress)
    except operations.OperatorError as error:
        fail(error)
    except loader.DatasetError as error:
        report.print_errors(error)
        raise typer.Exit(1) from None
    report.print_summary(summary)


@show.command()
def roster(
    code: Annotated[str, typer.Argument(help="Code of the body: kpu, kpu-31, kpu-31.71.")],
    as_of: AsOf = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Show who was in office at a body on a day, certainly or possibly. `until`: the first day no longer."""

    async def sheet(record: "RecordReader") -> "Report":
        from app.show.roster import build_roster_report

        return await build_roster_report(record, code)

    print_report(sheet, as_of, database_url, data_dir)


@show.command()
def stages(
    election: Annotated[str | None, typer.Option(metavar="CODE", help="Of this election: pemilu-2024.")] = None,
    running: Annotated[bool, typer.Option("--running", help="The same as --status running.")] = False,
    status: Annotated[Status | None, typer.Option(help="Those in this status on the day.")] = None,
    parts: Annotated[
        bool | None,
        typer.Option(
            "--parts/--top", help="With their parts, or the top level alone; else parts where a status is asked for."
        ),
    ] = None,
    as_of: AsOf = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Show what the calendars of the elections come to on a day."""
    if running and status not in (None, "running"):
        raise typer.BadParameter("--running is --status running: give one of them.")
    asked: Status | None = "running" if running else status

    async def sheet(record: "RecordReader") -> "Report":
        from app.show.stages import build_stages_report

        return await build_stages_report(record, election, asked, asked is not None if parts is None else parts)

    print_report(sheet, as_of, database_url, data_dir)


@show.command()
def meeting(
    code: Annotated[str, typer.Argument(help="Code of the meeting: rakornas-2022-06.")],
    as_of: AsOf = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Show a meeting: its sessions, how many came, what was said, and what its source has misprinted."""

    async def sheet(record: "RecordReader") -> "Report":
        from app.show.meeting import build_meeting_report

        return await build_meeting_report(record, code)

    print_report(sheet, as_of, database_url, data_dir)


def print_report(
    sheet: Callable[["RecordReader"], Awaitable["Report"]],
    as_of: str | None,
    database_url: str | None,
    data_dir: Path | None,
) -> None:
    """Read a sheet from the operator's database, or from the embedded one, filled by itself; then write it.

    Only then: a reader that takes its time over the output keeps no server running.
    """
    from app import operations
    from app.core import telemetry
    from app.show import record_reader

    try:
        settings = operations.read_settings()
        record_reader.require_valid_day(as_of)
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            operations.check_server(database.url, workers=0)
            telemetry.configure_logging("CRITICAL")  # what goes wrong is told in one sentence
            found = record_reader.read_record(settings.model_copy(update={"database_url": database.url}), as_of, sheet)
    except operations.OperatorError as error:
        fail(error)
    found.write(sys.stdout)
