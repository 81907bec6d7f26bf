"""Merged cells of a workbook, which the library does not read row by row."""

import io
import re
import zipfile
from typing import Any

BYTES_PER_READ = 1024 * 1024
LONGEST_REFERENCE = 256  # bytes
MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref=["']([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})["']""")


class MergedCells:
    """The cells of a sheet that are merged over several rows. Only the first one is stored with the value of all."""

    def __init__(self, content: bytes, path: str) -> None:
        """Find the merged cells of the part of a workbook."""
        from openpyxl.utils import column_index_from_string

        self._starting: dict[int, list[tuple[int, int]]] = {}  # column and last row, by first row
        self._open: dict[int, tuple[int, Any]] = {}  # last row and value, by column
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(path) as file:
            rest = b""
            while piece := file.read(BYTES_PER_READ):
                text = rest + piece
                end = 0
                for found in MERGED.finditer(text):
                    first, last, end = int(found[2]), int(found[3]), found.end()
                    if first < last:
                        column = column_index_from_string(found[1].decode()) - 1
                        self._starting.setdefault(first, []).append((column, last))
                rest = text[max(end, len(text) - LONGEST_REFERENCE) :]

    def fill(self, row: int, values: list[Any]) -> None:
        """Add the values of merged cells to those of a row, which must be the next one, unless it is empty."""
        self._open = {column: cell for column, cell in self._open.items() if cell[0] >= row}
        if values:
            for column, (_, value) in self._open.items():
                values.extend([None] * (column + 1 - len(values)))
                values[column] = value if values[column] is None else values[column]
        for column, last in self._starting.pop(row, ()):
            if column < len(values) and values[column] is not None:
                self._open[column] = last, values[column]
