"""Entry points of the PDF and XLSX renderers.

The libraries are imported at the first call, because they are large and most workers never render a file.
"""

from collections.abc import Sequence

from app.rendering.badges import Badge
from app.rendering.roll import Proof, Roll


def render_xlsx(roll: Roll, proof: Proof) -> bytes:
    """Render a roll as an XLSX workbook with its digest and URL; the first call imports the renderer."""
    from app.rendering import xlsx

    return xlsx.render(roll, proof)


def render_pdf(roll: Roll, proof: Proof) -> bytes:
    """Render a roll as a PDF in A4 with a column for signatures; the first call imports the renderer."""
    from app.rendering import pdf

    return pdf.render(roll, proof)


def render_badge_sheet(title: str, badges: Sequence[Badge]) -> bytes:
    """Render badges as a PDF in A4, eight per page with crop marks; the first call imports the renderer.

    `title` is the name of the meeting, which is printed on each badge.
    """
    from app.rendering import badge_sheet

    return badge_sheet.render(title, badges)
