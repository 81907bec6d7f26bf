"""The commands `rakornas audit …`: verify the hash chain of the audit trail, and seal its newest lines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.databases import open_database
from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.audit_chain.sealer import Root

audit = typer.Typer(help="Verify the audit trail, and seal its newest lines.", no_args_is_help=True)


@audit.command()
def verify(
    roots: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also compare with these roots: a stored response of /v1/audit/roots."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Verify the audit trail: recompute its hash chain. Exit code 1: a line was changed, deleted, inserted or swapped.

    Without a database URL, it works on the embedded database, which is migrated first.
    """
    from app import operations
    from app.audit_chain import maintenance, report

    external_roots = read_roots(roots) if roots else []
    try:
        with open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=0)
            with report.show_progress() as report_progress:
                verification = maintenance.verify_trail(database.url, external_roots, report_progress)
                result = operations.run_query(verification)
    except operations.OperatorError as error:
        fail(error)
    report.print_result(result, as_json=as_json)
    raise typer.Exit(1 if result.defects else 0)


@audit.command()
def seal(database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Add the audit lines that are not sealed yet to the hash chain. A running service does so about once a second.

    Without a database URL, it works on the embedded database, which is migrated first.
    """
    from app import operations
    from app.audit_chain import maintenance

    try:
        settings = operations.read_settings()
        with open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=0)
            database_settings = settings.model_copy(update={"database_url": database.url})
            sealed = operations.run_query(maintenance.seal_trail(database_settings))
    except operations.OperatorError as error:
        fail(error)
    typer.echo("Another sealer is running." if sealed is None else f"Sealed: {sealed}.")


def read_roots(path: Path) -> "list[Root]":
    """Read a file with roots of the hash chain; if it cannot be read or contains none, exit with code 1."""
    from app.audit_chain import maintenance

    try:
        return maintenance.parse_roots(path.read_bytes())
    except OSError as error:
        fail(ValueError(f"{path} cannot be read: {error.strerror}."))
    except ValueError:
        fail(ValueError(f"{path} contains no roots. It must be a response of /v1/audit/roots, or its list of items."))
