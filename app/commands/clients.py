"""The commands `rakornas clients …`. The API cannot create the first client, since it requires one."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.commands.databases import open_database
from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.core.db.transaction import Transaction

T = TypeVar("T")
clients = typer.Typer(help="Create, list and revoke the clients that may request access tokens.", no_args_is_help=True)
ClientIdArgument = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="The id that `create` and `list` print.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@clients.command()
def create(
    name: Annotated[str, typer.Option(help="Name of the client, shown in revisions.")],
    scope: Annotated[
        list[str],
        typer.Option(help="A scope such as stages:write. Repeat the option, or separate several scopes by spaces."),
    ],
    organization: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="It may write only in this organization and those below it."),
    ] = None,
    meeting: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="It is a gate of this meeting, and may check in only there."),
    ] = None,
    jwks: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A JWK Set of public keys to authenticate with, instead of a secret."),
    ] = None,
    as_json: JsonOption = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Create a client and print its secret, of which only a digest is stored.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    from app.clients import maintenance

    scopes = list(dict.fromkeys(word for words in scope for word in words.split()))
    members = {"name": name, "scopes": scopes, "organization": organization, "meeting": meeting}
    keys = {"jwks": read_jwk_set(jwks)} if jwks else {}
    new_client_id, secret = run_in_transaction(
        lambda transaction: maintenance.create_client(transaction, {**members, **keys}), database_url, data_dir
    )
    print_secret(new_client_id, secret, as_json)


@clients.command("list")
def list_(as_json: JsonOption = False, database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """List the clients, one per line: id, name, scopes, number of live secrets, and whether it is live or revoked.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    from app.clients import maintenance

    documents = run_in_transaction(maintenance.list_clients, database_url, data_dir)
    if as_json:
        print_json(documents)
        return
    for client in documents:
        live = sum(secret["revoked_at"] is None for secret in client["secrets"])
        status = f"revoked {client['revoked_at']}" if client["revoked_at"] else "live"
        typer.echo("\t".join([client["id"], client["name"], " ".join(client["scopes"]), f"{live} secrets", status]))


@clients.command()
def revoke(client_id: ClientIdArgument, database_url: DatabaseUrl = None, data_dir: DataDir = None) -> None:
    """Revoke a client for ever. Its access tokens become invalid within 5 seconds.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    from app.clients import maintenance

    run_in_transaction(lambda transaction: maintenance.revoke_client(transaction, client_id), database_url, data_dir)
    typer.echo(f"Revoked {client_id}.")


@clients.command("add-secret")
def add_secret(
    client_id: ClientIdArgument, as_json: JsonOption = False, database_url: DatabaseUrl = None, data_dir: DataDir = None
) -> None:
    """Create and print a second secret, to replace one that is in use.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    from app.clients import maintenance

    secret = run_in_transaction(
        lambda transaction: maintenance.add_secret(transaction, client_id), database_url, data_dir
    )
    print_secret(client_id, secret, as_json)


@clients.command("revoke-secret")
def revoke_secret(
    client_id: ClientIdArgument,
    secret_id: Annotated[str, typer.Argument(metavar="SECRET_ID", help="The id that `list --json` prints.")],
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Revoke a secret and the access tokens that were issued for it.

    Without a database URL, it works on the embedded database, which is migrated and, if empty, loaded first.
    """
    from app.clients import maintenance

    run_in_transaction(
        lambda transaction: maintenance.revoke_secret(transaction, client_id, secret_id), database_url, data_dir
    )
    typer.echo(f"Revoked the secret {secret_id}.")


def create_first_client(url: str) -> tuple[str, str] | None:
    """Create a client with all scopes if the database has no client; return its id and secret, or None."""
    from app import operations
    from app.clients import maintenance

    return operations.run_in_transaction(url, maintenance.create_first_client)


def run_in_transaction(
    operation: Callable[["Transaction"], Awaitable[T]],
    database_url: str | None,
    data_dir: Path | None,
    *,
    is_quiet: bool = False,
) -> T:
    """Run an operation in a transaction on the given database, or on the embedded one, migrated and filled first.

    The shipped reference data are loaded if the embedded database is empty. `is_quiet` is that of
    `open_database`. Prints an operator's error and exits with
    code 1.
    """
    from app import operations
    from app.clients.maintenance import ClientCommandError

    try:
        with open_database(database_url, data_dir, is_quiet=is_quiet) as database:
            if database.embedded:
                operations.migrate(database.url)
                operations.load_if_empty(database.url)
            operations.check_server(database.url, workers=0)
            return operations.run_in_transaction(database.url, operation)
    except (operations.OperatorError, ClientCommandError) as error:
        fail(error)


def read_jwk_set(path: Path) -> Any:
    """Read a JSON file with a JWK Set or a single JWK, and return a JWK Set, whose keys are not checked."""
    import json

    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{path} cannot be read as JSON: {error}") from error
    return {"keys": [document]} if isinstance(document, dict) and "kty" in document else document


def print_secret(client_id: str, secret: str | None, as_json: bool) -> None:
    """Print a client's id and, if it is not None, its new secret, as lines of text or as JSON."""
    if as_json:
        print_json({"client_id": client_id, "client_secret": secret})
        return
    typer.echo(f"client_id      {client_id}")
    if secret is not None:
        typer.echo(f"client_secret  {secret}")
        typer.secho("The secret is not shown again.", err=True)


def print_json(document: Any) -> None:
    """Print a document to standard output as one line of JSON."""
    import orjson

    sys.stdout.write(orjson.dumps(document).decode() + "\n")
