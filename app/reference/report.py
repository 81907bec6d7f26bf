"""Output of a load for the operator: a progress bar, the counts of rows, or the errors."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.reference import loader
from app.reference.errors import MAX_REPORTED_ERRORS, DatasetError

BAR_DELAY_SECONDS = 1.0


@contextmanager
def show_progress() -> Iterator[loader.ReportProgress]:
    """Yield a callback for `load` that draws a bar for each table on a terminal, once the load has taken a second."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    tasks = {}
    started_at = time.monotonic()

    def report_progress(table: str, done: int, total: int) -> None:
        if table not in tasks:
            tasks[table] = bars.add_task(table)
        bars.update(tasks[table], completed=done, total=total)
        if time.monotonic() - started_at > BAR_DELAY_SECONDS:
            bars.start()

    try:
        yield report_progress
    finally:
        bars.stop()


def print_summary(summary: loader.LoadSummary) -> None:
    """Print the counts of inserted, updated and unchanged rows by table to standard output."""
    table = Table(box=None)
    table.add_column("table")
    for heading in ("inserted", "updated", "unchanged"):
        table.add_column(heading, justify="right")
    for name, counts in summary.tables.items():
        table.add_row(name, str(counts.inserted), str(counts.updated), str(counts.unchanged))
    table.add_row("all", str(summary.inserted), str(summary.updated), str(summary.unchanged), style="bold")
    Console().print(table)


def print_errors(error: DatasetError) -> None:
    """Print the errors to standard error, one per line, as `file: line: column: reason`."""
    console = Console(stderr=True)
    console.print(Text("Nothing was loaded.", style="bold red"))
    for row_error in error.errors:
        console.print(Text(str(row_error)), soft_wrap=True)
    if len(error.errors) == MAX_REPORTED_ERRORS:
        console.print(Text(f"There may be more errors: these are the first {MAX_REPORTED_ERRORS}."))
