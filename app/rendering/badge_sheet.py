"""Draw a sheet of badges: their positions on the page, the crop marks, and the content of each badge."""

import io
import itertools
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from app.rendering import fonts, qr_drawing
from app.rendering.badges import Badge
from app.rendering.columns import POINTS_PER_MM
from app.rendering.document import create_canvas, draw_left_aligned
from app.rendering.labels import CAPACITIES

BADGE_WIDTH, BADGE_HEIGHT = 95 * POINTS_PER_MM, 67 * POINTS_PER_MM
COLUMNS, ROWS = 2, 4
LEFT, BOTTOM = (A4[0] - COLUMNS * BADGE_WIDTH) / 2, (A4[1] - ROWS * BADGE_HEIGHT) / 2
CROP_MARK_LENGTH = 4 * POINTS_PER_MM
PADDING = 5 * POINTS_PER_MM
QR_SIZE = 38 * POINTS_PER_MM
BAND_HEIGHT = 10 * POINTS_PER_MM
NAME_FONT_SIZES = (22, 20, 18, 16, 14, 12, 10)
"""In points; a name is set in the largest size at which none of its words is broken."""


def render(title: str, badges: Sequence[Badge]) -> bytes:
    """Render badges as a PDF in A4 with crop marks, `title` on each; without badges, one page with crop marks."""
    out = io.BytesIO()
    canvas = create_canvas(out, A4, f"Tanda peserta: {title}")
    for start in range(0, max(1, len(badges)), COLUMNS * ROWS):
        _draw_crop_marks(canvas)
        for position, badge in enumerate(badges[start : start + COLUMNS * ROWS]):
            row, column = divmod(position, COLUMNS)
            canvas.saveState()
            canvas.translate(LEFT + column * BADGE_WIDTH, BOTTOM + (ROWS - 1 - row) * BADGE_HEIGHT)
            _draw_badge(canvas, title, badge)
            canvas.restoreState()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_crop_marks(canvas: Canvas) -> None:
    """Draw marks outside the badges at both ends of each cut, and a cross where four badges meet."""
    canvas.setLineWidth(0.3)
    right, top = LEFT + COLUMNS * BADGE_WIDTH, BOTTOM + ROWS * BADGE_HEIGHT
    columns = [LEFT + n * BADGE_WIDTH for n in range(COLUMNS + 1)]
    rows = [BOTTOM + n * BADGE_HEIGHT for n in range(ROWS + 1)]
    length = CROP_MARK_LENGTH
    marks = [(x, start, x, start + length) for x in columns for start in (BOTTOM - 1.5 * length, top + length / 2)]
    marks += [(start, y, start + length, y) for y in rows for start in (LEFT - 1.5 * length, right + length / 2)]
    for x, y in itertools.product(columns[1:-1], rows[1:-1]):
        marks += [(x - length / 2, y, x + length / 2, y), (x, y - length / 2, x, y + length / 2)]
    canvas.lines(marks)


def _draw_badge(canvas: Canvas, title: str, badge: Badge) -> None:
    """Draw a badge (title, QR code, name, organization, capacity) with its lower left corner at the origin."""
    text_width = BADGE_WIDTH - QR_SIZE - 2 * PADDING
    qr_left, qr_bottom = BADGE_WIDTH - QR_SIZE - PADDING / 2, BAND_HEIGHT + PADDING / 2
    qr_drawing.draw_qr_code(canvas, badge.token, qr_left, qr_bottom, QR_SIZE)
    y = BADGE_HEIGHT - PADDING - 8
    canvas.setFont(fonts.regular_face().name, 8)
    lines = fonts.regular_face().wrap(title, BADGE_WIDTH - 2 * PADDING, 8, max_lines=2)
    draw_left_aligned(canvas, PADDING, y, lines, 9.5)

    size, lines = _fit_name(badge.name, text_width)
    y = BADGE_HEIGHT - PADDING - 12 * POINTS_PER_MM - size * 0.7
    canvas.setFont(fonts.bold_face().name, size)
    draw_left_aligned(canvas, PADDING, y, lines, size * 1.08)

    canvas.setFont(fonts.regular_face().name, 10)
    y -= (len(lines) - 1) * size * 1.08 + 16
    lines = fonts.regular_face().wrap(badge.organization or "", text_width, 10, max_lines=3)
    draw_left_aligned(canvas, PADDING, y, lines, 11.5)

    canvas.setFillGray(0)
    canvas.rect(PADDING, PADDING / 2, BADGE_WIDTH - 2 * PADDING, BAND_HEIGHT - PADDING / 2, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.setFont(fonts.bold_face().name, 13)
    canvas.drawCentredString(BADGE_WIDTH / 2, PADDING / 2 + 5, CAPACITIES[badge.capacity].upper())
    canvas.setFillGray(0)


def _fit_name(name: str, width: float) -> tuple[float, list[str]]:
    """Return the largest font size at which a name fits, and its lines; at the smallest size they may be cut off."""
    face = fonts.bold_face()
    for size in NAME_FONT_SIZES:
        no_word_is_broken = all(face.measure(word, size) <= width for word in face.to_drawable(name).split())
        lines = face.wrap(name, width, size)
        if no_word_is_broken and len(lines) * size <= 60:
            return size, lines
    return NAME_FONT_SIZES[-1], face.wrap(name, width, NAME_FONT_SIZES[-1], max_lines=6)
