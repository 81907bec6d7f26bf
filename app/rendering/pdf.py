"""The daftar hadir as a PDF: laid out first, so that every page knows how many there are, then drawn."""

import io
from collections.abc import Iterator, Sequence

from reportlab.lib import pagesizes

from app.rendering import columns, dates, fonts, table
from app.rendering.columns import MARGIN, MM
from app.rendering.document import begun
from app.rendering.footer import Foot
from app.rendering.header import Heading
from app.rendering.roll import Proof, Roll
from app.rendering.table import Row, Table

PART = 6 * MM
NOBODY = "Tidak ada nama dalam daftar ini."


def make(roll: Roll, proof: Proof) -> bytes:
    """The same bytes for the same roll and proof."""
    return _Paper(roll, proof).drawn()


class _Paper:
    def __init__(self, roll: Roll, proof: Proof) -> None:
        self._roll = roll
        self._proof = proof
        self._size = pagesizes.landscape(pagesizes.A4) if columns.landscape(roll.days) else pagesizes.A4
        self._width = self._size[0] - 2 * MARGIN
        self._heading = Heading(roll, proof, self._width)
        self._foot = Foot(roll, proof, self._width)
        self._parts = columns.parts(roll.days)

    def drawn(self) -> bytes:
        roll = self._roll
        out = io.BytesIO()
        canvas = begun(out, self._size, f"Daftar hadir: {roll.title}", roll.made_at)
        canvas.setSubject(f"Sidik (SHA-256): {self._proof.digest}")
        pages = list(self._pages())
        for number, (days, part, rows) in enumerate(pages, 1):
            y = self._size[1] - MARGIN
            if number == 1:
                self._heading.draw(canvas, y)
                y -= self._heading.height
            else:
                self._heading.draw_running(canvas, y)
                y -= self._heading.running_height
            if days:
                canvas.setFont(fonts.bold().name, 10)
                canvas.drawString(MARGIN, y - 10, days)
                y -= PART
            part.draw(canvas, y, rows)
            if not rows:
                canvas.setFont(fonts.plain().name, table.SIZE)
                canvas.drawString(MARGIN, y - table.HEAD_HEIGHT - 5 * MM, NOBODY)
            self._foot.draw(canvas, number, len(pages))
            canvas.showPage()
        canvas.save()
        return out.getvalue()

    def _pages(self) -> Iterator[tuple[str, Table, Sequence[Row]]]:
        """For each page the days that it shows, where not all, its table, and which rows of it stand there."""
        room = self._size[1] - 2 * MARGIN - self._foot.height - table.HEAD_HEIGHT
        above = self._heading.height
        for days in self._parts:
            part = Table(self._roll, days, self._width)
            words = self._named(days)
            rows: list[Row] = []
            left = room - above - (PART if words else 0)
            for row in part.rows:
                if row.height > left:
                    yield words, part, rows
                    rows, above = [], self._heading.running_height
                    left = room - above - (PART if words else 0)
                rows.append(row)
                left -= row.height
            yield words, part, rows
            above = self._heading.running_height

    def _named(self, days: range) -> str:
        if len(self._parts) == 1:
            return ""
        all_days = self._roll.days
        return f"Hari ke-{days[0] + 1} s.d. ke-{days[-1] + 1}: {dates.span(all_days[days[0]], all_days[days[-1]])}"
