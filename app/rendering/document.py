"""Create PDF canvases and draw lines of text on them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from reportlab.pdfgen.canvas import Canvas

from app.rendering import fonts, labels


def create_canvas(out: BinaryIO, size: tuple[float, float], title: str, made_at: datetime | None = None) -> Canvas:
    """Create a PDF canvas that writes to `out`; the same drawing gives the same bytes.

    Args:
        out: Receives the PDF when the canvas is saved.
        size: Width and height of a page in points.
        title: The title in the metadata.
        made_at: The creation date in the metadata; a constant date if None.
    """
    # Without an initial font, each page refers to Helvetica, which is not embedded.
    name = fonts.regular_face().name
    canvas = Canvas(out, size, invariant=1, lang="id", initialFontName=name)  # type: ignore[arg-type]  # the stub is wrong
    canvas.setTitle(labels.replace_surrogates(title))
    canvas.setAuthor("Rakornas")
    canvas.setCreator("Rakornas")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    if made_at is not None:
        stamp = made_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
        canvas.setDateFormatter(lambda *_: stamp)
    return canvas


def draw_left_aligned(canvas: Canvas, x: float, y: float, lines: Sequence[str], leading: float) -> None:
    """Draw lines of text from `x` to the right, one below the other, the first baseline at `y`; all in points."""
    for n, line in enumerate(lines):
        canvas.drawString(x, y - n * leading, line)


def draw_centred(canvas: Canvas, x: float, y: float, lines: Sequence[str], leading: float) -> None:
    """Draw lines of text centred at `x`, one below the other, the first baseline at `y`; all in points."""
    for n, line in enumerate(lines):
        canvas.drawCentredString(x, y - n * leading, line)
