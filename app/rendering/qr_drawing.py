"""Draw QR codes into a PDF as vector rectangles, which print sharply."""

import itertools
from collections.abc import Iterator

from reportlab.pdfgen.canvas import Canvas

from app.rendering import qr


def draw_qr_code(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """Draw the QR code of a text with its lower left corner, quiet zone included, at (x, y); all lengths in points.

    All dark modules form one path, so that no white hairline appears between two of them. The path is written as a
    literal, because building it with reportlab's path object takes longer than the rest of a badge.
    """
    matrix = qr.encode_qr_code(text).matrix
    size = len(matrix) + 2 * qr.QUIET_ZONE
    path = " ".join(
        f"{start + qr.QUIET_ZONE} {size - qr.QUIET_ZONE - n - 1} {length} 1 re"
        for n, row in enumerate(matrix)
        for start, length in _dark_runs(row)
    )
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(side / size, side / size)
    canvas.setFillGray(0)
    canvas.addLiteral(f"{path} f")
    canvas.restoreState()


def _dark_runs(row: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield the start and length of each sequence of dark modules in a row of a QR code."""
    start = 0
    for is_dark, modules in itertools.groupby(row):
        length = len(list(modules))
        if is_dark:
            yield start, length
        start += length
