"""Strict reading of one CSV file: RFC 4180 in UTF-8, with or without the byte order mark that spreadsheets write.

Flaws are collected, so that one reading tells many. Where the quotes do not match, nothing that follows can be trusted,
and reading stops.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.reference.cells import clean
from app.reference.columns import Column, File
from app.reference.flaws import MOST, Flaw, shown

CELL = r'(?:"(?:[^"]|"")*+"|[^",\r\n]*+)'
WELL_QUOTED = re.compile(rf"{CELL}(?:,{CELL})*+[\r\n]*")


def read(path: Path, file: File, flaws: list[Flaw]) -> Iterator[tuple[Any, ...]]:
    """The good rows as (line, *values in the order of the file's columns); what is wrong goes to `flaws`."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            yield from _rows(_records(lines, file, flaws), file, flaws)
    except OSError as error:
        flaws.append(Flaw(file.name, None, None, f"cannot be read: {error.strerror or error}"))


def _records(lines: Iterable[str], file: File, flaws: list[Flaw]) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on."""
    raw: list[str] = []
    # csv takes a quote inside a cell without quotes as it is; only the lines as they stood can tell.
    reader = csv.reader(_kept(lines, raw), strict=True)
    while True:
        start = reader.line_num + 1
        raw.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            flaws.append(Flaw(file.name, start, None, f"stray or missing quote, or an endless cell ({error})"))
            return
        if any('"' in cell for cell in cells) and not WELL_QUOTED.fullmatch("".join(raw)):
            flaws.append(Flaw(file.name, start, None, "stray quote: a cell with a quote stands in quotes, doubling it"))
            return
        yield start, cells


def _kept(lines: Iterable[str], raw: list[str]) -> Iterator[str]:
    for line in lines:
        raw.append(line)
        yield line


def _rows(records: Iterator[tuple[int, list[str]]], file: File, flaws: list[Flaw]) -> Iterator[tuple[Any, ...]]:
    before = len(flaws)
    _, header = next(records, (1, []))
    if len(flaws) > before:
        return
    if faults := list(_faults_of(header, file)):
        flaws.extend(Flaw(file.name, 1, name, reason) for name, reason in faults)
        return
    order = [(header.index(column.name), column) for column in file.columns]
    names = [column.name for column in file.columns]
    places = [1 + names.index(name) for name in file.key]
    first_line: dict[Any, int] = {}
    for line, cells in records:
        if len(flaws) >= MOST:
            return
        if len(cells) != len(header):
            flaws.append(Flaw(file.name, line, None, f"has {len(cells)} cells, not {len(header)}"))
            continue
        if (row := _row(line, cells, order, file, flaws)) is None:
            continue
        key = tuple(row[place] for place in places)
        if first_line.setdefault(key, line) != line:
            reason = f"{shown(' '.join(map(str, key)))} stands on line {first_line[key]} already"
            flaws.append(Flaw(file.name, line, file.key[-1], reason))
            continue
        yield row


def _faults_of(header: list[str], file: File) -> Iterator[tuple[str, str]]:
    """The column and what is wrong with it."""
    known = [column.name for column in file.columns]
    for place, name in enumerate(header):
        if name not in known:
            yield name if name.isprintable() else shown(name), "unknown column"
        elif name in header[:place]:
            yield name, "the column stands there twice"
    for name in known:
        if name not in header:
            yield name, "the column is missing"


def _row(
    line: int, cells: list[str], order: list[tuple[int, Column]], file: File, flaws: list[Flaw]
) -> tuple[Any, ...] | None:
    values: list[Any] = [line]
    found = len(flaws)
    for place, column in order:
        try:
            values.append(_value(cells[place], column))
        except ValueError as error:
            flaws.append(Flaw(file.name, line, column.name, str(error)))
    return tuple(values) if len(flaws) == found else None


def _value(cell: str, column: Column) -> Any:
    if clean(cell):
        return column.convert(cell)
    if column.required:
        raise ValueError("must not be empty")
    return column.empty
