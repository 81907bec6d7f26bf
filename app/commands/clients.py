"""Machine clients from the command line: the first one has nobody else to make it."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.core.db.transaction import Transaction

T = TypeVar("T")
clients = typer.Typer(help="Make, list and revoke the machine clients that may ask for tokens.", no_args_is_help=True)
ClientIdArgument = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As `create` and `list` show it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@clients.command()
def create(
    name: Annotated[str, typer.Option(help="What people know it by.")],
    scope: Annotated[list[str], typer.Option(help="What it may do, as changes:read; may be given several times.")],
    organization: Annotated[
        str | None, typer.Option(metavar="CODE", help="It writes only in this body and below.")
    ] = None,
    meeting: Annotated[str | None, typer.Option(metavar="CODE", help="The meeting whose gate it is.")] = None,
    jwks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Public keys to prove itself with, instead of a secret.")
    ] = None,
    as_json: JsonOption = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Make a client. Its secret is shown this once: what is kept of it is a digest."""
    from app.clients import maintenance

    members = {"name": name, "scopes": scope, "organization": organization, "meeting": meeting}
    keys = {"jwks": read_jwk_set(jwks)} if jwks else {}
    id_, secret = run_in_transaction(
        lambda write: maintenance.create_client(write, {**members, **keys}), database_url, data_dir
    )
    print_secret(id_, secret, as_json)


@clients.command("list")
def list_(as_json: JsonOption = False, database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """List the clients, one a line: id, name, scopes, live secrets, since when it is revoked."""
    from app.clients import maintenance

    found = run_in_transaction(maintenance.list_clients, database_url, data_dir)
    if as_json:
        print_json(found)
        return
    for one in found:
        live = sum(secret["revoked_at"] is None for secret in one["secrets"])
        revoked = f"revoked {one['revoked_at']}" if one["revoked_at"] else "live"
        typer.echo("\t".join([one["id"], one["name"], " ".join(one["scopes"]), f"{live} secrets", revoked]))


@clients.command()
def revoke(client_id: ClientIdArgument, database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Revoke a client: within 5 seconds none of its tokens is good."""
    from app.clients import maintenance

    run_in_transaction(lambda write: maintenance.revoke_client(write, client_id), database_url, data_dir)
    typer.echo(f"Revoked {client_id}.")


@clients.command("add-secret")
def add_secret(
    client_id: ClientIdArgument, as_json: JsonOption = False, database_url: DatabaseUrl = None, data_dir: DataDir = None
) -> None:
    """Make a second secret, to change one for another in use. It is shown this once."""
    from app.clients import maintenance

    secret = run_in_transaction(lambda write: maintenance.add_secret(write, client_id), database_url, data_dir)
    print_secret(client_id, secret, as_json)


@clients.command("revoke-secret")
def revoke_secret(
    client_id: ClientIdArgument,
    secret_id: Annotated[str, typer.Argument(metavar="SECRET_ID", help="As `list --json` shows it.")],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Revoke one secret, and with it the tokens that were fetched with it."""
    from app.clients import maintenance

    run_in_transaction(lambda write: maintenance.revoke_secret(write, client_id, secret_id), database_url, data_dir)
    typer.echo(f"Revoked the secret {secret_id}.")


def create_first_client(url: str) -> tuple[str, str] | None:
    """The id and secret of a client with all scopes, for a database that has no client yet."""
    from app import operations
    from app.clients import maintenance

    return operations.run_in_transaction(url, maintenance.create_first_client)


def run_in_transaction(
    operation: Callable[["Transaction"], Awaitable[T]], database_url: str | None, data_dir: Path | None
) -> T:
    """Do the work in one transaction on the operator's database, or on the embedded one."""
    from app import operations
    from app.clients.maintenance import ClientCommandError

    try:
        with operations.open_database(database_url, data_dir) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            operations.check_server(database.url, workers=0)
            return operations.run_in_transaction(database.url, operation)
    except (operations.OperatorError, ClientCommandError) as error:
        fail(error)


def read_jwk_set(path: Path) -> Any:
    """A file with a set of public keys, or with one."""
    import json

    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path} is no JSON that can be read: {error}") from error
    return {"keys": [found]} if isinstance(found, dict) and "kty" in found else found


def print_secret(id_: str, secret: str | None, as_json: bool) -> None:
    if as_json:
        print_json({"client_id": id_, "client_secret": secret})
        return
    typer.echo(f"client_id      {id_}")
    if secret is not None:
        typer.echo(f"client_secret  {secret}")
        typer.secho("The secret is not shown again.", err=True)


def print_json(document: Any) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(document).decode() + "\n")
