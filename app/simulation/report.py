"""Output of a simulation: the progress bar, a table of figures, and the differences."""

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

MAX_PRINTED_DIFFERENCES = 20


@contextmanager
def show_progress() -> Iterator[runner.Progress]:
    """Show a progress bar if the standard error stream is a terminal; yield the function that updates it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("scans", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def build_figures(result: runner.SimulationResult) -> dict[str, Any]:
    """Return the measurements of a simulation by name: counts, rates, latency percentiles and the clock error."""
    ledger, outcome_counts = result.ledger, result.outcome_counts
    lines = result.expected_roll.lines.values()
    acknowledged = sum(scan.reported_outcome is not None for scan in ledger.scans.values())
    return {
        "participants": len(lines),
        "present": sum(line.status == "present" for line in lines),
        "late": sum(line.late for line in lines),
        "scans": ledger.counters["scans"],
        "sent on-line": ledger.counters["online"],
        "sent off-line": ledger.counters["offline"],
        "acknowledged": acknowledged,
        "posts": ledger.counters["posts"],
        "retries": result.statistics.retries,
        "replays": ledger.counters["replays"],
        **{
            name: outcome_counts[name] for name in ("first_entry", "re_entry", "already_entered", "exit", "not_invited")
        },
        **{name: outcome_counts[name] for name in ("badge_revoked", "badge_unknown")},
        "undecided": len(result.expected_roll.undecided),
        "seconds": round(result.seconds, 2),
        "scans a second": round(acknowledged / result.seconds, 1),
        "check-in p50 ms": _get_percentile_ms(ledger.latencies, 50),
        "check-in p99 ms": _get_percentile_ms(ledger.latencies, 99),
        "clocks within ms": round(result.max_clock_error.total_seconds() * 1000, 1),
    }


def print_result(result: runner.SimulationResult, *, as_json: bool) -> None:
    """Print the figures to standard output and the differences to standard error; `as_json`: both to standard output.

    With `as_json` they are one JSON document.
    """
    differences = result.ledger.differences
    statuses = dict(sorted(result.statistics.statuses.items()))
    if as_json:
        members = {name.replace(" ", "_").replace("-", "_"): value for name, value in build_figures(result).items()}
        document = {"meeting": result.meeting, **members, "statuses": statuses, "differences": differences}
        typer.echo(orjson.dumps(document).decode())
        return
    typer.echo(f"/v1/meetings/{result.meeting}")
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in build_figures(result).items():
        table.add_row(name, f"{value:,}")
    for status, count in statuses.items():
        table.add_row(f"responses {status}", f"{count:,}")
    Console().print(table)
    _print_differences(differences)


def _print_differences(differences: Sequence[str]) -> None:
    """Print the first differences, the number of others and whether the roll agrees, to standard error."""
    for sentence in differences[:MAX_PRINTED_DIFFERENCES]:
        typer.echo(sentence, err=True)
    if len(differences) > MAX_PRINTED_DIFFERENCES:
        typer.echo(f"And {len(differences) - MAX_PRINTED_DIFFERENCES} more.", err=True)
    verb = "differs from" if differences else "agrees with"
    typer.echo(f"The roll {verb} the records of the simulation.", err=True)


def _get_percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """Return a percentile of durations (given in seconds) in milliseconds; 0 if there are none."""
    if len(seconds) < 2:
        return round(1000 * sum(seconds), 1)
    return round(1000 * quantiles(seconds, n=100, method="inclusive")[percent - 1], 1)
