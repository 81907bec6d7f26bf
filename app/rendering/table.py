"""The table of a roll: lay out its rows for the width of a page and draw them below a heading."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.pdfgen.canvas import Canvas

from app.rendering import dates, fonts, labels
from app.rendering.columns import MARGIN, POINTS_PER_MM, compute_columns
from app.rendering.document import draw_centred, draw_left_aligned
from app.rendering.roll import DayTimes, Roll, RollLine

FONT_SIZE, LEADING = 9, 10.5
HEADING_FONT_SIZE, SUBHEADING_FONT_SIZE = 8.5, 7.5
PADDING = 1.2 * POINTS_PER_MM
MIN_ROW_HEIGHT = 9 * POINTS_PER_MM
"""In points; enough for a signature."""
HEADING_HEIGHT = 11 * POINTS_PER_MM
COLUMNS_BEFORE_TIMES = ("No.", "Nama", "Jabatan", "Instansi/Satuan Kerja")
COLUMNS_AFTER_TIMES = ("Keterangan", "Tanda tangan")


@dataclass(frozen=True)
class Row:
    """A row after its layout."""

    number: int
    texts: Sequence[Sequence[str]]
    """The lines of text of name, position, organization and remark."""
    times: Sequence[str]
    """Formatted entry and exit of each day, empty if unknown."""
    height: float
    """In points."""


@dataclass(frozen=True)
class _HeadingCell:
    """A cell of the heading. Edges are indexes of column edges; lengths are in points."""

    text: str
    first_edge: int
    last_edge: int
    top: float
    height: float
    font_size: float = HEADING_FONT_SIZE


class Table:
    """A table of all participants with the times of some days of the meeting.

    `days` are indexes of the days of the roll, `width` is in points.
    """

    def __init__(self, roll: Roll, days: range, width: float) -> None:
        self._days = [dates.format_short_day(roll.days[n]) for n in days]
        self._columns = compute_columns(width, len(days))
        self._edges = list(itertools.accumulate(self._columns.widths, initial=MARGIN))
        self.rows = [self._lay_out_row(number, line, days, roll) for number, line in enumerate(roll.lines, 1)]

    def draw(self, canvas: Canvas, top: float, rows: Sequence[Row]) -> None:
        """Draw the heading of the table, these of its rows and the ruled lines below `top`."""
        self._draw_heading(canvas, top)
        canvas.setFont(fonts.regular_face().name, FONT_SIZE)
        y = top - HEADING_HEIGHT
        for row in rows:
            self._draw_row(canvas, y, row)
            y -= row.height
        self._draw_rules(canvas, top, rows)

    def _lay_out_row(self, number: int, line: RollLine, days: range, roll: Roll) -> Row:
        """Break the texts of a roll line to the widths of their columns, and return the row with its height."""
        columns = self._columns
        all_days, zone = roll.days, roll.time_zone
        texts = [
            fonts.regular_face().wrap(text, width - 2 * PADDING, FONT_SIZE)
            for text, width in (
                (line.name, columns.name),
                (labels.format_position(line.office, line.capacity), columns.position),
                (line.organization or "", columns.organization),
                (labels.format_remark(line.status, line.late), columns.remark),
            )
        ]
        times = [text for n in days for text in _format_day(line.days[n], all_days[n], zone)]
        return Row(number, texts, times, max(MIN_ROW_HEIGHT, max(map(len, texts)) * LEADING + 2 * PADDING))

    def _draw_row(self, canvas: Canvas, top: float, row: Row) -> None:
        """Draw the texts of a table row below `top`, with its number also in the signature column."""
        edges = self._edges
        canvas.drawRightString(edges[1] - PADDING, _first_baseline(top, row.height, 1), f"{row.number}")
        remark = len(edges) - 3
        for column, lines in zip((1, 2, 3, remark), row.texts, strict=True):
            draw_left_aligned(
                canvas, edges[column] + PADDING, _first_baseline(top, row.height, len(lines)), lines, LEADING
            )
        y = _first_baseline(top, row.height, 1)
        for column, time in enumerate(row.times, len(COLUMNS_BEFORE_TIMES)):
            canvas.drawCentredString((edges[column] + edges[column + 1]) / 2, y, time)
        # Signatures alternate between the left and the right half of the column, so that each has twice the height.
        signature_left = edges[-2] if row.number % 2 else (edges[-2] + edges[-1]) / 2
        canvas.drawString(signature_left + PADDING, top - PADDING - FONT_SIZE * 0.8, f"{row.number}.")

    def _draw_heading(self, canvas: Canvas, top: float) -> None:
        """Draw the grey heading of the table (column names and days) below `top`."""
        edges = self._edges
        canvas.setFillGray(0.92)
        canvas.rect(edges[0], top - HEADING_HEIGHT, edges[-1] - edges[0], HEADING_HEIGHT, stroke=0, fill=1)
        canvas.setFillGray(0)
        for column, text in (*enumerate(COLUMNS_BEFORE_TIMES), *enumerate(COLUMNS_AFTER_TIMES, len(edges) - 3)):
            self._draw_heading_cell(canvas, _HeadingCell(text, column, column + 1, top, HEADING_HEIGHT))
        for n, day in enumerate(self._days):
            column = len(COLUMNS_BEFORE_TIMES) + 2 * n
            self._draw_heading_cell(canvas, _HeadingCell(day, column, column + 2, top, HEADING_HEIGHT / 2))
            for half, text in enumerate(("Masuk", "Keluar")):
                start, middle = column + half, top - HEADING_HEIGHT / 2
                cell = _HeadingCell(text, start, start + 1, middle, HEADING_HEIGHT / 2, SUBHEADING_FONT_SIZE)
                self._draw_heading_cell(canvas, cell)

    def _draw_heading_cell(self, canvas: Canvas, cell: _HeadingCell) -> None:
        """Draw the text of a heading cell in bold, centred in the cell."""
        left_edge, right_edge = self._edges[cell.first_edge], self._edges[cell.last_edge]
        size = cell.font_size
        lines = fonts.bold_face().wrap(cell.text, right_edge - left_edge, size)
        y = cell.top - cell.height / 2 + (len(lines) - 1) * (size + 1) / 2 - size * 0.33
        canvas.setFont(fonts.bold_face().name, size)
        draw_centred(canvas, (left_edge + right_edge) / 2, y, lines, size + 1)

    def _draw_rules(self, canvas: Canvas, top: float, rows: Sequence[Row]) -> None:
        """Draw all ruled lines of the table, to be called after the grey heading is drawn, which would cover them."""
        edges = self._edges
        levels = list(
            itertools.accumulate((row.height for row in rows), lambda y, h: y - h, initial=top - HEADING_HEIGHT)
        )
        middle = top - HEADING_HEIGHT / 2
        first, last = edges[len(COLUMNS_BEFORE_TIMES)], edges[-3]
        halves = set(edges[len(COLUMNS_BEFORE_TIMES) + 1 : -3 : 2])
        canvas.setLineWidth(0.5)
        canvas.lines(
            [
                *((edges[0], y, edges[-1], y) for y in (top, *levels)),
                (first, middle, last, middle),
                *((x, middle if x in halves else top, x, levels[-1]) for x in edges),
            ]
        )


def _format_day(times: DayTimes, day: date, zone: str) -> list[str]:
    """Return the texts of a day's two cells: entry and exit, or the abbreviation of the status set by hand."""
    if times.status:
        return [labels.DAY_CODES.get(times.status, ""), ""]
    return [dates.format_time_of_day(instant, day, zone) if instant else "" for instant in times.instants]


def _first_baseline(top: float, height: float, lines: int) -> float:
    """Return the y coordinate of the first of `lines` lines of text that are vertically centred in a row."""
    return top - height / 2 + (lines - 1) * LEADING / 2 - FONT_SIZE * 0.33
