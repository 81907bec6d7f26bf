"""The daftar hadir as a workbook: days and hours are real ones, and no text of the record is ever a formula."""

import io
import math
from datetime import UTC, time
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

from app.rendering import dates, labels
from app.rendering.columns import landscape
from app.rendering.roll import Line, Proof, Roll

BEFORE = (("No.", 5.0), ("Nama", 30.0), ("Jabatan", 19.0), ("Instansi/Satuan Kerja", 30.0))
TIME = 7.5
AFTER = (("Keterangan", 14.0), ("Tanda tangan", 28.0))
LEAST, LEADING = 27, 14.5
"""Heights in points: of a row to sign in, and of a line of text."""
LONGEST_FOOT = 255
"""As many characters as Excel takes."""


def make(roll: Roll, proof: Proof) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})  # the file system may be read-only
    made = roll.made_at.astimezone(UTC).replace(tzinfo=None)  # what a workbook's properties mean
    book.set_properties({"title": f"Daftar hadir: {labels.sound(roll.title)}", "author": "Rakornas", "created": made})
    _Sheet(book, roll, proof).write()
    book.close()
    return out.getvalue()


class _Sheet:
    def __init__(self, book: Any, roll: Roll, proof: Proof) -> None:
        self._sheet = book.add_worksheet("Daftar hadir")
        self._roll = roll
        self._proof = proof
        self._zone = ZoneInfo(roll.time_zone)
        self._after = len(BEFORE) + 2 * len(roll.days)
        cell = {"valign": "vcenter", "border": 1, "text_wrap": True}
        middle = {**cell, "align": "center"}
        head = {**middle, "bold": True, "bg_color": "#EBEBEB"}
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._subtitle = book.add_format({"bold": True, "font_size": 12})
        self._cell = book.add_format(cell)
        self._number = book.add_format(middle)
        self._time = book.add_format({**middle, "num_format": r"hh\.mm"})
        self._head = book.add_format(head)
        self._day = book.add_format({**head, "num_format": "[$-421]dddd, d/m"})
        self._signature = [
            book.add_format({**cell, "align": "left", "valign": "top", "indent": indent}) for indent in (9, 0)
        ]

    def write(self) -> None:
        top = self._write_facts()
        self._write_heads(top)
        for number, line in enumerate(self._roll.lines, 1):
            self._write_line(top + 1 + number, number, line)
        self._prepare(top)

    def _write_facts(self) -> int:
        """What stands above the table; the row at which that begins."""
        sheet, roll, proof = self._sheet, self._roll, self._proof
        sheet.write_string(0, 0, "DAFTAR HADIR", self._title)
        sheet.write_string(1, 0, labels.sound(roll.title), self._subtitle)
        made = dates.moment(roll.made_at, roll.time_zone)
        proven = [("Sidik (SHA-256)", proof.digest), ("Periksa di", proof.address), ("Dibuat", made)]
        row = 2
        for name, fact in [*roll.facts, *proven]:
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 2, f": {labels.sound(fact)}")
            row += 1
        return row + 1

    def _write_heads(self, top: int) -> None:
        sheet = self._sheet
        for column, (text, width) in (*enumerate(BEFORE), *enumerate(AFTER, self._after)):
            sheet.merge_range(top, column, top + 1, column, text, self._head)
            sheet.set_column(column, column, width)
        sheet.set_column(len(BEFORE), self._after - 1, TIME)
        for column, day in zip(range(len(BEFORE), self._after, 2), self._roll.days, strict=True):
            sheet.merge_range(top, column, top, column + 1, "", self._day)
            sheet.write_datetime(top, column, day, self._day)
            sheet.write_string(top + 1, column, "Masuk", self._head)
            sheet.write_string(top + 1, column + 1, "Keluar", self._head)

    def _write_line(self, row: int, number: int, line: Line) -> None:
        sheet = self._sheet
        texts = (line.name, labels.position(line.office, line.capacity), line.organization or "")
        sheet.set_row(row, max(LEAST, LEADING * max(_lines(text, BEFORE[n][1]) for n, text in enumerate(texts, 1))))
        sheet.write_number(row, 0, number, self._number)
        for column, text in enumerate(texts, 1):
            sheet.write_string(row, column, labels.sound(text), self._cell)
        column = len(BEFORE)
        for times in line.days:
            for instant in times.both:
                if instant is None:
                    sheet.write_blank(row, column, None, self._time)
                else:
                    local = instant.astimezone(self._zone)
                    sheet.write_datetime(row, column, time(local.hour, local.minute), self._time)
                column += 1
        sheet.write_string(row, column, labels.remark(line.status, line.late), self._cell)
        sheet.write_string(row, column + 1, f"{number}.", self._signature[number % 2])

    def _prepare(self, top: int) -> None:
        """For the screen and for paper."""
        sheet = self._sheet
        sheet.freeze_panes(top + 2, 2)
        sheet.repeat_rows(top, top + 1)
        sheet.set_paper(9)  # A4
        if landscape(self._roll.days):
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.8)
        foot = f"&L&7Sidik (SHA-256): {self._proof.digest}\nperiksa di {_literal(self._proof.address)}"
        page = "&R&7Halaman &P dari &N"
        if len(foot + page) > LONGEST_FOOT:
            foot = foot.partition("\n")[0]  # the address is above the table too
        sheet.set_footer(foot + page)


def _lines(text: str, width: float) -> int:
    """As good as certain that no name is cut off: Excel knows the width of letters, this their number."""
    return math.ceil(len(text) * 1.15 / width)


def _literal(text: str) -> str:
    return text.replace("&", "&&")
