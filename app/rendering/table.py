"""The table of a roll: its rows laid out for the width of a page, then drawn below a heading."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from app.rendering import dates, fonts, labels
from app.rendering.columns import MARGIN, MM, shared
from app.rendering.document import centred, left
from app.rendering.roll import Line, Roll

SIZE, LEADING = 9, 10.5
HEAD, SMALL_HEAD = 8.5, 7.5
PADDING = 1.2 * MM
LEAST = 9 * MM
"""High enough for a signature."""
HEAD_HEIGHT = 11 * MM
BEFORE = ("No.", "Nama", "Jabatan", "Instansi/Satuan Kerja")
AFTER = ("Keterangan", "Tanda tangan")


@dataclass(frozen=True)
class Row:
    number: int
    texts: Sequence[Sequence[str]]
    """The lines of name, office, organization and remark."""
    times: Sequence[str]
    height: float


class Table:
    """Everybody, with the times of some days of the meeting."""

    def __init__(self, roll: Roll, days: range, width: float) -> None:
        self._days = [dates.short(roll.days[n]) for n in days]
        self._columns = shared(width, len(days))
        self._edges = list(itertools.accumulate(self._columns.widths, initial=MARGIN))
        self.rows = [self._row(number, line, days, roll.time_zone) for number, line in enumerate(roll.lines, 1)]

    def draw(self, canvas: Canvas, top: float, rows: Sequence[Row]) -> None:
        self._draw_heading(canvas, top)
        canvas.setFont(fonts.plain().name, SIZE)
        y = top - HEAD_HEIGHT
        for row in rows:
            self._draw_row(canvas, y, row)
            y -= row.height
        self._rule(canvas, top, rows)

    def _row(self, number: int, line: Line, days: range, zone: str) -> Row:
        columns = self._columns
        texts = [
            fonts.plain().wrap(text, width - 2 * PADDING, SIZE)
            for text, width in (
                (line.name, columns.name),
                (labels.position(line.office, line.capacity), columns.position),
                (line.organization or "", columns.organization),
                (labels.remark(line.status, line.late), columns.remark),
            )
        ]
        instants = [instant for n in days for instant in line.days[n].both]
        times = [dates.clock(instant, zone) if instant else "" for instant in instants]
        return Row(number, texts, times, max(LEAST, max(map(len, texts)) * LEADING + 2 * PADDING))

    def _draw_row(self, canvas: Canvas, top: float, row: Row) -> None:
        edges = self._edges
        canvas.drawRightString(edges[1] - PADDING, _first(top, row.height, 1), f"{row.number}")
        remark = len(edges) - 3
        for column, lines in zip((1, 2, 3, remark), row.texts, strict=True):
            left(canvas, edges[column] + PADDING, _first(top, row.height, len(lines)), lines, LEADING)
        y = _first(top, row.height, 1)
        for column, time in enumerate(row.times, len(BEFORE)):
            canvas.drawCentredString((edges[column] + edges[column + 1]) / 2, y, time)
        # Two signatures below each other have twice the height each when they begin beside each other.
        staggered = edges[-2] if row.number % 2 else (edges[-2] + edges[-1]) / 2
        canvas.drawString(staggered + PADDING, top - PADDING - SIZE * 0.8, f"{row.number}.")

    def _draw_heading(self, canvas: Canvas, top: float) -> None:
        edges = self._edges
        canvas.setFillGray(0.92)
        canvas.rect(edges[0], top - HEAD_HEIGHT, edges[-1] - edges[0], HEAD_HEIGHT, stroke=0, fill=1)
        canvas.setFillGray(0)
        beside = (*enumerate(BEFORE), *enumerate(AFTER, len(edges) - 3))
        for column, text in beside:
            self._head(canvas, column, column + 1, top, HEAD_HEIGHT, text)
        for n, day in enumerate(self._days):
            column = len(BEFORE) + 2 * n
            self._head(canvas, column, column + 2, top, HEAD_HEIGHT / 2, day)
            for half, text in enumerate(("Masuk", "Keluar")):
                start = column + half
                self._head(canvas, start, start + 1, top - HEAD_HEIGHT / 2, HEAD_HEIGHT / 2, text, SMALL_HEAD)

    def _head(
        self, canvas: Canvas, start: int, end: int, top: float, height: float, text: str, size: float = HEAD
    ) -> None:
        left_edge, right_edge = self._edges[start], self._edges[end]
        lines = fonts.bold().wrap(text, right_edge - left_edge, size)
        y = top - height / 2 + (len(lines) - 1) * (size + 1) / 2 - size * 0.33
        canvas.setFont(fonts.bold().name, size)
        centred(canvas, (left_edge + right_edge) / 2, y, lines, size + 1)

    def _rule(self, canvas: Canvas, top: float, rows: Sequence[Row]) -> None:
        """All lines at once, after the text: grey of the heading would hide half of them."""
        edges = self._edges
        levels = list(itertools.accumulate((row.height for row in rows), lambda y, h: y - h, initial=top - HEAD_HEIGHT))
        middle = top - HEAD_HEIGHT / 2
        first, last = edges[len(BEFORE)], edges[-3]
        halves = set(edges[len(BEFORE) + 1 : -3 : 2])
        canvas.setLineWidth(0.5)
        canvas.lines(
            [
                *((edges[0], y, edges[-1], y) for y in (top, *levels)),
                (first, middle, last, middle),
                *((x, middle if x in halves else top, x, levels[-1]) for x in edges),
            ]
        )


def _first(top: float, height: float, lines: int) -> float:
    """Where the first of these lines has its feet, when all of them stand in the middle of a row."""
    return top - height / 2 + (lines - 1) * LEADING / 2 - SIZE * 0.33
