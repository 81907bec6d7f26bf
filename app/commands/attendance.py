"""Commands that recompute attendance and anonymise participants past their retention period."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from app.commands.databases import open_database
from app.commands.options import DatabaseUrl, DataDir, fail

T = TypeVar("T")
attendance = typer.Typer(help="Recompute attendance from scans and manual statuses.", no_args_is_help=True)
retention = typer.Typer(help="Anonymise participants past the retention period of their meeting.", no_args_is_help=True)


@attendance.command()
def recompute(
    meeting: Annotated[str | None, typer.Option(metavar="CODE", help="Recompute only this meeting.")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Recompute every roll and repair what differs. The exit code is 1 if anything differed, else 0.

    Without a database URL, it works on the embedded database, which is migrated first.
    """
    from app.attendance import maintenance

    rolls = run_on_database(lambda url: maintenance.recompute_attendance(url, meeting), database_url, data_dir)
    if meeting is not None and not rolls:
        fail(ValueError(f"Meeting {meeting} does not exist, or its participants were anonymised."))
    wrong = [roll for roll in rolls if roll.participants or roll.counters]
    for roll in wrong:
        typer.echo(f"{roll.meeting}: repaired {roll.participants} participants and {roll.counters} counters.")
    typer.echo(f"Rolls recomputed: {len(rolls)}, changed: {len(wrong)}.")
    raise typer.Exit(1 if wrong else 0)


@retention.command("run")
def run_retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be anonymised and change nothing.")
    ] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Erase the personal data of each meeting past its `retention_days`, and keep the counts. Run it daily.

    It also erases that of deleted meetings, and what has arrived since the last run.

    Without a database URL, it works on the embedded database, which is migrated first.
    """
    from app.attendance import maintenance

    meetings = run_on_database(
        lambda url: maintenance.erase_personal_data(url, dry_run=dry_run), database_url, data_dir
    )
    for meeting in meetings:
        name = f"{meeting.meeting} (deleted)" if meeting.is_deleted else meeting.meeting
        anonymised, erased = ("would anonymise", "erase") if dry_run else ("anonymised", "erased")
        typer.echo(f"{name}: {anonymised} {meeting.participants} participants and {erased} {meeting.records} records.")
    if not meetings:
        typer.echo("No meeting past its retention period has personal data.")


def run_on_database(
    task: Callable[[str], Coroutine[Any, Any, T]], database_url: str | None, data_dir: Path | None
) -> T:
    """Run a task on the given database, or on the embedded one after migrating it, and return its result.

    Prints an operator's error and exits with code 1.
    """
    from app import operations

    try:
        with open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=0)
            return operations.run_query(task(database.url))
    except operations.OperatorError as error:
        fail(error)
