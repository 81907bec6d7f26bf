"""Strict parser of one CSV file: RFC 4180 in UTF-8, with or without the byte order mark that spreadsheets write.

Errors are collected, so that one pass reports several. Unmatched quotes stop it, as nothing after them can be trusted.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.reference.cells import check_text
from app.reference.columns import Column, DataFile
from app.reference.errors import MAX_REPORTED_ERRORS, RowError, quote_value

CELL_FORM = r'(?:"(?:[^"]|"")*+"|[^",\r\n]*+)'
WELL_QUOTED_RECORD = re.compile(rf"{CELL_FORM}(?:,{CELL_FORM})*+[\r\n]*")


def read_rows(path: Path, file: DataFile, errors: list[RowError]) -> Iterator[tuple[Any, ...]]:
    """Yield each valid row of a file as (line, *values in the order of `file.columns`); append errors to `errors`."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            yield from _parse_rows(_read_records(lines, file, errors), file, errors)
    except OSError as error:
        errors.append(RowError(file.name, None, None, f"cannot be read: {error.strerror or error}"))


def _read_records(lines: Iterable[str], file: DataFile, errors: list[RowError]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the cells of each CSV record; at a malformed one, add its error to `errors` and stop."""
    raw_lines: list[str] = []
    # The csv module accepts a quote inside an unquoted cell; only the raw lines show it.
    reader = csv.reader(_copy_lines(lines, raw_lines), strict=True)
    while True:
        start = reader.line_num + 1
        raw_lines.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            errors.append(RowError(file.name, start, None, f"stray or missing quote, or an endless cell ({error})"))
            return
        if any('"' in cell for cell in cells) and not WELL_QUOTED_RECORD.fullmatch("".join(raw_lines)):
            message = "stray quote: enclose a cell with a quote in quotes, and double the quote within it"
            errors.append(RowError(file.name, start, None, message))
            return
        yield start, cells


def _copy_lines(lines: Iterable[str], copies: list[str]) -> Iterator[str]:
    """Yield the lines, and append each to `copies`."""
    for line in lines:
        copies.append(line)
        yield line


def _parse_rows(
    records: Iterator[tuple[int, list[str]]], file: DataFile, errors: list[RowError]
) -> Iterator[tuple[Any, ...]]:
    """Yield the valid rows of these records, of which the first is the header; append the errors to `errors`."""
    error_count = len(errors)
    _, header = next(records, (1, []))
    if len(errors) > error_count:
        return
    if header_errors := list(_find_header_errors(header, file)):
        errors.extend(RowError(file.name, 1, name, message) for name, message in header_errors)
        return
    cell_columns = [(header.index(column.name), column) for column in file.columns]
    names = [column.name for column in file.columns]
    key_indexes = [1 + names.index(name) for name in file.key_columns]
    line_by_key: dict[Any, int] = {}
    for line, cells in records:
        if len(errors) >= MAX_REPORTED_ERRORS:
            return
        if len(cells) != len(header):
            errors.append(RowError(file.name, line, None, f"has {len(cells)} cells, not {len(header)}"))
            continue
        if (row := _parse_row(line, cells, cell_columns, file, errors)) is None:
            continue
        key = tuple(row[index] for index in key_indexes)
        if line_by_key.setdefault(key, line) != line:
            message = f"{quote_value(' '.join(map(str, key)))} is already on line {line_by_key[key]}"
            errors.append(RowError(file.name, line, file.key_columns[-1], message))
            continue
        yield row


def _find_header_errors(header: list[str], file: DataFile) -> Iterator[tuple[str, str]]:
    """Yield the name of each column that is unknown, repeated or missing, with a message."""
    known = [column.name for column in file.columns]
    for index, name in enumerate(header):
        if name not in known:
            yield name if name.isprintable() else quote_value(name), "unknown column"
        elif name in header[:index]:
            yield name, "the column appears twice"
    for name in known:
        if name not in header:
            yield name, "the column is missing"


def _parse_row(
    line: int, cells: list[str], cell_columns: list[tuple[int, Column]], file: DataFile, errors: list[RowError]
) -> tuple[Any, ...] | None:
    """Return (line, *values); if a cell has an error, append it to `errors` and return None."""
    values: list[Any] = [line]
    error_count = len(errors)
    for index, column in cell_columns:
        try:
            values.append(_parse_cell(cells[index], column))
        except ValueError as error:
            errors.append(RowError(file.name, line, column.name, str(error)))
    return tuple(values) if len(errors) == error_count else None


def _parse_cell(cell: str, column: Column) -> Any:
    """Return the parsed value of a cell, or the column's value for an empty one; ValueError if the cell is refused."""
    if check_text(cell):
        return column.parse(cell)
    if column.is_required:
        raise ValueError("must not be empty")
    return column.empty_value
