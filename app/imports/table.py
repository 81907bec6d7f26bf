"""Rows of a table, from CSV or a workbook: find its header, and convert its records to rows of a resource."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.core.http.validation import json_pointer
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent
from app.imports import cell_messages as messages
from app.imports.columns import Cell, Column, clean_text, is_empty
from app.imports.csv_reader import HEADER_SEARCH_ROWS, Record
from app.imports.decoding import join_sentences
from app.imports.headings import find_member, is_ignored, suggest_heading
from app.imports.row_schema import Importable
from app.imports.rows import InvalidRow, Row, UnparsedRow, build_valid_row

MAX_HEADING_LENGTH = 100


@dataclass
class Table:
    """A table with a header, whose rows are those of a resource."""

    importable: Importable
    day_first: bool = False
    """Dates in numbers have the day first, also those that could have the month first."""
    headings: dict[str, str] = field(default_factory=dict)
    """The heading of each column in the file, by the member that it contains; known once the header is read."""
    columns: list[Column | None] = field(default_factory=list)
    """The columns from left to right; None for one that contains no member."""
    _without_heading: set[int] = field(default_factory=set)
    _ignored: set[int] = field(default_factory=set)

    def read_rows(self, records: Iterator[Record]) -> Iterator[UnparsedRow | None]:
        """Yield each row below the header, and None for each empty one.

        Raises:
            InvalidContent: The header is wrong.
        """
        first = list(itertools.islice(records, HEADER_SEARCH_ROWS))
        position = self._find_header(first)
        self._read_header(first[position] if first else Record(1, []))
        for record in itertools.chain(first[position + 1 :], records):
            # A numbered line without other content is empty, too.
            is_row = not all(is_empty(cell) for n, cell in enumerate(record.cells) if n not in self._ignored)
            yield UnparsedRow(record.line, partial(self._parse, record)) if is_row else None

    def _find_header(self, records: Sequence[Record]) -> int:
        """Return the position of the header: the first row of which half the cells or more are known headings.

        Titles and notes may stand above it. If there is no such row, it is the first row that is not empty.
        """
        index = self.importable.headings
        filled = [[cell for cell in record.cells if not is_empty(cell)] for record in records]
        for n, cells in enumerate(filled):
            known = sum(isinstance(cell, str) and find_member(cell, index) is not None for cell in cells)
            if known and 2 * known >= len(cells):
                return n
        return next((n for n, cells in enumerate(filled) if cells), 0)

    def _read_header(self, record: Record) -> None:
        """Set the columns from the header.

        Raises:
            InvalidContent: Names the columns that are unknown, repeated or missing. If no heading is known, the row
                may be no header, and is not repeated.
        """
        index = self.importable.headings
        by_name = self.importable.build_columns(day_first=self.day_first)
        errors: list[ErrorDetail] = []
        # At least one of so many columns is wrong, so the rest is not checked.
        cells = [cell if isinstance(cell, str) else str(cell or "") for cell in record.cells]
        headings = [clean_text(cell)[:MAX_HEADING_LENGTH] for cell in _drop_empty_end(cells)[: len(by_name) + 10]]
        members = [find_member(heading, index) for heading in headings]
        if not any(headings):
            errors.append(ErrorDetail("empty_file", self._list_known(messages.EMPTY_FILE), pointer=""))
        elif not any(members):
            errors.append(ErrorDetail("no_header", self._list_known(messages.NO_HEADER), pointer=""))
        else:
            unknown = [
                heading
                for heading, member in zip(headings, members, strict=True)
                if heading and member is None and not is_ignored(heading, index)
            ]
            errors += [self._unknown_column(heading) for heading in dict.fromkeys(unknown)]
        counts = Counter(member for member in members if member)
        self.headings |= {member: heading for heading, member in zip(headings, members, strict=True) if member}
        errors += [
            ErrorDetail("repeated_column", messages.REPEATED_COLUMN, pointer=json_pointer([self.headings[member]]))
            for member, count in counts.items()
            if count > 1
        ]
        errors += [
            ErrorDetail("missing_column", messages.MISSING_COLUMN, pointer=json_pointer([name]))
            for name in self.importable.required_columns
            if name not in counts
        ]
        if errors:
            raise InvalidContent(*errors)
        self.columns = [by_name[member] if member else None for member in members]
        self._without_heading = {n for n, heading in enumerate(headings) if not heading}
        self._ignored = {n for n, member in enumerate(members) if member is None} - self._without_heading

    def _unknown_column(self, heading: str) -> ErrorDetail:
        """Build the error for an unknown heading, with the known one that is most similar."""
        similar = suggest_heading(heading, self.importable.resource.name, self.importable.headings)
        sentences = [messages.UNKNOWN_COLUMN]
        if similar:
            template = messages.SUGGESTED_COLUMN
            sentences.append(Text(template.id.format(similar), template.en.format(similar)))
        text = self._list_known(join_sentences(*sentences))
        return ErrorDetail("unknown_column", text, pointer=json_pointer([heading]))

    def _list_known(self, text: Text) -> Text:
        """Return a text, followed by the names of the known columns."""
        known = ", ".join(self.importable.members)
        template = messages.KNOWN_COLUMNS
        return join_sentences(text, Text(template.id.format(known), template.en.format(known)))

    def _parse(self, record: Record) -> Row | InvalidRow:
        """Convert and validate the cells of a record; return an InvalidRow with all its errors if there are any."""
        cells = list(record.cells) + [None] * (len(self.columns) - len(record.cells))
        if not all(is_empty(cell) for cell in cells[len(self.columns) :]):
            error = ErrorDetail("wrong_number_of_cells", messages.TOO_MANY_CELLS, pointer="")
            return InvalidRow(record.line, (error,))
        if any(not is_empty(cells[n]) for n in self._without_heading):
            return InvalidRow(record.line, (ErrorDetail("no_heading", messages.NO_HEADING, pointer=""),))
        members: dict[str, Any] = {}
        errors: list[ErrorDetail] = []
        cell_of: dict[str, tuple[Column, Cell]] = {}
        for column, cell in zip(self.columns, cells, strict=False):
            if column is None:
                continue
            if is_empty(cell):
                if column.is_nullable:
                    members[column.name] = None
                continue
            cell_of[json_pointer([column.name])] = column, cell
            try:
                members[column.name] = column.parse(cell)
            except InvalidContent as invalid:
                errors += invalid.errors
        row = build_valid_row(record.line, members, self.importable, errors)
        return _explain(row, cell_of) if isinstance(row, InvalidRow) else row


def _drop_empty_end(cells: Sequence[Cell]) -> list[Any]:
    """Return cells without the empty ones at the end, which spreadsheets add."""
    count = next((n for n in range(len(cells), 0, -1) if not is_empty(cells[n - 1])), 0)
    return list(cells[:count])


def _explain(row: InvalidRow, cell_of: Mapping[str, tuple[Column, Cell]]) -> InvalidRow:
    """Return a row with more helpful errors where a spreadsheet has probably changed a cell."""
    errors = []
    for error in row.errors:
        column, cell = cell_of.get(error.pointer or "", (None, None))
        errors.append(column.explain(error, cell) if column else error)
    return InvalidRow(row.line, tuple(errors), row.key)
