"""A PDF as it begins and as its text is set, the same for a roll and a sheet of badges."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from reportlab.pdfgen.canvas import Canvas

from app.rendering import fonts, labels


def begun(out: BinaryIO, size: tuple[float, float], title: str, made_at: datetime | None = None) -> Canvas:
    """Nothing in it comes from the clock or from chance: the same content gives the same bytes."""
    name = fonts.plain().name  # else each page would ask the reader for a Helvetica that it does not use
    canvas = Canvas(out, size, invariant=1, lang="id", initialFontName=name)  # type: ignore[arg-type]  # a wrong stub
    canvas.setTitle(labels.sound(title))
    canvas.setAuthor("Rakornas")
    canvas.setCreator("Rakornas")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    if made_at is not None:
        stamp = made_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
        canvas.setDateFormatter(lambda *_: stamp)
    return canvas


def left(canvas: Canvas, x: float, y: float, lines: Sequence[str], leading: float) -> None:
    """Lines below each other, the first with its feet at `y`."""
    for n, line in enumerate(lines):
        canvas.drawString(x, y - n * leading, line)


def centred(canvas: Canvas, x: float, y: float, lines: Sequence[str], leading: float) -> None:
    for n, line in enumerate(lines):
        canvas.drawCentredString(x, y - n * leading, line)
