"""QR codes of badges, which contain the signed token and no personal data."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode

QUIET_ZONE = 4
"""Width of the white margin in modules, which scanners need (ISO/IEC 18004)."""


def render_svg(token: str) -> bytes:
    """Render a badge's token as a QR code in SVG, without a fixed size, on a white background."""
    out = io.BytesIO()
    encode_qr_code(token).save(
        out, kind="svg", border=QUIET_ZONE, light="white", omitsize=True, title="Kode QR tanda peserta"
    )
    return out.getvalue()


def render_png(token: str) -> bytes:
    """Render a badge's token as a QR code in PNG, with 8 pixels per module."""
    out = io.BytesIO()
    encode_qr_code(token).save(out, kind="png", border=QUIET_ZONE, scale=8)
    return out.getvalue()


def encode_qr_code(token: str) -> "QRCode":
    """Encode a text as a QR code with error correction level M.

    A badge gets scratched, and a higher level would make the modules too small for cheap scanners. The mask is fixed,
    because finding the best one takes four fifths of the time. A signed token is nearly random, so with any mask it has
    none of the large uniform areas that masks are meant to break.
    """
    import segno  # imported late: a worker that renders no badge does not need it

    return segno.make(token, error="m", micro=False, boost_error=False, mask=0)
