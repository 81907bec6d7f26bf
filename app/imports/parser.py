"""Files of rows, read line by line: CSV (RFC 4180, with a header) and NDJSON. Nothing holds a whole file."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Literal

from app.core.http import bodies
from app.core.http.validation import json_pointer, validate_document
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, Malformed
from app.imports.repository import Row, build_row
from app.imports.row_schema import CsvColumn, Importable

Format = Literal["csv", "ndjson"]
MAX_ROW_LENGTH = 1024 * 1024  # characters of a row, as many as a body may have

UNKNOWN_COLUMN = Text("Kolom tidak dikenal. Yang ada: {}.", "No such column. Known: {}.")
REPEATED_COLUMN = Text("Kolom ini ada lebih dari sekali.", "This column stands there more than once.")
MISSING_COLUMN = Text("Kolom ini wajib.", "This column is required.")
WRONG_NUMBER_OF_CELLS = Text("Jumlah sel lain dari jumlah kolom.", "There are not as many cells as columns.")
NOT_JSON = Text("Baris ini bukan JSON yang sah.", "This line is no JSON.")


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that cannot be tried, and why."""

    line: int
    errors: tuple[ErrorDetail, ...]


UnparsedRow = Callable[[], Row | InvalidRow]
"""A row whose cells nobody has looked at yet: there may be millions of which nothing can be told any more."""


def read_rows(file: BinaryIO, form: Format, importable: Importable) -> Iterator[UnparsedRow | None]:
    """The rows of a file in their order; None for a blank line, of which there may be millions between two rows.

    Raises InvalidContent for a wrong header, Malformed for what is not of this format: both at the first or any later
    row, and then nothing of the file is to be kept.
    """
    return _read_csv(file, importable) if form == "csv" else _read_ndjson(file, importable)


def _read_csv(file: BinaryIO, importable: Importable) -> Iterator[UnparsedRow | None]:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    lines = _LimitedLines(text)
    reader = csv.reader(lines, strict=True)
    try:
        cells = _parse_header(next(reader, []), importable)
        begins = reader.line_num + 1
        for values in reader:
            line, begins = begins, reader.line_num + 1
            lines.row_length = 0
            yield partial(_parse_cells, line, values, cells, importable) if values else None
    except (csv.Error, UnicodeDecodeError):
        raise _malformed_file(reader.line_num, "CSV") from None
    finally:
        text.detach()


class _LimitedLines:
    """The lines of a text; csv.Error where those of one row are too long together. `taken`: what it has so far."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.row_length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(MAX_ROW_LENGTH + 1):
            self.row_length += len(line)
            if self.row_length > MAX_ROW_LENGTH:
                raise csv.Error
            yield line


def _malformed_file(line: int, form: str) -> Malformed:
    return Malformed(
        detail=Text(
            f"Isi bukan {form} yang sah dalam UTF-8, pada atau sesudah baris {line}.",
            f"The body is no {form} in UTF-8, on line {line} or after it.",
        )
    )


def _parse_header(names: list[str], importable: Importable) -> list[CsvColumn]:
    """The members in the order of the columns; InvalidContent names the columns that are wrong."""
    known = ", ".join(importable.csv_columns)
    unknown = Text(UNKNOWN_COLUMN.id.format(known), UNKNOWN_COLUMN.en.format(known))
    told = names[: len(importable.csv_columns) + 1]  # of more than these one at least is wrong
    counts = Counter(told)
    required = importable.required_columns if len(told) == len(names) else ()
    wrong = [
        *(("unknown_column", unknown, name) for name in counts if name not in importable.csv_columns),
        *(("repeated_column", REPEATED_COLUMN, name) for name, count in counts.items() if count > 1),
        *(("missing_column", MISSING_COLUMN, name) for name in required if name not in counts),
    ]
    if wrong:
        raise InvalidContent(*(ErrorDetail(code, why, pointer=json_pointer([name])) for code, why, name in wrong))
    return [importable.csv_columns[name] for name in names]


def _parse_cells(line: int, values: list[str], cells: list[CsvColumn], importable: Importable) -> Row | InvalidRow:
    if len(values) != len(cells):
        return InvalidRow(line, (ErrorDetail("wrong_number_of_cells", WRONG_NUMBER_OF_CELLS, pointer=""),))
    members: dict[str, Any] = {}
    errors: list[ErrorDetail] = []
    for cell, text in zip(cells, values, strict=True):
        if text:
            try:
                members[cell.name] = cell.parse(text)
            except InvalidContent as invalid:
                errors += invalid.errors
        elif cell.is_nullable:
            members[cell.name] = None
    return InvalidRow(line, tuple(errors)) if errors else _parse_members(line, members, importable)


def _parse_members(line: int, members: dict[str, Any], importable: Importable) -> Row | InvalidRow:
    try:
        content = validate_document(importable.row_model, members)
    except InvalidContent as invalid:
        return InvalidRow(line, invalid.errors)
    return build_row(line, content, importable.resource)


def _read_ndjson(file: BinaryIO, importable: Importable) -> Iterator[UnparsedRow | None]:
    number = 0
    while text := file.readline(MAX_ROW_LENGTH + 1):
        number += 1
        if len(text) > MAX_ROW_LENGTH:
            raise _malformed_file(number, "NDJSON")
        yield partial(_parse_json_line, number, text, importable) if text.strip(b" \t\r\n") else None


def _parse_json_line(number: int, text: bytes, importable: Importable) -> Row | InvalidRow:
    try:
        members = bodies.parse_object(text)
    except (Malformed, InvalidContent) as problem:
        return InvalidRow(number, problem.errors or (ErrorDetail("not_json", NOT_JSON, pointer=""),))
    return _parse_members(number, members, importable)
