"""What stands below the table on every page of a roll: its proof, when it was made, and which page this is."""

from reportlab.pdfgen.canvas import Canvas

from app.rendering import dates, fonts
from app.rendering.columns import MARGIN
from app.rendering.document import left
from app.rendering.roll import Proof, Roll

SIZE, LEADING = 7, 9
GAP = 6


class Foot:
    def __init__(self, roll: Roll, proof: Proof, width: float) -> None:
        self._right = MARGIN + width
        self._proof = _in_lines(f"Sidik (SHA-256): {proof.digest}", f"periksa di {proof.address}", width)
        self._made = f"Dibuat {dates.moment(roll.made_at, roll.time_zone)}"
        self.height = (len(self._proof) + 1) * LEADING + GAP

    def draw(self, canvas: Canvas, number: int, count: int) -> None:
        canvas.setFont(fonts.plain().name, SIZE)
        left(canvas, MARGIN, MARGIN + len(self._proof) * LEADING, self._proof, LEADING)
        canvas.drawString(MARGIN, MARGIN, self._made)
        canvas.drawRightString(self._right, MARGIN, f"Halaman {number} dari {count}")


def _in_lines(digest: str, address: str, width: float) -> list[str]:
    """Beside each other where both fit, so that neither is broken without need."""
    face = fonts.plain()
    one = f"{digest}  \N{MIDDLE DOT}  {address}"
    if face.width(one, SIZE) <= width:
        return [one]
    return [*face.wrap(digest, width, SIZE), *face.wrap(address, width, SIZE)]
