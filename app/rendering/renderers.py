"""What is printed. Its makers are imported when the first is made: they are heavy, and most workers never make one."""

from collections.abc import Sequence

from app.rendering.badges import Badge
from app.rendering.roll import Proof, Roll


def as_xlsx(roll: Roll, proof: Proof) -> bytes:
    """The daftar hadir as a workbook."""
    from app.rendering import xlsx

    return xlsx.make(roll, proof)


def as_pdf(roll: Roll, proof: Proof) -> bytes:
    """The daftar hadir on A4, with a column to sign in."""
    from app.rendering import pdf

    return pdf.make(roll, proof)


def sheet(title: str, badges: Sequence[Badge]) -> bytes:
    """Badges on A4, eight a page, to be cut along the marks; the meeting is named on each. The same for the same."""
    from app.rendering import badge_sheet

    return badge_sheet.make(title, badges)
