"""A sheet of badges drawn: where each stands, the marks between them, and what is on one."""

import io
import itertools
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from app.rendering import fonts, qr_drawing
from app.rendering.badges import Badge
from app.rendering.columns import MM
from app.rendering.document import begun, left
from app.rendering.labels import CAPACITIES

WIDTH, HEIGHT = 95 * MM, 67 * MM
ACROSS, DOWN = 2, 4
LEFT, BOTTOM = (A4[0] - ACROSS * WIDTH) / 2, (A4[1] - DOWN * HEIGHT) / 2
MARK = 4 * MM
PADDING = 5 * MM
CODE = 38 * MM
BAND = 10 * MM
NAMES = (22, 20, 18, 16, 14, 12, 10)
"""Sizes, of which a name takes the largest that leaves its words whole."""


def make(title: str, badges: Sequence[Badge]) -> bytes:
    out = io.BytesIO()
    canvas = begun(out, A4, f"Tanda peserta: {title}")
    for start in range(0, max(1, len(badges)), ACROSS * DOWN):
        _draw_marks(canvas)
        for place, badge in enumerate(badges[start : start + ACROSS * DOWN]):
            row, column = divmod(place, ACROSS)
            canvas.saveState()
            canvas.translate(LEFT + column * WIDTH, BOTTOM + (DOWN - 1 - row) * HEIGHT)
            _draw(canvas, title, badge)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_marks(canvas: Canvas) -> None:
    """Outside the badges where a cut begins and ends, and a cross where four of them meet."""
    canvas.setLineWidth(0.3)
    right, top = LEFT + ACROSS * WIDTH, BOTTOM + DOWN * HEIGHT
    columns = [LEFT + n * WIDTH for n in range(ACROSS + 1)]
    rows = [BOTTOM + n * HEIGHT for n in range(DOWN + 1)]
    marks = [(x, start, x, start + MARK) for x in columns for start in (BOTTOM - 1.5 * MARK, top + MARK / 2)]
    marks += [(start, y, start + MARK, y) for y in rows for start in (LEFT - 1.5 * MARK, right + MARK / 2)]
    for x, y in itertools.product(columns[1:-1], rows[1:-1]):
        marks += [(x - MARK / 2, y, x + MARK / 2, y), (x, y - MARK / 2, x, y + MARK / 2)]
    canvas.lines(marks)


def _draw(canvas: Canvas, title: str, badge: Badge) -> None:
    """With its lower left corner at the origin."""
    width = WIDTH - CODE - 2 * PADDING
    qr_drawing.draw(canvas, badge.token, WIDTH - CODE - PADDING / 2, BAND + PADDING / 2, CODE)
    y = HEIGHT - PADDING - 8
    canvas.setFont(fonts.plain().name, 8)
    lines = fonts.plain().wrap(title, WIDTH - 2 * PADDING, 8, most=2)
    left(canvas, PADDING, y, lines, 9.5)

    size, lines = _name(badge.name, width)
    y = HEIGHT - PADDING - 12 * MM - size * 0.7
    canvas.setFont(fonts.bold().name, size)
    left(canvas, PADDING, y, lines, size * 1.08)

    canvas.setFont(fonts.plain().name, 10)
    y -= (len(lines) - 1) * size * 1.08 + 16
    left(canvas, PADDING, y, fonts.plain().wrap(badge.organization or "", width, 10, most=3), 11.5)

    canvas.setFillGray(0)
    canvas.rect(PADDING, PADDING / 2, WIDTH - 2 * PADDING, BAND - PADDING / 2, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.setFont(fonts.bold().name, 13)
    canvas.drawCentredString(WIDTH / 2, PADDING / 2 + 5, CAPACITIES[badge.capacity].upper())
    canvas.setFillGray(0)


def _name(name: str, width: float) -> tuple[float, list[str]]:
    face = fonts.bold()
    for size in NAMES:
        whole = all(face.width(word, size) <= width for word in face.visible(name).split())
        lines = face.wrap(name, width, size)
        if whole and len(lines) * size <= 60:
            return size, lines
    return NAMES[-1], face.wrap(name, width, NAMES[-1], most=6)
