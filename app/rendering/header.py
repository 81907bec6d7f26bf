"""What stands above the table of a roll: all of it on the first page, one line on those that follow."""

from reportlab.pdfgen.canvas import Canvas

from app.rendering import fonts, qr_drawing
from app.rendering.columns import MARGIN, MM
from app.rendering.document import centred, left
from app.rendering.roll import Proof, Roll

CODE = 20 * MM
LABELS = 28 * MM
GAP = 3 * MM
TITLE, TITLE_LEADING = 11.5, 14
TEXT, LEADING = 10, 13
SMALL = 8


class Heading:
    """With the address of the proof as a QR code, for whoever holds the paper."""

    def __init__(self, roll: Roll, proof: Proof, width: float) -> None:
        self._width = width
        self._address = proof.address
        beside = width - CODE - GAP
        self._title = fonts.bold().wrap(roll.title, beside - CODE - GAP, TITLE, most=5)
        self._facts = [
            (name, fonts.plain().wrap(fact, beside - LABELS - GAP, TEXT, most=5)) for name, fact in roll.facts
        ]
        lines = sum(max(1, len(fact)) for _, fact in self._facts)
        text = 18 + len(self._title) * TITLE_LEADING + GAP + lines * LEADING
        self.height = max(text, CODE) + GAP
        self._running = fonts.plain().cut(f"Daftar hadir: {roll.title}", width, SMALL)
        self.running_height = 5 * MM

    def draw(self, canvas: Canvas, top: float) -> None:
        middle = MARGIN + self._width / 2
        qr_drawing.draw(canvas, self._address, MARGIN + self._width - CODE, top - CODE, CODE)
        canvas.setFont(fonts.bold().name, 14)
        canvas.drawCentredString(middle, top - 12, "DAFTAR HADIR")
        canvas.setFont(fonts.bold().name, TITLE)
        y = top - 18 - TITLE
        centred(canvas, middle, y, self._title, TITLE_LEADING)
        y -= len(self._title) * TITLE_LEADING + GAP
        canvas.setFont(fonts.plain().name, TEXT)
        for name, fact in self._facts:
            canvas.drawString(MARGIN, y, name)
            canvas.drawString(MARGIN + LABELS, y, ":")
            left(canvas, MARGIN + LABELS + GAP, y, fact, LEADING)
            y -= max(1, len(fact)) * LEADING

    def draw_running(self, canvas: Canvas, top: float) -> None:
        canvas.setFont(fonts.plain().name, SMALL)
        canvas.drawString(MARGIN, top - SMALL, self._running)
