"""The header of a roll: complete on the first page, one line with the title on the following pages."""

from reportlab.pdfgen.canvas import Canvas

from app.rendering import fonts, qr_drawing
from app.rendering.columns import MARGIN, POINTS_PER_MM
from app.rendering.document import draw_centred, draw_left_aligned
from app.rendering.roll import Proof, Roll

QR_SIZE = 20 * POINTS_PER_MM
LABEL_WIDTH = 28 * POINTS_PER_MM
GAP = 3 * POINTS_PER_MM
TITLE_SIZE, TITLE_LEADING = 11.5, 14
FIELD_SIZE, LEADING = 10, 13
RUNNING_TITLE_SIZE = 8


class Header:
    """The header of a roll, with the URL of its proof as a QR code. Heights are in points."""

    def __init__(self, roll: Roll, proof: Proof, width: float) -> None:
        self._width = width
        self._url = proof.url
        left_width = width - QR_SIZE - GAP
        self._title = fonts.bold_face().wrap(roll.title, left_width - QR_SIZE - GAP, TITLE_SIZE, max_lines=5)
        self._fields = [
            (name, fonts.regular_face().wrap(value, left_width - LABEL_WIDTH - GAP, FIELD_SIZE, max_lines=5))
            for name, value in roll.heading_fields
        ]
        lines = sum(max(1, len(value)) for _, value in self._fields)
        text = 18 + len(self._title) * TITLE_LEADING + GAP + lines * LEADING
        self.height = max(text, QR_SIZE) + GAP
        self._running_title = fonts.regular_face().truncate(f"Daftar hadir: {roll.title}", width, RUNNING_TITLE_SIZE)
        self.running_title_height = 5 * POINTS_PER_MM

    def draw(self, canvas: Canvas, top: float) -> None:
        """Draw the header of a roll's first page below `top`: the title, the fields and the QR code."""
        middle = MARGIN + self._width / 2
        qr_drawing.draw_qr_code(canvas, self._url, MARGIN + self._width - QR_SIZE, top - QR_SIZE, QR_SIZE)
        canvas.setFont(fonts.bold_face().name, 14)
        canvas.drawCentredString(middle, top - 12, "DAFTAR HADIR")
        canvas.setFont(fonts.bold_face().name, TITLE_SIZE)
        y = top - 18 - TITLE_SIZE
        draw_centred(canvas, middle, y, self._title, TITLE_LEADING)
        y -= len(self._title) * TITLE_LEADING + GAP
        canvas.setFont(fonts.regular_face().name, FIELD_SIZE)
        for name, value in self._fields:
            canvas.drawString(MARGIN, y, name)
            canvas.drawString(MARGIN + LABEL_WIDTH, y, ":")
            draw_left_aligned(canvas, MARGIN + LABEL_WIDTH + GAP, y, value, LEADING)
            y -= max(1, len(value)) * LEADING

    def draw_running_title(self, canvas: Canvas, top: float) -> None:
        """Draw the title of a roll on one line below `top`, as the header of a page after the first."""
        canvas.setFont(fonts.regular_face().name, RUNNING_TITLE_SIZE)
        canvas.drawString(MARGIN, top - RUNNING_TITLE_SIZE, self._running_title)
