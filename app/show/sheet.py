"""What is shown, part by part, and how it comes onto a terminal or into a pipe.

A terminal gets colours, and tables that wrap to its width. Anything else gets one line for each row, however long,
with nothing cut off, wrapped or coloured: made for grep, and for `less -S`.
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

ENDLESS = 1_000_000
GAP = 2
WORDS = re.compile(r"^\s+\S+|\S+")  # the first one with its indentation
Cell = str | list[str]
"""A list has its parts below each other on a terminal."""


class Rows(NamedTuple):
    headings: Sequence[str]
    cells: Sequence[Sequence[Cell]]


class Sheet:
    """Headings, lines and tables, with the sources of all of them at the end."""

    def __init__(self) -> None:
        self._parts: list[Text | Rows] = []
        self._sources: list[str] = []

    def heading(self, words: str) -> None:
        if self._parts:
            self.line("")
        self._parts.append(Text(words, style="bold"))

    def line(self, words: str) -> None:
        self._parts.append(Text(words))

    def table(self, headings: Sequence[str], cells: Sequence[Sequence[Cell]]) -> None:
        """A table, without the columns in which no row has anything."""
        kept = [n for n in range(len(headings)) if any(row[n] for row in cells)]
        self._parts.append(Rows([headings[n] for n in kept], [[row[n] for n in kept] for row in cells]))

    def facts(self, facts: Sequence[tuple[str, Cell]]) -> None:
        """Names, and beside each what it is."""
        self._parts.append(Rows((), facts))

    def cited(self, fact: dict[str, Any]) -> str:
        """For a table's cell: the number of a fact's source, and whether it was not seen to state the fact."""
        source = fact["source"] and f"{fact['source']}{' (primary)' if fact['primary'] else ''}"
        if source and source not in self._sources:
            self._sources.append(source)
        number = str(self._sources.index(source) + 1) if source else "none"
        return number if fact["verified"] else f"{number}, not verified"

    def write(self, out: TextIO) -> None:
        """Onto a terminal, as wide as it is, or into anything else."""
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # a letter that the terminal does not have is no reason to show nothing
        wraps = out.isatty()
        size = (None, None) if wraps else (ENDLESS, 1)  # with a height, rich asks nobody else for the width
        console = Console(file=out, width=size[0], height=size[1])
        with console.capture() as captured:
            for part in self._all_parts():
                for drawn in _drawn(part, console, wraps=wraps) if isinstance(part, Rows) else (part,):
                    console.print(drawn)
        for line in captured.get().splitlines():
            out.write(f"{line.rstrip()}\n")

    def _all_parts(self) -> Iterator[Text | Rows]:
        yield from self._parts
        if self._sources:
            yield Text("\nSources", style="bold")
            yield Rows((), [(str(number), source) for number, source in enumerate(self._sources, 1)])


def _drawn(rows: Rows, console: Console, *, wraps: bool) -> Iterator[RenderableType]:
    """One table; or, where not even its longest words fit side by side, one for each row, the headings beside it."""
    if not rows.headings:
        yield _side_by_side(rows.cells, wraps=wraps)
    elif widths := _widths(rows, console.width, wraps=wraps):
        yield _table(rows, widths, wraps=wraps)
    else:
        for row in rows.cells:
            named = zip(rows.headings, row, strict=True)
            yield _side_by_side([(heading, cell) for heading, cell in named if cell], wraps=wraps)
            yield Text("")


def _side_by_side(facts: Sequence[Sequence[Cell]], *, wraps: bool) -> Table:
    grid = Table.grid(padding=(0, GAP, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for fact in facts:
        grid.add_row(*(Text(_joined(cell, wraps=wraps)) for cell in fact))
    return grid


def _table(rows: Rows, widths: Sequence[int], *, wraps: bool) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD if wraps else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1 if wraps else GAP, 0, 0),  # the box has a space of its own
    )
    for heading, width in zip(rows.headings, widths, strict=True):
        table.add_column(heading, width=width, overflow="fold")
    for row in rows.cells:
        table.add_row(*(Text(_joined(cell, wraps=wraps)) for cell in row))
    return table


def _widths(rows: Rows, available: int, *, wraps: bool) -> list[int]:
    """The columns' widths, none less than its longest word, so that no name is broken; [] where there is no room.

    What is left goes, one by one, to the column that is furthest from what it would like to have.
    """
    columns = [
        [heading, *(_joined(cell, wraps=wraps) for cell in column)]
        for heading, column in zip(rows.headings, zip(*rows.cells, strict=True), strict=True)
    ]
    widths = [max(cell_len(word) for cell in column for word in WORDS.findall(cell) or [""]) for column in columns]
    wanted = [max(cell_len(line) for cell in column for line in cell.splitlines() or [""]) for column in columns]
    left = available - sum(widths) - GAP * (len(widths) - 1)
    if left < 0:
        return []
    if sum(wanted) - sum(widths) <= left:
        return wanted
    for _ in range(left):
        neediest = max(range(len(widths)), key=lambda n: wanted[n] / widths[n])
        widths[neediest] += 1
    return widths


def _joined(cell: Cell, *, wraps: bool) -> str:
    if isinstance(cell, str):
        return cell
    return "\n".join(f"- {part}" for part in cell) if wraps and len(cell) > 1 else "; ".join(cell)
