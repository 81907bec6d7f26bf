"""Render a roll as an XLSX workbook: dates and times are typed cells, and no text becomes a formula."""

import io
import math
from datetime import UTC, timedelta
from typing import Any

import xlsxwriter

from app.rendering import dates, labels
from app.rendering.columns import is_landscape
from app.rendering.roll import Proof, Roll, RollLine

COLUMNS_BEFORE_TIMES = (("No.", 5.0), ("Nama", 30.0), ("Jabatan", 19.0), ("Instansi/Satuan Kerja", 30.0))
TIME_WIDTH = 7.5
COLUMNS_AFTER_TIMES = (("Keterangan", 14.0), ("Tanda tangan", 28.0))
MIN_ROW_HEIGHT, LINE_HEIGHT = 27, 14.5
"""In points: the height of a row with room for a signature, and of a line of text."""
MAX_FOOTER_CHARACTERS = 255
"""The limit of Excel."""


def render(roll: Roll, proof: Proof) -> bytes:
    """Render a roll as an XLSX workbook with its digest and URL (`proof`); equal arguments give equal bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})  # the file system may be read-only
    created = roll.made_at.astimezone(UTC).replace(tzinfo=None)  # the properties are in UTC without an offset
    title = f"Daftar hadir: {labels.replace_surrogates(roll.title)}"
    book.set_properties({"title": title, "author": "Rakornas", "created": created})
    _Sheet(book, roll, proof).write()
    book.close()
    return out.getvalue()


class _Sheet:
    """The worksheet of one roll, with its cell formats."""

    def __init__(self, book: Any, roll: Roll, proof: Proof) -> None:
        self._sheet = book.add_worksheet("Daftar hadir")
        self._roll = roll
        self._proof = proof
        self._first_column_after_times = len(COLUMNS_BEFORE_TIMES) + 2 * len(roll.days)
        cell = {"valign": "vcenter", "border": 1, "text_wrap": True}
        centred_cell = {**cell, "align": "center"}
        heading = {**centred_cell, "bold": True, "bg_color": "#EBEBEB"}
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._subtitle = book.add_format({"bold": True, "font_size": 12})
        self._cell = book.add_format(cell)
        self._number_cell = book.add_format(centred_cell)
        self._time_cell = book.add_format({**centred_cell, "num_format": r"hh\.mm"})
        self._late_time_cell = book.add_format({**centred_cell, "num_format": r"[hh]\.mm"})
        self._heading = book.add_format(heading)
        self._day_heading = book.add_format({**heading, "num_format": "[$-421]dddd, d/m"})
        self._signature_cells = [
            book.add_format({**cell, "align": "left", "valign": "top", "indent": indent}) for indent in (9, 0)
        ]

    def write(self) -> None:
        """Write the heading and the lines of the roll to the worksheet, and set up its pages for printing."""
        top = self._write_header()
        self._write_column_headings(top)
        for number, line in enumerate(self._roll.lines, 1):
            self._write_line(top + 1 + number, number, line)
        self._set_up_page(top)

    def _write_header(self) -> int:
        """Write the title, the fields and the digest above the table; return the index of the table's first row."""
        sheet, roll, proof = self._sheet, self._roll, self._proof
        sheet.write_string(0, 0, "DAFTAR HADIR", self._title)
        sheet.write_string(1, 0, labels.replace_surrogates(roll.title), self._subtitle)
        made_at = dates.format_instant(roll.made_at, roll.time_zone)
        proof_fields = [("Sidik (SHA-256)", proof.digest), ("Nonce", roll.nonce)]
        proof_fields += [("Periksa di", proof.url), ("Dibuat", made_at)]
        row = 2
        for name, value in [*roll.heading_fields, *proof_fields]:
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 2, f": {labels.replace_surrogates(value)}")
            row += 1
        return row + 1

    def _write_column_headings(self, top: int) -> None:
        """Write the two heading rows of the table from the row `top`, and set the widths of its columns."""
        sheet = self._sheet
        for column, (text, width) in (
            *enumerate(COLUMNS_BEFORE_TIMES),
            *enumerate(COLUMNS_AFTER_TIMES, self._first_column_after_times),
        ):
            sheet.merge_range(top, column, top + 1, column, text, self._heading)
            sheet.set_column(column, column, width)
        sheet.set_column(len(COLUMNS_BEFORE_TIMES), self._first_column_after_times - 1, TIME_WIDTH)
        for column, day in zip(
            range(len(COLUMNS_BEFORE_TIMES), self._first_column_after_times, 2), self._roll.days, strict=True
        ):
            sheet.merge_range(top, column, top, column + 1, "", self._day_heading)
            sheet.write_datetime(top, column, day, self._day_heading)
            sheet.write_string(top + 1, column, "Masuk", self._heading)
            sheet.write_string(top + 1, column + 1, "Keluar", self._heading)

    def _write_line(self, row: int, number: int, line: RollLine) -> None:
        """Write a roll line to a row of the sheet, and set the height of the row."""
        sheet = self._sheet
        texts = (line.name, labels.format_position(line.office, line.capacity), line.organization or "")
        line_counts = [_estimate_line_count(text, COLUMNS_BEFORE_TIMES[n][1]) for n, text in enumerate(texts, 1)]
        sheet.set_row(row, max(MIN_ROW_HEIGHT, LINE_HEIGHT * max(line_counts)))
        sheet.write_number(row, 0, number, self._number_cell)
        for column, text in enumerate(texts, 1):
            sheet.write_string(row, column, labels.replace_surrogates(text), self._cell)
        column = len(COLUMNS_BEFORE_TIMES)
        for day, times in zip(self._roll.days, line.days, strict=True):
            for instant in times.instants:
                if instant is None:
                    sheet.write_blank(row, column, None, self._time_cell)
                else:
                    time_of_day = dates.measure_time_of_day(instant, day, self._roll.time_zone)
                    is_past_midnight = time_of_day >= timedelta(days=1)
                    sheet.write_datetime(
                        row, column, time_of_day, self._late_time_cell if is_past_midnight else self._time_cell
                    )
                column += 1
            if times.status:
                sheet.write_string(row, column - 2, labels.STATUSES[times.status], self._time_cell)
        sheet.write_string(row, column, labels.format_remark(line.status, line.late), self._cell)
        sheet.write_string(row, column + 1, f"{number}.", self._signature_cells[number % 2])

    def _set_up_page(self, top: int) -> None:
        """Set the sheet's frozen panes, repeated rows, paper, margins and footer; `top` is the table's first row."""
        sheet = self._sheet
        sheet.freeze_panes(top + 2, 2)
        sheet.repeat_rows(top, top + 1)
        sheet.set_paper(9)  # A4
        if is_landscape(self._roll.days):
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.8)
        proof_text = f"&L&7Sidik (SHA-256): {self._proof.digest}\nNonce: {self._roll.nonce}"
        url_text = f"\nperiksa di {_escape_ampersand(self._proof.url)}"
        page_text = "&R&7Halaman &P dari &N"
        if len(proof_text + url_text + page_text) <= MAX_FOOTER_CHARACTERS:
            proof_text += url_text  # else it is only in the header
        sheet.set_footer(proof_text + page_text)


def _estimate_line_count(text: str, width: float) -> int:
    """Estimate the number of lines of a text in a column of `width` characters.

    The widths of the letters are unknown here, so the estimate is generous enough that almost no name is cut off.
    """
    return math.ceil(len(text) * 1.15 / width)


def _escape_ampersand(text: str) -> str:
    """Double each ampersand, which begins a command in the header or footer of a sheet."""
    return text.replace("&", "&&")
