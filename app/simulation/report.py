"""What is seen of a simulation: its progress, a table of what was played, and what differs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.simulation import runner

MOST_TOLD = 20


@contextmanager
def progress() -> Iterator[runner.Progress]:
    """A bar on a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scans", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def figures(outcome: runner.Outcome) -> dict[str, Any]:
    """Everything that was counted."""
    ledger, comes_to = outcome.ledger, outcome.comes_to
    lines = outcome.verdicts.lines.values()
    acknowledged = sum(scan.told is not None for scan in ledger.scans.values())
    return {
        "participants": len(lines),
        "present": sum(line.status == "present" for line in lines),
        "late": sum(line.late for line in lines),
        "scans": ledger.count["scans"],
        "sent on-line": ledger.count["online"],
        "sent off-line": ledger.count["offline"],
        "acknowledged": acknowledged,
        "posts": ledger.count["posts"],
        "retries": outcome.seen.retries,
        "replays": ledger.count["replays"],
        **{name: comes_to[name] for name in ("first_entry", "already_entered", "exit", "not_invited")},
        **{name: comes_to[name] for name in ("badge_revoked", "badge_unknown")},
        "undecided": len(outcome.verdicts.undecided),
        "seconds": round(outcome.seconds, 2),
        "scans a second": round(acknowledged / outcome.seconds, 1),
        "check-in p50 ms": _percentile(ledger.latencies, 50),
        "check-in p99 ms": _percentile(ledger.latencies, 99),
        "clocks within ms": round(outcome.clock_error.total_seconds() * 1000, 1),
    }


def print_outcome(outcome: runner.Outcome, *, as_json: bool) -> None:
    """On the standard output; what differs on the standard error stream, unless it is asked for as JSON."""
    differences = outcome.ledger.differences
    statuses = dict(sorted(outcome.seen.statuses.items()))
    if as_json:
        told = {name.replace(" ", "_").replace("-", "_"): value for name, value in figures(outcome).items()}
        whole = {"meeting": outcome.meeting, **told, "statuses": statuses, "differences": differences}
        typer.echo(orjson.dumps(whole).decode())
        return
    typer.echo(f"/v1/meetings/{outcome.meeting}")
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in figures(outcome).items():
        table.add_row(name, f"{value:,}")
    for name, often in statuses.items():
        table.add_row(f"answered {name}", f"{often:,}")
    Console().print(table)
    _print_differences(differences)


def _print_differences(differences: Sequence[str]) -> None:
    for sentence in differences[:MOST_TOLD]:
        typer.echo(sentence, err=True)
    if len(differences) > MOST_TOLD:
        typer.echo(f"And {len(differences) - MOST_TOLD} more.", err=True)
    typer.echo("The roll and the ledger differ." if differences else "The roll is what the ledger says.", err=True)


def _percentile(seconds: Sequence[float], percent: int) -> float:
    """In milliseconds; 0 where there is nothing to tell."""
    if len(seconds) < 2:
        return round(1000 * sum(seconds), 1)
    return round(1000 * quantiles(seconds, n=100, method="inclusive")[percent - 1], 1)
