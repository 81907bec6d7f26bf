"""Parser of the formats of an import: CSV, workbooks and NDJSON. It reads CSV and NDJSON row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, Literal

from app.core.http import bodies
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, Malformed
from app.imports import cell_messages as messages
from app.imports.csv_reader import Record, read_csv
from app.imports.decoding import MAX_ROW_LENGTH
from app.imports.row_schema import Importable
from app.imports.rows import InvalidRow, Row, UnparsedRow, build_valid_row
from app.imports.table import Table

TextFormat = Literal["csv", "ndjson"]
Format = TextFormat | Literal["xlsx"]


@dataclass(frozen=True)
class ParsedRows:
    """The rows of a file, which are parsed when they are called."""

    rows: Iterable[UnparsedRow | None]
    """Each row, valid or not, and None for each blank line."""
    headings: dict[str, str] = field(default_factory=dict)
    """The heading of each column in the file, by the member that it contains; known once the header is read."""


def read_rows(file: BinaryIO, format_: TextFormat, importable: Importable, *, day_first: bool = False) -> ParsedRows:
    """Return the rows of a text file.

    Nothing of the file may be stored if one of these errors is raised while its rows are read:

    Raises:
        InvalidContent: The header of a table is wrong.
        Malformed: The file is not of this format.
    """
    if format_ == "ndjson":
        return ParsedRows(_read_ndjson(file, importable))
    return read_table(read_csv(file, importable.headings), importable, day_first=day_first)


def read_table(records: Iterator[Record], importable: Importable, *, day_first: bool = False) -> ParsedRows:
    """Return the rows of a table; reading them raises InvalidContent if its header is wrong."""
    table = Table(importable, day_first)
    return ParsedRows(table.read_rows(records), table.headings)


def _read_ndjson(file: BinaryIO, importable: Importable) -> Iterator[UnparsedRow | None]:
    """Yield each line of an NDJSON file, and None for a blank line."""
    number = 0
    while line := file.readline(MAX_ROW_LENGTH + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > MAX_ROW_LENGTH:
            raise Malformed(
                detail=Text(
                    f"Baris {number} terlalu panjang untuk NDJSON: paling banyak 1 MiB.",
                    f"Line {number} is too long for NDJSON: it may have up to 1 MiB.",
                )
            )
        is_row = bool(line.strip(b" \t\r\n"))
        yield UnparsedRow(number, partial(_parse_json_line, number, line, importable)) if is_row else None


def _parse_json_line(number: int, line: bytes, importable: Importable) -> Row | InvalidRow:
    """Parse and validate a line of an NDJSON file; return an InvalidRow if it has errors."""
    try:
        members = bodies.parse_object(line)
    except (Malformed, InvalidContent) as problem:
        return InvalidRow(number, problem.errors or (ErrorDetail("not_json", messages.NOT_JSON_LINE, pointer=""),))
    return build_valid_row(number, members, importable)
