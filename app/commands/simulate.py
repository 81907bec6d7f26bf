"""A meeting played against a running service, from the command line."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import DatabaseUrl, DataDir, fail

if TYPE_CHECKING:
    from app.simulation.runner import Outcome, Wishes

simulate = typer.Typer(help="Play something against a running service, and check what it has made of it.")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "": 1}


@simulate.callback()
def simulations() -> None:
    """So that `meeting` is named, also while it is the only one."""


def span(text: str) -> timedelta:
    """As 120s, 2m or 500ms."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|)", text)
    if found is None:
        raise typer.BadParameter(f"{text} is no span of time: 120s, 2m and 500ms are.")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


@simulate.command()
def meeting(
    participants: Annotated[int, typer.Option(min=1, max=20_000, help="How many are asked.")] = 600,
    gates: Annotated[int, typer.Option(min=1, max=200, help="How many scan.")] = 10,
    offline: Annotated[
        float, typer.Option(min=0, max=1, help="The share of time for which a gate has no network.")
    ] = 0.3,
    skew: Annotated[
        timedelta, typer.Option(parser=span, metavar="SPAN", help="By how much a gate's clock may be wrong.")
    ] = "120s",  # type: ignore[assignment]
    duplicate: Annotated[float, typer.Option(min=0, max=1, help="The share of posts that are sent again.")] = 0.1,
    seed: Annotated[int, typer.Option(help="The same seed, the same meeting.")] = 7,
    batch: Annotated[int, typer.Option(min=1, max=5000, help="Scans in a batch at most.")] = 500,
    seconds: Annotated[float, typer.Option(min=0, max=86_400, help="How long the day is; 0: as fast as it goes.")] = 10,
    url: Annotated[str, typer.Option(help="Where the service is.")] = "http://127.0.0.1:8000",
    client_id: Annotated[
        str | None, typer.Option(envvar="RAKORNAS_CLIENT_ID", help="A client with the scopes; else one is made.")
    ] = None,
    client_secret: Annotated[str | None, typer.Option(envvar="RAKORNAS_CLIENT_SECRET", help="Its secret.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
) -> None:
    """Play a meeting with gates that lose the network and whose clocks are wrong; exit code 1 where the roll is too.

    The client needs meetings:write, attendance:write, attendance:read, check-ins:write and clients:admin. Where none is
    given, one is made in the database for this once. The meeting stays, to be looked at.
    """
    from app.simulation import report
    from app.simulation.http_client import SimulationError
    from app.simulation.runner import Wishes

    wishes = Wishes(participants, gates, offline, skew, duplicate, seed, batch, seconds)
    is_given = client_id and client_secret
    organizer = (client_id, client_secret) if client_id and client_secret else client(database_url, data_dir)
    try:
        outcome = asyncio.run(played(url, organizer, wishes))
    except SimulationError as error:
        fail(error)
    finally:
        if not is_given:
            dismiss(organizer[0], database_url, data_dir)
    report.print_outcome(outcome, as_json=as_json)
    raise typer.Exit(1 if outcome.ledger.differences else 0)


async def played(url: str, client: tuple[str, str], wishes: "Wishes") -> "Outcome":
    import httpx

    from app.simulation import report, runner

    limits = httpx.Limits(max_connections=None)
    with report.progress() as progress:
        language = {"Accept-Language": "en"}
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits, headers=language) as http:
            return await runner.play(http, client, wishes, progress)


def client(database_url: str | None, data_dir: Path | None) -> tuple[str, str]:
    """A client that the organizer of the meeting is."""
    from app.clients import maintenance
    from app.commands.clients import run_in_transaction
    from app.simulation.organizer import SCOPES

    content = {"name": "simulation", "scopes": list(SCOPES)}
    id_, secret = run_in_transaction(lambda write: maintenance.create_client(write, content), database_url, data_dir)
    return id_, secret or ""


def dismiss(id_: str, database_url: str | None, data_dir: Path | None) -> None:
    from app.clients import maintenance
    from app.commands.clients import run_in_transaction

    run_in_transaction(lambda write: maintenance.revoke_client(write, id_), database_url, data_dir)
