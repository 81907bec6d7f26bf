"""Reader of CSV (RFC 4180) as spreadsheets and people write it: with commas, semicolons or tabs, and a line `sep=`."""

import csv
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from app.core.languages import Text
from app.core.problems import Malformed
from app.imports.columns import Cell
from app.imports.decoding import MAX_ROW_LENGTH, read_lines
from app.imports.words import fold

SEPARATORS = ",;\t"
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
HEADER_SEARCH_ROWS = 20


class Record(NamedTuple):
    """A row of a table."""

    line: int
    """Line of the file on which it begins, or row of the sheet; from 1."""
    cells: Sequence[Cell]


def read_csv(file: BinaryIO, known_headings: Collection[str]) -> Iterator[Record]:
    """Yield the records of a CSV file, also empty ones.

    Args:
        file: The file.
        known_headings: The folded headings by which the separator is recognized.

    Raises:
        Malformed: The file is no text in UTF-8, or its quotes are wrong.
    """
    lines = read_lines(file)
    first_lines = list(itertools.islice(lines, HEADER_SEARCH_ROWS))
    skipped = 0
    if first_lines and (declared := SEPARATOR_LINE.fullmatch(first_lines[0])):
        separator, skipped = declared[1], 1
    else:
        separator = _find_separator(first_lines, known_headings)
    limited = _LimitedLines(itertools.chain(first_lines[skipped:], lines))
    reader = csv.reader(limited, delimiter=separator, strict=True)
    next_line = 1 + skipped
    try:
        for cells in reader:
            line, next_line = next_line, skipped + reader.line_num + 1
            limited.row_length = 0
            yield Record(line, cells)
    except csv.Error:
        raise Malformed(
            detail=Text(
                f'Tanda kutip pada baris {next_line} atau sesudahnya salah: sel yang dimulai dengan " harus ditutup '
                'dengan ", dan " di dalamnya ditulis dua kali. Satu baris boleh memuat paling banyak 1 MiB.',
                f'Quotes on line {next_line} or after it are wrong: a cell that begins with " must end with ", and a " '
                "within it is written twice. A row may have up to 1 MiB.",
            )
        ) from None


class _LimitedLines:
    """The lines of a text; raises csv.Error if those of one row are longer than MAX_ROW_LENGTH together."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = lines
        self.row_length = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.row_length += len(line)
            if self.row_length > MAX_ROW_LENGTH:
                raise csv.Error
            yield line


def _find_separator(lines: Sequence[str], known_headings: Collection[str]) -> str:
    """Return the separator that divides one of these lines into most known headings, a comma if several do."""

    def count_headings(separator: str) -> int:
        return max((sum(fold(cell) in known_headings for cell in line.split(separator)) for line in lines), default=0)

    return max(SEPARATORS, key=count_headings)
