"""A report of headings, lines and tables, and its output to a terminal or a pipe.

A terminal gets colours, and tables that wrap to its width. A pipe or file gets one line for each row, however long,
without truncation, wrapping or colours: for grep, and for `less -S`.
"""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TextIO

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

UNLIMITED_WIDTH = 1_000_000  # characters
COLUMN_GAP = 2  # characters
WORD = re.compile(r"^\s+\S+|\S+")  # the first one with its indentation
Cell = str | list[str]
"""Text, or a list whose parts are on separate lines on a terminal."""


class TableRows(NamedTuple):
    """A table: its column headings and its rows of cells. Without headings: pairs of a name and a value."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Report:
    """Headings, lines and tables, followed by a numbered list of the sources they cite."""

    def __init__(self) -> None:
        self._parts: list[Text | TableRows] = []
        self._sources: list[str] = []

    def add_heading(self, text: str) -> None:
        """Add a bold heading to the report, after an empty line if it is not the first part."""
        if self._parts:
            self.add_line("")
        self._parts.append(Text(text, style="bold"))

    def add_line(self, text: str) -> None:
        """Add a line of text to the report."""
        self._parts.append(Text(text))

    def add_table(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Add a table to the report, without the columns whose cells are empty in all rows."""
        filled = [n for n in range(len(headings)) if any(row[n] for row in rows)]
        self._parts.append(TableRows([headings[n] for n in filled], [[row[n] for n in filled] for row in rows]))

    def add_properties(self, properties: Sequence[tuple[str, Cell]]) -> None:
        """Add a list of (name, value) properties to the report."""
        self._parts.append(TableRows((), properties))

    def cite_source(self, fact: dict[str, Any]) -> str:
        """Add an object's source to the report's list of sources, and return its number, with a note if unverified."""
        source = fact["source"] and f"{fact['source']}{' (primary)' if fact['primary'] else ''}"
        if source and source not in self._sources:
            self._sources.append(source)
        number = str(self._sources.index(source) + 1) if source else "none"
        return number if fact["verified"] else f"{number}, not verified"

    def write(self, out: TextIO) -> None:
        """Write the report to `out`: wrapped to the width of a terminal, or one line per row to a pipe or file."""
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # a character that the terminal lacks must not fail the whole report
        wraps = out.isatty()
        size = (None, None) if wraps else (UNLIMITED_WIDTH, 1)  # with a height, rich does not look up the width
        console = Console(file=out, width=size[0], height=size[1])
        with console.capture() as captured:
            for part in self._parts_with_sources():
                for renderable in _render_rows(part, console, wraps=wraps) if isinstance(part, TableRows) else (part,):
                    console.print(renderable)
        for line in captured.get().splitlines():
            out.write(f"{line.rstrip()}\n")

    def _parts_with_sources(self) -> Iterator[Text | TableRows]:
        """Yield the headings, lines and tables of the report, followed by the list of sources."""
        yield from self._parts
        if self._sources:
            yield Text("\nSources", style="bold")
            yield TableRows((), [(str(number), source) for number, source in enumerate(self._sources, 1)])


def _render_rows(table: TableRows, console: Console, *, wraps: bool) -> Iterator[RenderableType]:
    """Yield the table to print or, where its longest words do not fit, a list of properties for each row."""
    if not table.headings:
        yield _render_properties(table.rows, wraps=wraps)
    elif widths := _compute_column_widths(table, console.width, wraps=wraps):
        yield _render_table(table, widths, wraps=wraps)
    else:
        for row in table.rows:
            properties = zip(table.headings, row, strict=True)
            yield _render_properties([(heading, cell) for heading, cell in properties if cell], wraps=wraps)
            yield Text("")


def _render_properties(properties: Sequence[Sequence[Cell]], *, wraps: bool) -> Table:
    """Build a rich table of two columns without headings: names and values."""
    grid = Table.grid(padding=(0, COLUMN_GAP, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for row in properties:
        grid.add_row(*(Text(_join_cell(cell, wraps=wraps)) for cell in row))
    return grid


def _render_table(table: TableRows, widths: Sequence[int], *, wraps: bool) -> Table:
    """Build a rich table with headings and columns of these widths, in characters."""
    rendered = Table(
        box=box.SIMPLE_HEAD if wraps else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, COLUMN_GAP - 1 if wraps else COLUMN_GAP, 0, 0),  # the box adds a space
    )
    for heading, width in zip(table.headings, widths, strict=True):
        rendered.add_column(heading, width=width, overflow="fold")
    for row in table.rows:
        rendered.add_row(*(Text(_join_cell(cell, wraps=wraps)) for cell in row))
    return rendered


def _compute_column_widths(table: TableRows, available: int, *, wraps: bool) -> list[int]:
    """Return the width of each column in characters; an empty list if `available` is not enough.

    No column is narrower than its longest word, so that no name is broken. The remaining characters go, one by one, to
    the column with the greatest ratio of wanted to given width.
    """
    columns = [
        [heading, *(_join_cell(cell, wraps=wraps) for cell in column)]
        for heading, column in zip(table.headings, zip(*table.rows, strict=True), strict=True)
    ]
    widths = [max(cell_len(word) for cell in column for word in WORD.findall(cell) or [""]) for column in columns]
    wanted = [max(cell_len(line) for cell in column for line in cell.splitlines() or [""]) for column in columns]
    remaining = available - sum(widths) - COLUMN_GAP * (len(widths) - 1)
    if remaining < 0:
        return []
    if sum(wanted) - sum(widths) <= remaining:
        return wanted
    for _ in range(remaining):
        narrowest = max(range(len(widths)), key=lambda n: wanted[n] / widths[n])
        widths[narrowest] += 1
    return widths


def _join_cell(cell: Cell, *, wraps: bool) -> str:
    """Return the text of a cell; a list is one line per part if lines wrap, else separated by semicolons."""
    if isinstance(cell, str):
        return cell
    return "\n".join(f"- {part}" for part in cell) if wraps and len(cell) > 1 else "; ".join(cell)
