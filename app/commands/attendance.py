"""Rolls from the command line: derived anew from their facts, and kept no longer than they may be."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from app.commands.options import DatabaseUrl, DataDir, fail

T = TypeVar("T")
attendance = typer.Typer(help="Derive rolls anew from what gates have scanned.", no_args_is_help=True)
retention = typer.Typer(help="Keep persons on rolls no longer than their meeting says.", no_args_is_help=True)


@attendance.command()
def recompute(
    meeting: Annotated[str | None, typer.Option(metavar="CODE", help="Only this meeting.")] = None,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Derive every roll anew and mend what differs; exit code 1 where something did. A sound roll is not changed."""
    from app.attendance import maintenance

    done = run(lambda url: maintenance.recompute_attendance(url, meeting), database_url, data_dir)
    if meeting is not None and not done:
        fail(ValueError(f"There is no meeting {meeting}, or its persons have become counts."))
    wrong = [one for one in done if one.participants or one.counts]
    for one in wrong:
        typer.echo(
            f"{one.meeting}: {one.participants} participants and {one.counts} counts were wrong, and are mended."
        )
    typer.echo(f"{len(done)} rolls derived anew, {len(wrong)} changed.")
    raise typer.Exit(1 if wrong else 0)


@retention.command("run")
def run_retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be forgotten, and forget nothing.")
    ] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Forget the persons of each meeting whose `retention_days` are over: how many they were stays. Run it daily."""
    from app.attendance import maintenance

    done = run(lambda url: maintenance.anonymise_participants(url, dry_run=dry_run), database_url, data_dir)
    for one in done:
        typer.echo(f"{one.meeting}: {one.persons} persons {'would become' if dry_run else 'have become'} counts.")
    if not done:
        typer.echo("No meeting's persons are kept longer than they may be.")


def run(work: Callable[[str], Coroutine[Any, Any, T]], database_url: str | None, data_dir: Path | None) -> T:
    """What this work comes to on the operator's database or the embedded one."""
    from app import operations

    try:
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=0)
            return operations.run_query(work(database.url))
    except operations.OperatorError as error:
        fail(error)
