"""What an operator sees of a verification: its progress when it takes long, and the verdict."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.audit_chain import verifier

PATIENCE = 1.0  # seconds without a bar


@contextmanager
def progress() -> Iterator[verifier.Progress]:
    """For `verify`: a bar, on a terminal, once it has taken longer than a second."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, began = bar.add_task("lines"), time.monotonic()

    def note(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if time.monotonic() - began > PATIENCE:
            bar.start()

    try:
        yield note
    finally:
        bar.stop()


def print_verdict(verdict: verifier.Verdict, *, as_json: bool) -> None:
    """On the standard output: what was looked at, and a line for each flaw."""
    if as_json:
        flaws = [flaw._asdict() for flaw in verdict.flaws]
        typer.echo(orjson.dumps({"whole": not flaws, **verdict._asdict(), "flaws": flaws}).decode())
        return
    for flaw in verdict.flaws:
        line = "" if flaw.line is None else f", line {flaw.line}"
        typer.echo(f"{flaw.kind} at position {flaw.position}{line}: {flaw.detail}")
    state = "The trail is not whole" if verdict.flaws else "The trail is whole"
    elsewhere = f", {verdict.kept} kept elsewhere" if verdict.kept else ""
    counted = f"{verdict.sealed} lines recomputed, {verdict.roots} roots{elsewhere}, {verdict.unsealed} not sealed yet"
    typer.echo(f"{state}: {counted}.")
