"""What is shown, part by part, and how it comes onto a terminal or into a pipe.

A terminal gets colours, and tables that wrap to its width. Anything else gets one line for each row, however long,
with nothing cut off, wrapped or coloured: made for grep, and for `less -S`.
"""

from collections.abc import Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

ENDLESS = 1_000_000
Cell = str | list[str]
"""A list has its parts below each other on a terminal."""


class Sheet:
    """Headings, lines and tables, with the sources of all of them at the end."""

    def __init__(self) -> None:
        self._parts: list[Text | tuple[Sequence[str], Sequence[Sequence[Cell]]]] = []
        self._sources: list[str] = []

    def heading(self, words: str) -> None:
        if self._parts:
            self.line("")
        self._parts.append(Text(words, style="bold"))

    def line(self, words: str) -> None:
        self._parts.append(Text(words))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """A table, without the columns in which no row has anything."""
        kept = [n for n in range(len(headings)) if any(row[n] for row in rows)]
        self._parts.append(([headings[n] for n in kept], [[row[n] for n in kept] for row in rows]))

    def cited(self, fact: dict[str, Any]) -> str:
        """For a table's cell: the number of a fact's source, and whether it was not seen to state the fact."""
        source = fact["source"] and f"{fact['source']}{' (primary)' if fact['primary'] else ''}"
        if source and source not in self._sources:
            self._sources.append(source)
        number = str(self._sources.index(source) + 1) if source else "none"
        return number if fact["verified"] else f"{number}, not verified"

    def write(self, out: TextIO) -> None:
        """Onto a terminal, as wide as it is, or into anything else."""
        wraps = out.isatty()
        console = Console(file=out, width=None if wraps else ENDLESS, markup=False, highlight=False, emoji=False)
        with console.capture() as captured:
            for part in self._parts:
                console.print(part if isinstance(part, Text) else _drawn(*part, wraps=wraps))
            if self._sources:
                console.print(Text("\nSources", style="bold"))
            for number, source in enumerate(self._sources, 1):
                console.print(Text(f"{number}  {source}"))
        for line in captured.get().splitlines():
            out.write(f"{line.rstrip()}\n")


def _drawn(headings: Sequence[str], rows: Sequence[Sequence[Cell]], *, wraps: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD if wraps else None, pad_edge=False, show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell if isinstance(cell, str) else ("\n" if wraps else "; ").join(cell)) for cell in row))
    return table
