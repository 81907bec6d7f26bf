"""The footer of each page of a roll: digest, URL, nonce, creation time and page number."""

from reportlab.pdfgen.canvas import Canvas

from app.rendering import dates, fonts
from app.rendering.columns import MARGIN
from app.rendering.document import draw_left_aligned
from app.rendering.roll import Proof, Roll

FONT_SIZE, LEADING = 7, 9
GAP = 6


class Footer:
    """The footer of a roll. `height` is in points."""

    def __init__(self, roll: Roll, proof: Proof, width: float) -> None:
        self._right = MARGIN + width
        self._proof_lines = _arrange_proof(f"Sidik (SHA-256): {proof.digest}", f"periksa di {proof.url}", width)
        made_at = dates.format_instant(roll.made_at, roll.time_zone)
        self._made_at_text = f"Dibuat {made_at}  \N{MIDDLE DOT}  Nonce: {roll.nonce}"
        self.height = (len(self._proof_lines) + 1) * LEADING + GAP

    def draw(self, canvas: Canvas, number: int, count: int) -> None:
        """Draw a roll's footer (digest, URL, creation time, nonce, page number) on page `number` of `count`."""
        canvas.setFont(fonts.regular_face().name, FONT_SIZE)
        draw_left_aligned(canvas, MARGIN, MARGIN + len(self._proof_lines) * LEADING, self._proof_lines, LEADING)
        canvas.drawString(MARGIN, MARGIN, self._made_at_text)
        canvas.drawRightString(self._right, MARGIN, f"Halaman {number} dari {count}")


def _arrange_proof(digest: str, url: str, width: float) -> list[str]:
    """Return a roll's digest and its URL as one line if both fit, else each on lines of its own."""
    face = fonts.regular_face()
    line = f"{digest}  \N{MIDDLE DOT}  {url}"
    if face.measure(line, FONT_SIZE) <= width:
        return [line]
    return [*face.wrap(digest, width, FONT_SIZE), *face.wrap(url, width, FONT_SIZE)]
