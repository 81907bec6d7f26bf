"""Files of rows, read line by line: CSV (RFC 4180, with a header) and NDJSON. Nothing holds a whole file."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Literal

from app.core.http import bodies
from app.core.http.validation import pointer_to, validate
from app.core.languages import Text
from app.core.problems import Invalid, InvalidContent, Malformed
from app.imports.payloads import Cell, Importable
from app.imports.repository import Row, row_of

Format = Literal["csv", "ndjson"]
MOST_LINE = 1024 * 1024  # characters of a row, as many as a body may have

UNKNOWN = Text("Kolom tidak dikenal. Yang ada: {}.", "No such column. Known: {}.")
REPEATED = Text("Kolom ini ada lebih dari sekali.", "This column stands there more than once.")
MISSING = Text("Kolom ini wajib.", "This column is required.")
CELLS = Text("Jumlah sel lain dari jumlah kolom.", "There are not as many cells as columns.")
NO_JSON = Text("Baris ini bukan JSON yang sah.", "This line is no JSON.")


@dataclass(frozen=True, slots=True)
class Flawed:
    """A row that cannot be tried, and why."""

    line: int
    errors: tuple[Invalid, ...]


Unread = Callable[[], Row | Flawed]
"""A row whose cells nobody has looked at yet: there may be millions of which nothing can be told any more."""


def rows(file: BinaryIO, form: Format, importable: Importable) -> Iterator[Unread | None]:
    """The rows of a file in their order; None for a blank line, of which there may be millions between two rows.

    Raises InvalidContent for a wrong header, Malformed for what is not of this format: both at the first or any later
    row, and then nothing of the file is to be kept.
    """
    return _csv(file, importable) if form == "csv" else _ndjson(file, importable)


def _csv(file: BinaryIO, importable: Importable) -> Iterator[Unread | None]:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    try:
        cells = _header(next(reader, []), importable)
        begins = reader.line_num + 1
        for values in reader:
            line, begins = begins, reader.line_num + 1
            lines.taken = 0
            yield partial(_of_cells, line, values, cells, importable) if values else None
    except (csv.Error, UnicodeDecodeError):
        raise _malformed(reader.line_num, "CSV") from None
    finally:
        text.detach()


class _Lines:
    """The lines of a text; csv.Error where those of one row are too long together. `taken`: what it has so far."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(MOST_LINE + 1):
            self.taken += len(line)
            if self.taken > MOST_LINE:
                raise csv.Error
            yield line


def _malformed(line: int, form: str) -> Malformed:
    return Malformed(
        detail=Text(
            f"Isi bukan {form} yang sah dalam UTF-8, pada atau sesudah baris {line}.",
            f"The body is no {form} in UTF-8, on line {line} or after it.",
        )
    )


def _header(names: list[str], importable: Importable) -> list[Cell]:
    """The members in the order of the columns; InvalidContent names the columns that are wrong."""
    known = ", ".join(importable.cells)
    unknown = Text(UNKNOWN.id.format(known), UNKNOWN.en.format(known))
    told = names[: len(importable.cells) + 1]  # of more than these one at least is wrong
    counts = Counter(told)
    required = importable.required if len(told) == len(names) else ()
    wrong = [
        *(("unknown_column", unknown, name) for name in counts if name not in importable.cells),
        *(("repeated_column", REPEATED, name) for name, count in counts.items() if count > 1),
        *(("missing_column", MISSING, name) for name in required if name not in counts),
    ]
    if wrong:
        raise InvalidContent(*(Invalid(code, why, pointer=pointer_to([name])) for code, why, name in wrong))
    return [importable.cells[name] for name in names]


def _of_cells(line: int, values: list[str], cells: list[Cell], importable: Importable) -> Row | Flawed:
    if len(values) != len(cells):
        return Flawed(line, (Invalid("wrong_number_of_cells", CELLS, pointer=""),))
    members: dict[str, Any] = {}
    errors: list[Invalid] = []
    for cell, text in zip(cells, values, strict=True):
        if text:
            try:
                members[cell.name] = cell.read(text)
            except InvalidContent as invalid:
                errors += invalid.errors
        elif cell.may_be_null:
            members[cell.name] = None
    return Flawed(line, tuple(errors)) if errors else _of_members(line, members, importable)


def _of_members(line: int, members: dict[str, Any], importable: Importable) -> Row | Flawed:
    try:
        content = validate(importable.model, members)
    except InvalidContent as invalid:
        return Flawed(line, invalid.errors)
    return row_of(line, content, importable.resource)


def _ndjson(file: BinaryIO, importable: Importable) -> Iterator[Unread | None]:
    number = 0
    while text := file.readline(MOST_LINE + 1):
        number += 1
        if len(text) > MOST_LINE:
            raise _malformed(number, "NDJSON")
        yield partial(_of_line, number, text, importable) if text.strip(b" \t\r\n") else None


def _of_line(number: int, text: bytes, importable: Importable) -> Row | Flawed:
    try:
        members = bodies.parse(text)
    except (Malformed, InvalidContent) as problem:
        return Flawed(number, problem.errors or (Invalid("not_json", NO_JSON, pointer=""),))
    return _of_members(number, members, importable)
