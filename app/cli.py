"""Command line: `rakornas serve`, `migrate`, `load`, `show`, and the groups of commands.

Each command imports what it needs when it runs, so that help and a restart are fast.
"""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.attendance import attendance, retention
from app.commands.audit import audit
from app.commands.clients import clients
from app.commands.databases import open_database
from app.commands.errors import CommandGroup
from app.commands.imports import import_
from app.commands.options import DatabaseUrl, DataDir, fail
from app.commands.simulate import simulate

if TYPE_CHECKING:
    from app.show.record_reader import RecordReader
    from app.show.report import Report

app = typer.Typer(
    cls=CommandGroup,
    help="An open JSON service about the offices, organisation, stages and meetings of the election commissions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
show = typer.Typer(
    help="Show data as tables: on a terminal in its width, in a pipe with one row per line.", no_args_is_help=True
)
app.add_typer(show, name="show")
app.add_typer(clients, name="clients")
app.add_typer(audit, name="audit")
app.add_typer(simulate, name="simulate")
app.add_typer(attendance, name="attendance")
app.add_typer(retention, name="retention")
app.command("import")(import_)

AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DAY", help="Day of the report, YYYY-MM-DD, 1900-2199. Default: today."),
]
Status = Literal["finished", "running", "upcoming", "undated"]


def main() -> None:
    """Run the command that the process's arguments name."""
    if sys.argv[1:2] != ["serve"] and "--help" not in sys.argv:
        from app.core.telemetry import configure_logging

        configure_logging("CRITICAL")  # an error is reported in one sentence instead
    app()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free port.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of worker processes.")] = 1,
    migrate: Annotated[bool, typer.Option("--migrate", help="Migrate your own database before serving.")] = False,
    root_path: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Path under which a proxy serves this service; RAKORNAS_ROOT_PATH."),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the API. Without a database URL, an embedded PostgreSQL is started, migrated and loaded."""
    from app import operations, serving
    from app.commands.clients import create_first_client

    try:
        if root_path is not None:
            os.environ["RAKORNAS_ROOT_PATH"] = root_path  # for the workers too
        settings = operations.read_settings()
        with (
            serving.open_listener(host, port) as listener,
            open_database(database_url, data_dir, is_service=True) as database,
        ):
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            elif migrate:
                operations.migrate(database.url)
            operations.check_server(database.url, workers)
            client = create_first_client(database.url) if database.embedded else None
            serving.warn_of_missing_issuer(listener, settings.root_path)
            url = operations.switch_to_service_role(database.url) if database.embedded else database.url
            typer.echo(serving.format_greeting(listener, client, settings.root_path))  # after the last query
            serving.run_server(listener, workers, url, settings.root_path)
    except operations.OperatorError as error:
        fail(error)


@app.command()
def migrate(
    grant_to: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE", help="Grant this role the privileges for serving (on the audit trail: only INSERT)."
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Migrate the database to the schema of this release, and optionally grant a role the privileges for serving."""
    from app import operations

    try:
        with open_database(database_url, data_dir) as database:
            before, after = operations.migrate(database.url)
            is_insert_only = operations.grant_privileges(database.url, grant_to) if grant_to else None
    except operations.OperatorError as error:
        fail(error)
    typer.echo(f"The schema is at {after}." if before == after else f"Migrated from {before or 'nothing'} to {after}.")
    if is_insert_only is not None:
        warning = "" if is_insert_only else ", but as an owner or superuser it can change the audit trail"
        typer.echo(f"{grant_to} has the privileges for serving{warning}.")


@app.command()
def load(
    path: Annotated[Path | None, typer.Argument(help="A directory of data files. Default: the shipped ones.")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Load reference data: all of it or, if a row is wrong, nothing. Rows without a difference are not touched."""
    from app import operations
    from app.reference import loader, report

    try:
        dataset = loader.read_dataset(path or loader.SHIPPED)
        with open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=1)
            with report.show_progress() as report_progress:
                summary = operations.load_dataset(database.url, dataset, report_progress)
    except operations.OperatorError as error:
        fail(error)
    except loader.DatasetError as error:
        report.print_errors(error)
        raise typer.Exit(1) from None
    report.print_summary(summary)


@show.command()
def roster(
    code: Annotated[str, typer.Argument(help="Code of the organization: kpu, kpu-31, kpu-31.71.")],
    as_of: AsOf = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Show the officials of an organization on a day, certain or possible. `until` is the first day out of office.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """

    async def build_report(record: "RecordReader") -> "Report":
        from app.show.roster import build_roster_report

        return await build_roster_report(record, code)

    print_report(build_report, as_of, database_url, data_dir)


@show.command()
def stages(
    election: Annotated[str | None, typer.Option(metavar="CODE", help="Code of one election: pemilu-2024.")] = None,
    running: Annotated[bool, typer.Option("--running", help="Short for --status running.")] = False,
    status: Annotated[Status | None, typer.Option(help="Only stages in this status on the day.")] = None,
    parts: Annotated[
        bool | None,
        typer.Option(
            "--parts/--top", help="With parts, or only the top level. Default: with parts if a status is given."
        ),
    ] = None,
    as_of: AsOf = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Show the stages of elections on a day.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    if running and status not in (None, "running"):
        raise typer.BadParameter("--running means --status running: give only one of them.")
    selected: Status | None = "running" if running else status

    async def build_report(record: "RecordReader") -> "Report":
        from app.show.stages import build_stages_report

        return await build_stages_report(record, election, selected, selected is not None if parts is None else parts)

    print_report(build_report, as_of, database_url, data_dir)


@show.command()
def meeting(
    code: Annotated[str, typer.Argument(help="Code of the meeting: rakornas-2022-06.")],
    as_of: AsOf = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Show a meeting: its sessions, attendance and statements, and the corrections of its source.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """

    async def build_report(record: "RecordReader") -> "Report":
        from app.show.meeting import build_meeting_report

        return await build_meeting_report(record, code)

    print_report(build_report, as_of, database_url, data_dir)


def print_report(
    build_report: Callable[["RecordReader"], Awaitable["Report"]],
    as_of: str | None,
    database_url: str | None,
    data_dir: Path | None,
) -> None:
    """Print a report from the given database, or from the embedded one after migrating it and, if empty, loading it.

    The embedded server is stopped before writing, so that a slow reader of the output does not keep it running.
    """
    from app import operations
    from app.show import record_reader

    try:
        settings = operations.read_settings()
        record_reader.require_valid_day(as_of)
        with open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            operations.check_server(database.url, workers=0)
            report = record_reader.read_record(
                settings.model_copy(update={"database_url": database.url}), as_of, build_report
            )
    except operations.OperatorError as error:
        fail(error)
    report.write(sys.stdout)
