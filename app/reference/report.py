"""What an operator sees of a load: its progress when it takes long, what became of the rows, or what is wrong."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.reference import loader
from app.reference.flaws import MOST, DatasetError

PATIENCE = 1.0  # seconds without a bar


@contextmanager
def progress() -> Iterator[loader.Progress]:
    """For `load`: a bar for each table, on a terminal, once the load has taken longer than a second."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    tasks = {}
    began = time.monotonic()

    def note(table: str, done: int, total: int) -> None:
        if table not in tasks:
            tasks[table] = bars.add_task(table)
        bars.update(tasks[table], completed=done, total=total)
        if time.monotonic() - began > PATIENCE:
            bars.start()

    try:
        yield note
    finally:
        bars.stop()


def print_summary(summary: loader.Summary) -> None:
    """On the standard output."""
    table = Table(box=None)
    table.add_column("table")
    for heading in ("inserted", "updated", "unchanged"):
        table.add_column(heading, justify="right")
    for name, counts in summary.tables.items():
        table.add_row(name, str(counts.inserted), str(counts.updated), str(counts.unchanged))
    table.add_row("all", str(summary.inserted), str(summary.updated), str(summary.unchanged), style="bold")
    Console().print(table)


def print_flaws(error: DatasetError) -> None:
    """On the standard error stream, one a line, as `file: line: column: reason`."""
    console = Console(stderr=True)
    console.print(Text("Nothing was loaded.", style="bold red"))
    for flaw in error.flaws:
        console.print(Text(str(flaw)), soft_wrap=True)
    if len(error.flaws) == MOST:
        console.print(Text(f"There may be more: these are the first {MOST}."))
