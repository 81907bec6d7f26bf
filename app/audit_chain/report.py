"""The output of `rakornas audit verify`: a progress bar and the result."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.audit_chain import verifier

PROGRESS_DELAY_SECONDS = 1.0  # a shorter verification shows no progress bar


@contextmanager
def show_progress() -> Iterator[verifier.ReportProgress]:
    """Show a progress bar on a terminal, from the first second on, and yield the function that advances it."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, started_at = bar.add_task("lines"), time.monotonic()

    def report_progress(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - started_at > PROGRESS_DELAY_SECONDS:
            bar.start()

    try:
        yield report_progress
    finally:
        bar.stop()


def print_result(result: verifier.VerificationResult, *, as_json: bool) -> None:
    """Print a verification's result to standard output: as JSON, or a line per defect and a summary."""
    if as_json:
        counts = {"sealed": result.sealed, "unsealed": result.unsealed, "roots": result.roots}
        defects = [defect._asdict() for defect in result.defects]
        document = {"intact": not defects, **counts, "external_roots": result.external_roots, "defects": defects}
        typer.echo(orjson.dumps(document).decode())
        return
    for defect in result.defects:
        line = "" if defect.line is None else f", line {defect.line}"
        typer.echo(f"{defect.kind} at position {defect.position}{line}: {defect.detail}")
    state = "The audit trail is not intact" if result.defects else "The audit trail is intact"
    external = f", {result.external_roots} external roots" if result.external_roots else ""
    counted = f"{result.sealed} lines recomputed, {result.roots} roots{external}, {result.unsealed} not sealed yet"
    typer.echo(f"{state}: {counted}.")
