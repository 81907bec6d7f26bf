"""Parser of CSV (RFC 4180, with a header) and NDJSON files. It reads row by row, and never a whole file into memory."""

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
from app.imports.row_schema import CsvColumn, Importable
from app.imports.rows import Row, build_row

Format = Literal["csv", "ndjson"]
MAX_ROW_LENGTH = 1024 * 1024  # characters, as many as a request body may have

UNKNOWN_COLUMN = Text(
    "Kolom ini tidak dikenal. Kolom yang dikenal: {}.", "This column is unknown. The known columns are: {}."
)
REPEATED_COLUMN = Text("Kolom ini muncul lebih dari satu kali.", "This column occurs more than once.")
MISSING_COLUMN = Text("Kolom ini wajib ada.", "This column is required.")
WRONG_NUMBER_OF_CELLS = Text(
    "Jumlah sel baris ini berbeda dari jumlah kolom.", "The number of cells in this row differs from that of columns."
)
NOT_JSON = Text("Baris ini bukan JSON yang sah.", "This line is not valid JSON.")


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that does not fit the schema of its resource."""

    line: int
    """Line of the file on which the row begins, from 1."""
    errors: tuple[ErrorDetail, ...]


UnparsedRow = Callable[[], Row | InvalidRow]
"""A row that is parsed when it is called, because a report may leave out millions of rows."""


def read_rows(file: BinaryIO, format_: Format, importable: Importable) -> Iterator[UnparsedRow | None]:
    """Yield, for each row of a file, valid or not, a function that parses it, and None for each blank line.

    Both errors may be raised at any row; nothing of the file may be stored then.

    Raises:
        InvalidContent: The header of a CSV file is wrong.
        Malformed: The file is not of this format.
    """
    return _read_csv(file, importable) if format_ == "csv" else _read_ndjson(file, importable)


def _read_csv(file: BinaryIO, importable: Importable) -> Iterator[UnparsedRow | None]:
    """Yield, for each row below the header of a CSV file, a function that parses it, and None for a blank line."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    lines = _LimitedLines(text)
    reader = csv.reader(lines, strict=True)
    try:
        columns = _parse_header(next(reader, []), importable)
        next_line = reader.line_num + 1
        for cells in reader:
            line, next_line = next_line, reader.line_num + 1
            lines.row_length = 0
            yield partial(_parse_cells, line, cells, columns, importable) if cells else None
    except (csv.Error, UnicodeDecodeError):
        raise _malformed_file(reader.line_num, "CSV") from None
    finally:
        text.detach()


class _LimitedLines:
    """The lines of a text; raises csv.Error if those of one row are longer than MAX_ROW_LENGTH together."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.row_length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(MAX_ROW_LENGTH + 1):
            self.row_length += len(line)
            if self.row_length > MAX_ROW_LENGTH:
                raise csv.Error
            yield line


def _malformed_file(line: int, format_name: str) -> Malformed:
    """Build (not raise) the problem for a file that is malformed on or after a line."""
    return Malformed(
        detail=Text(
            f"Isi bukan {format_name} yang sah dalam UTF-8, pada atau sesudah baris {line}.",
            f"The body is not valid {format_name} in UTF-8, on line {line} or after it.",
        )
    )


def _parse_header(names: list[str], importable: Importable) -> list[CsvColumn]:
    """Return the columns that the CSV header names; raise InvalidContent if one is unknown, repeated or missing.

    Raises:
        InvalidContent: Names the columns that are unknown, repeated or missing.
    """
    known = ", ".join(importable.csv_columns)
    unknown_column = Text(UNKNOWN_COLUMN.id.format(known), UNKNOWN_COLUMN.en.format(known))
    checked = names[: len(importable.csv_columns) + 1]  # at least one of so many is wrong, so the rest is not checked
    counts = Counter(checked)
    required = importable.required_columns if len(checked) == len(names) else ()
    errors = [
        *(("unknown_column", unknown_column, name) for name in counts if name not in importable.csv_columns),
        *(("repeated_column", REPEATED_COLUMN, name) for name, count in counts.items() if count > 1),
        *(("missing_column", MISSING_COLUMN, name) for name in required if name not in counts),
    ]
    if errors:
        raise InvalidContent(
            *(ErrorDetail(code, message, pointer=json_pointer([name])) for code, message, name in errors)
        )
    return [importable.csv_columns[name] for name in names]


def _parse_cells(line: int, cells: list[str], columns: list[CsvColumn], importable: Importable) -> Row | InvalidRow:
    """Parse and validate the cells of a CSV row; return an InvalidRow if they have errors."""
    if len(cells) != len(columns):
        return InvalidRow(line, (ErrorDetail("wrong_number_of_cells", WRONG_NUMBER_OF_CELLS, pointer=""),))
    members: dict[str, Any] = {}
    errors: list[ErrorDetail] = []
    for column, cell in zip(columns, cells, strict=True):
        if cell:
            try:
                members[column.name] = column.parse(cell)
            except InvalidContent as invalid:
                errors += invalid.errors
        elif column.is_nullable:
            members[column.name] = None
    return InvalidRow(line, tuple(errors)) if errors else _parse_members(line, members, importable)


def _parse_members(line: int, members: dict[str, Any], importable: Importable) -> Row | InvalidRow:
    """Validate the members of a row by its model and build the Row; return an InvalidRow if they have errors."""
    try:
        payload = validate_document(importable.row_model, members)
    except InvalidContent as invalid:
        return InvalidRow(line, invalid.errors)
    return build_row(line, payload, importable.resource)


def _read_ndjson(file: BinaryIO, importable: Importable) -> Iterator[UnparsedRow | None]:
    """Yield, for each line of an NDJSON file, a function that parses it, and None for a blank line."""
    number = 0
    while line := file.readline(MAX_ROW_LENGTH + 1):
        number += 1
        if len(line) > MAX_ROW_LENGTH:
            raise _malformed_file(number, "NDJSON")
        yield partial(_parse_json_line, number, line, importable) if line.strip(b" \t\r\n") else None


def _parse_json_line(number: int, line: bytes, importable: Importable) -> Row | InvalidRow:
    """Parse and validate a line of an NDJSON file; return an InvalidRow if it has errors."""
    try:
        members = bodies.parse_object(line)
    except (Malformed, InvalidContent) as problem:
        return InvalidRow(number, problem.errors or (ErrorDetail("not_json", NOT_JSON, pointer=""),))
    return _parse_members(number, members, importable)
