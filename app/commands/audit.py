"""The audit trail from the command line: is it whole, and are its newest lines sealed?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.audit_chain.sealer import Root

audit = typer.Typer(help="Verify the audit trail, and seal its newest lines.", no_args_is_help=True)


@audit.command()
def verify(
    roots: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Roots kept elsewhere, as /v1/audit/roots answered them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Recompute the chain of hashes over all lines; exit code 1 where one was changed, dropped, inserted or swapped."""
    from app import operations
    from app.audit_chain import maintenance, report

    kept = read_roots(roots) if roots else []
    try:
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=0)
            with report.show_progress() as progress:
                verdict = operations.run_query(maintenance.verify_trail(database.url, kept, progress))
    except operations.OperatorError as error:
        fail(error)
    report.print_result(verdict, as_json=as_json)
    raise typer.Exit(1 if verdict.defects else 0)


@audit.command()
def seal(database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Seal what is not sealed yet. A running service does so by itself, about once a second."""
    from app import operations
    from app.audit_chain import maintenance

    try:
        settings = operations.read_settings()
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
            operations.check_server(database.url, workers=0)
            sealed = operations.run_query(
                maintenance.seal_trail(settings.model_copy(update={"database_url": database.url}))
            )
    except operations.OperatorError as error:
        fail(error)
    typer.echo("Another sealer is at it." if sealed is None else f"Sealed: {sealed}.")


def read_roots(path: Path) -> "list[Root]":

    from app.audit_chain import maintenance

    try:
        return maintenance.parse_roots(path.read_bytes())
    except OSError as error:
        fail(ValueError(f"{path} cannot be read: {error.strerror}."))
    except ValueError:
        fail(ValueError(f"{path} holds no roots: an answer of /v1/audit/roots is wanted, or its list of items."))
