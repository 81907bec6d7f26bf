"""What an operator sees of a verification: its progress when it takes long, and the verdict."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.audit_chain import verifier

PROGRESS_DELAY_SECONDS = 1.0  # seconds without a bar


@contextmanager
def show_progress() -> Iterator[verifier.ReportProgress]:
    """For `verify`: a bar, on a terminal, once it has taken longer than a second."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, began = bar.add_task("lines"), time.monotonic()

    def note(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - began > PROGRESS_DELAY_SECONDS:
            bar.start()

    try:
        yield note
    finally:
        bar.stop()


def print_result(result: verifier.VerificationResult, *, as_json: bool) -> None:
    """Print the result of a verification to the standard output, with a line for each defect."""
    if as_json:
        counts = {"sealed": result.sealed, "unsealed": result.unsealed, "roots": result.roots}
        defects = [defect._asdict() for defect in result.defects]
        document = {"whole": not defects, **counts, "kept": result.external_roots, "flaws": defects}
        typer.echo(orjson.dumps(document).decode())
        return
    for defect in result.defects:
        line = "" if defect.line is None else f", line {defect.line}"
        typer.echo(f"{defect.kind} at position {defect.position}{line}: {defect.detail}")
    state = "The trail is not whole" if result.defects else "The trail is whole"
    external = f", {result.external_roots} kept elsewhere" if result.external_roots else ""
    counted = f"{result.sealed} lines recomputed, {result.roots} roots{external}, {result.unsealed} not sealed yet"
    typer.echo(f"{state}: {counted}.")
