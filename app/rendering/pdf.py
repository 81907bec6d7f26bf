"""Render a roll as PDF: first lay out all pages, so that each can print the page count, then draw them."""

import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reportlab.lib import pagesizes

from app.rendering import columns, dates, fonts, table
from app.rendering.columns import MARGIN, POINTS_PER_MM
from app.rendering.document import create_canvas
from app.rendering.footer import Footer
from app.rendering.header import Header
from app.rendering.roll import Proof, Roll
from app.rendering.table import Row, Table

PART_TITLE_HEIGHT = 6 * POINTS_PER_MM
EMPTY_ROLL_TEXT = "Tidak ada nama dalam daftar ini."


def render(roll: Roll, proof: Proof) -> bytes:
    """Render a roll as PDF with its digest and URL (`proof`); equal arguments give equal bytes."""
    return _PdfLayout(roll, proof).draw()


class _Page(NamedTuple):
    """A page: the title of its days (empty if the table shows all days), its table, and the rows on it."""

    days_title: str
    table: Table
    rows: Sequence[Row]


class _PdfLayout:
    """The pages of one roll."""

    def __init__(self, roll: Roll, proof: Proof) -> None:
        self._roll = roll
        self._proof = proof
        self._size = pagesizes.landscape(pagesizes.A4) if columns.is_landscape(roll.days) else pagesizes.A4
        self._width = self._size[0] - 2 * MARGIN
        self._header = Header(roll, proof, self._width)
        self._footer = Footer(roll, proof, self._width)
        self._parts = columns.split_days(roll.days)

    def draw(self) -> bytes:
        """Draw all pages of the roll and return the PDF."""
        roll = self._roll
        out = io.BytesIO()
        canvas = create_canvas(out, self._size, f"Daftar hadir: {roll.title}", roll.made_at)
        canvas.setSubject(f"Sidik (SHA-256): {self._proof.digest}")
        pages = list(self._paginate())
        for number, page in enumerate(pages, 1):
            y = self._size[1] - MARGIN
            if number == 1:
                self._header.draw(canvas, y)
                y -= self._header.height
            else:
                self._header.draw_running_title(canvas, y)
                y -= self._header.running_title_height
            if page.days_title:
                canvas.setFont(fonts.bold_face().name, 10)
                canvas.drawString(MARGIN, y - 10, page.days_title)
                y -= PART_TITLE_HEIGHT
            page.table.draw(canvas, y, page.rows)
            if not page.rows:
                canvas.setFont(fonts.regular_face().name, table.FONT_SIZE)
                canvas.drawString(MARGIN, y - table.HEADING_HEIGHT - 5 * POINTS_PER_MM, EMPTY_ROLL_TEXT)
            self._footer.draw(canvas, number, len(pages))
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _paginate(self) -> Iterator[_Page]:
        """Yield a roll's pages in order: for each group of days, a table of all lines over as many pages as needed."""
        page_height = self._size[1] - 2 * MARGIN - self._footer.height - table.HEADING_HEIGHT
        header_height = self._header.height
        for days in self._parts:
            part = Table(self._roll, days, self._width)
            title = self._format_part_title(days)
            title_height = PART_TITLE_HEIGHT if title else 0
            rows: list[Row] = []
            free_height = page_height - header_height - title_height
            for row in part.rows:
                if row.height > free_height:
                    yield _Page(title, part, rows)
                    rows, header_height = [], self._header.running_title_height
                    free_height = page_height - header_height - title_height
                rows.append(row)
                free_height -= row.height
            yield _Page(title, part, rows)
            header_height = self._header.running_title_height

    def _format_part_title(self, days: range) -> str:
        """Return the Indonesian title of the table of a group of days; "" if all days fit into one table."""
        if len(self._parts) == 1:
            return ""
        first, last = self._roll.days[days[0]], self._roll.days[days[-1]]
        return f"Hari ke-{days[0] + 1} s.d. ke-{days[-1] + 1}: {dates.format_date_range(first, last)}"
