"""Entry points of the renderers, which run in a process of their own (`RendererPool`).

The libraries of PDF and XLSX are imported at the first call, because they are large and a CSV needs neither.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from app.rendering.badges import Badge
from app.rendering.roll import Proof, Roll, RollLine, add_nonce, hash_csv, render_csv

FileFormat = Literal["csv", "xlsx", "pdf"]


def render_roll(
    roll: Roll, secret: bytes, file_format: FileFormat, base_url: str, lines: Sequence[RollLine], *, in_full: bool
) -> tuple[str, bytes]:
    """Return the digest of a roll with its nonce, and its file; PDF and XLSX state the digest and its URL.

    Args:
        roll: The roll without lines and nonce.
        secret: The secret of the meeting, the key of the nonce.
        file_format: Format of the file.
        base_url: Public address of the service, for the URL.
        lines: The lines of the roll.
        in_full: The roll shows personal data that the public may not see.
    """
    roll = add_nonce(replace(roll, lines=lines), secret, in_full=in_full)
    content = render_csv(roll)
    digest = hash_csv(content)
    proof = Proof(digest, f"{base_url}/v1/rolls/{digest}")
    if file_format == "csv":
        return digest, content
    return digest, render_pdf(roll, proof) if file_format == "pdf" else render_xlsx(roll, proof)


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
