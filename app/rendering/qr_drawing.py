"""A QR code drawn into a PDF: rectangles, crisp on every printer."""

import itertools
from collections.abc import Iterator

from reportlab.pdfgen.canvas import Canvas

from app.rendering import qr


def draw(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """Its lower left corner, quiet zone included, at (x, y).

    All dark modules are one path, so that no hairline of white shows between two of them; reportlab's own path knows
    its points one by one, which takes longer than the rest of a badge.
    """
    matrix = qr.code(text).matrix
    size = len(matrix) + 2 * qr.QUIET
    path = " ".join(
        f"{start + qr.QUIET} {size - qr.QUIET - n - 1} {length} 1 re"
        for n, row in enumerate(matrix)
        for start, length in _runs(row)
    )
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(side / size, side / size)
    canvas.setFillGray(0)
    canvas.addLiteral(f"{path} f")
    canvas.restoreState()


def _runs(row: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many there are."""
    start = 0
    for dark, same in itertools.groupby(row):
        length = len(list(same))
        if dark:
            yield start, length
        start += length
