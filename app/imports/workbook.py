"""Reader of workbooks (XLSX), which runs in a process of its own with limits of memory and time (`RendererPool`).

The openpyxl library is imported at the first call, because it is large.
"""

import io
import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import repeat
from typing import Any, NamedTuple

from app.core.languages import Text
from app.core.problems import ContentTooLarge, ErrorDetail, InvalidParameters, Malformed, Problem
from app.imports.csv_reader import Record
from app.imports.merged_cells import MergedCells

ROWS_PER_SLICE = 500
BYTES_PER_READ = 1024 * 1024
OVERLAP = 16  # bytes, so that no word is missed between two reads
MAX_COLUMNS = 1_000
LAST_ROW, MAX_CELL_LENGTH = 1_048_576, 32_767  # of the format; longer cells would stop the event loop
WORKSHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
FORMULA = re.compile(rb"<(\w+:)?f[ >/]")
DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)")  # entities could make a small file large
FORMULA_WITHOUT_RESULT = "="
TOO_LARGE, UNREADABLE, NO_SHEET = "too_large", "unreadable", "no_sheet"
PROTECTED_START = b"\xd0\xcf\x11\xe0"


class Limits(NamedTuple):
    """The size of a workbook that is read."""

    max_bytes: int
    """Bytes of all parts of the file together, unpacked."""
    max_rows: int
    """Rows of the sheet that are not empty."""


REQUEST_LIMITS = Limits(max_bytes=128 * 1024 * 1024, max_rows=100_000)
COMMAND_LIMITS = Limits(max_bytes=2 * 1024 * 1024 * 1024, max_rows=1_048_576)


class ReadWorkbook(NamedTuple):
    """A sheet that was read, or the reason why not."""

    slices: Sequence[bytes]
    """Pickled lists of records, so that a long sheet does not stop the event loop when it arrives."""
    error: str | None = None
    """TOO_LARGE, UNREADABLE or NO_SHEET."""


def read_workbook(content: bytes, sheet: str | None, limits: Limits, _items: Sequence[Any] = ()) -> ReadWorkbook:
    """Read a sheet of a workbook; never raise an exception of the library.

    Args:
        content: The bytes of the file.
        sheet: The name of the sheet; None: the first visible one.
        limits: The size from which a workbook is not read.

    Raises:
        MemoryError: The workbook needs more memory than the process may have.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about parts that it does not support, such as styles of other programs
            has_formulas = _check_parts(content, limits)
            return ReadWorkbook(_read_sheet(content, sheet, limits, has_formulas=has_formulas))
    except _TooLargeError:
        return ReadWorkbook((), TOO_LARGE)
    except _NoSheetError:
        return ReadWorkbook((), NO_SHEET)
    except MemoryError:
        raise
    except Exception:  # the library raises all kinds of exceptions for files that are no workbooks
        return ReadWorkbook((), UNREADABLE)


def open_records(workbook: ReadWorkbook, content: bytes) -> Iterator[Record]:
    """Return the records of a sheet that was read.

    Raises:
        ContentTooLarge: The workbook is larger than the limits.
        InvalidParameters: There is no sheet of the name.
        Malformed: The file is no workbook.
    """
    if workbook.error:
        raise _build_problem(workbook.error, is_protected=content.startswith(PROTECTED_START))
    return (record for piece in workbook.slices for record in pickle.loads(piece))  # noqa: S301  # of our own process


def _build_problem(error: str, *, is_protected: bool) -> Problem:
    """Build (not raise) the problem for a workbook that was not read."""
    if error == NO_SHEET:
        message = Text("Tidak ada lembar dengan nama ini.", "There is no sheet with this name.")
        return InvalidParameters(ErrorDetail("unknown_sheet", message, parameter="sheet"))
    if error == TOO_LARGE:
        limits = REQUEST_LIMITS
        size = limits.max_bytes // 1024 // 1024
        return ContentTooLarge(
            detail=Text(
                f"Buku kerja ini terlalu besar: paling banyak {limits.max_rows} baris, {MAX_COLUMNS} kolom dan {size} "
                "MiB setelah dibuka kompresinya. Bagi menjadi beberapa berkas, atau pakai rakornas import.",
                f"The workbook is too large: it may have up to {limits.max_rows} rows, {MAX_COLUMNS} columns and {size}"
                " MiB when unpacked. Divide it into several files, or use rakornas import.",
            )
        )
    if is_protected:
        return Malformed(
            detail=Text(
                "Buku kerja ini dilindungi kata sandi, atau dari Excel 97-2003 (.xls). Simpan sebagai XLSX tanpa kata "
                "sandi.",
                "The workbook is protected by a password, or of Excel 97-2003 (.xls). Save it as XLSX without a "
                "password.",
            )
        )
    return Malformed(
        detail=Text(
            "Isi ini bukan buku kerja XLSX yang dapat dibaca. Simpan lagi di Excel sebagai XLSX.",
            "This is no XLSX workbook that can be read. Save it in Excel as XLSX again.",
        )
    )


class _TooLargeError(Exception):
    """The workbook is larger than the limits."""


class _NoSheetError(Exception):
    """The workbook has no sheet of the name."""


def _check_parts(content: bytes, limits: Limits) -> bool:
    """Unpack all parts of a workbook once, piece by piece, and return whether a sheet has formulas.

    Raises:
        _TooLargeError: The parts are larger than the limit.
        ValueError: A part declares entities, or is in an encoding that hides them.
    """
    has_formulas, size = False, 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.infolist():
            with archive.open(part) as file:
                rest = b""
                while piece := file.read(BYTES_PER_READ):
                    size += len(piece)
                    if size > limits.max_bytes:
                        raise _TooLargeError
                    is_xml = part.filename.lower().endswith((".xml", ".rels"))
                    text = rest + piece
                    if is_xml and (DECLARATION.search(text) or b"\0" in text):
                        raise ValueError("the part could contain entities")
                    has_formulas = has_formulas or bool(WORKSHEET.fullmatch(part.filename) and FORMULA.search(text))
                    rest = text[-OVERLAP:]
    return has_formulas


def _read_sheet(content: bytes, sheet: str | None, limits: Limits, *, has_formulas: bool) -> list[bytes]:
    """Read the rows of a sheet that are not empty, as pickled slices of records."""
    chosen = _choose_sheet(content, sheet, data_only=True)
    merged = MergedCells(content, chosen._worksheet_path)
    rows = chosen.iter_rows(values_only=True)
    # The result of a formula is missing if no spreadsheet has computed it. It must not count as an empty cell.
    formulas = (
        _choose_sheet(content, sheet, data_only=False).iter_rows(values_only=True) if has_formulas else repeat(())
    )
    slices: list[bytes] = []
    records: list[Record] = []
    count = 0
    for number, (cells, written) in enumerate(zip(rows, formulas, strict=False), 1):
        values = [_convert(value) for value in cells]
        for n, formula in enumerate(written):
            if isinstance(formula, str) and formula.startswith("=") and values[n] is None:
                values[n] = FORMULA_WITHOUT_RESULT
        if number > LAST_ROW:
            raise ValueError("the format has fewer rows")
        while values and values[-1] is None:
            values.pop()
        merged.fill(number, values)
        if not values:
            continue
        count += 1
        if len(values) > MAX_COLUMNS or count > limits.max_rows:
            raise _TooLargeError
        records.append(Record(number, values))
        if len(records) == ROWS_PER_SLICE:
            slices.append(pickle.dumps(records))
            records = []
    return [*slices, pickle.dumps(records)]


def _choose_sheet(content: bytes, sheet: str | None, *, data_only: bool) -> Any:
    """Open a sheet, whose rows are iterated from the first one; with `data_only` it has the results of formulas."""
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=data_only, keep_links=False)
    visible = [worksheet for worksheet in workbook.worksheets if worksheet.sheet_state == "visible"]
    named = [worksheet for worksheet in workbook.worksheets if worksheet.title == sheet]
    chosen = named if sheet is not None else visible
    if not chosen:
        raise _NoSheetError
    chosen[0].reset_dimensions()  # some programs write wrong ones
    return chosen[0]


def _convert(value: Any) -> Any:
    """Return a value of the library as a cell: a duration of less than a day is a time of day, an array no value.

    Raises:
        ValueError: The text is longer than the format allows.
    """
    if isinstance(value, str) and len(value) > MAX_CELL_LENGTH:
        raise ValueError("the format has shorter cells")
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        is_time_of_day = timedelta() <= value < timedelta(days=1)
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60) if is_time_of_day else str(value)
    return value if isinstance(value, str | bool | int | float | datetime | time | type(None)) else str(value)
