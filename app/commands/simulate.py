"""`rakornas simulate`: simulations against a running service."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.simulation.runner import SimulationOptions, SimulationResult

simulate = typer.Typer(help="Simulate traffic against a running service and check the result.")
SECONDS_PER_UNIT = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}


@simulate.callback()
def declare_group() -> None:
    """Keep `meeting` a subcommand: Typer would otherwise merge the only command into the group."""


def parse_duration(text: str) -> timedelta:
    """Parse a duration like 120s, 2m or 500ms."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|)", text)
    if match is None:
        raise typer.BadParameter(f"{text} is not a duration. Write a number and a unit, like 120s, 2m or 500ms.")
    return timedelta(seconds=float(match[1]) * SECONDS_PER_UNIT[match[2]])


def parse_url(text: str) -> str:
    """Return the address of a service without a slash at its end; typer.BadParameter if it is not one."""
    try:
        parts = urlsplit(text)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise typer.BadParameter("It must be the address of a service, like http://127.0.0.1:8000.")
    return text.rstrip("/")


@simulate.command()
def meeting(
    participants: Annotated[int, typer.Option(min=1, max=20_000, help="Number of participants.")] = 600,
    gates: Annotated[int, typer.Option(min=1, max=200, help="Number of gates.")] = 10,
    offline: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the time for which a gate has no network.")
    ] = 0.3,
    skew: Annotated[
        timedelta, typer.Option(parser=parse_duration, metavar="SPAN", help="Greatest error of a gate's clock.")
    ] = "120s",  # type: ignore[assignment]
    duplicate: Annotated[float, typer.Option(min=0, max=1, help="Share of submissions that are sent twice.")] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same meeting.")] = 7,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Most scans in a batch.")] = 500,
    seconds: Annotated[float, typer.Option(min=0, max=86_400, help="Length of the day; 0: as fast as possible.")] = 10,
    url: Annotated[
        str, typer.Option(parser=parse_url, metavar="URL", help="Address of the service.")
    ] = "http://127.0.0.1:8000",
    client_id: Annotated[
        str | None,
        typer.Option(
            envvar="RAKORNAS_CLIENT_ID", help="Id of a client with the scopes; by default one is created temporarily."
        ),
    ] = None,
    client_secret: Annotated[
        str | None, typer.Option(envvar="RAKORNAS_CLIENT_SECRET", help="Secret of the client.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Simulate a meeting with gates that lose the network and have wrong clocks; exit with 1 if the roll is wrong.

    The client needs the scopes meetings:write, attendance:write, attendance:read, check-ins:write and clients:admin.
    Without --client-id and --client-secret, one is created in the database and revoked at the end. The simulated
    meeting is not deleted.
    """
    from app.simulation import report
    from app.simulation.http_client import SimulationError
    from app.simulation.runner import SimulationOptions

    options = SimulationOptions(
        participants=participants,
        gates=gates,
        offline_share=offline,
        max_skew=skew,
        repeated_share=duplicate,
        seed=seed,
        max_batch_size=batch,
        seconds=seconds,
    )
    has_client = client_id and client_secret
    client = (client_id, client_secret) if client_id and client_secret else create_client(database_url, data_dir)
    try:
        result = asyncio.run(run_meeting(url, client, options))
    except SimulationError as error:
        fail(error)
    finally:
        if not has_client:
            revoke_client(client[0], database_url, data_dir)
    report.print_result(result, as_json=as_json)
    raise typer.Exit(1 if result.ledger.differences else 0)


async def run_meeting(url: str, client: tuple[str, str], options: "SimulationOptions") -> "SimulationResult":
    """Simulate a meeting against the service at `url`, showing a progress bar on a terminal, and return the result."""
    import httpx

    from app.simulation import report, runner

    limits = httpx.Limits(max_connections=None)
    with report.show_progress() as progress:
        language = {"Accept-Language": "en"}
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits, headers=language) as http:
            return await runner.run_simulation(http, client, options, progress)


def create_client(database_url: str | None, data_dir: Path | None) -> tuple[str, str]:
    """Create a client with the organizer's scopes in the given or the embedded database; return its id and secret."""
    from app.clients import maintenance
    from app.commands.clients import run_in_transaction
    from app.simulation.organizer import SCOPES

    payload = {"name": "simulation", "scopes": list(SCOPES)}
    client_id, secret = run_in_transaction(
        lambda transaction: maintenance.create_client(transaction, payload), database_url, data_dir
    )
    return client_id, secret or ""


def revoke_client(client_id: str, database_url: str | None, data_dir: Path | None) -> None:
    """Revoke a client for ever in the given or the embedded database."""
    from app.clients import maintenance
    from app.commands.clients import run_in_transaction

    run_in_transaction(
        lambda transaction: maintenance.revoke_client(transaction, client_id), database_url, data_dir, is_quiet=True
    )
