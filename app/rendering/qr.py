"""A badge's QR code: it holds the token and nothing about who wears it."""

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode

QUIET = 4
"""Modules of white around it, without which scanners do not find it (ISO/IEC 18004)."""


def svg(token: str) -> bytes:
    """As large as the place it is put in, and white also where the page is dark."""
    out = io.BytesIO()
    code(token).save(out, kind="svg", border=QUIET, light="white", omitsize=True, title="Kode QR tanda peserta")
    return out.getvalue()


def png(token: str) -> bytes:
    out = io.BytesIO()
    code(token).save(out, kind="png", border=QUIET, scale=8)
    return out.getvalue()


def code(token: str) -> "QRCode":
    """Level M: a badge gets scratched, and a level more would make its modules too small for a cheap scanner.

    To find the best mask takes four fifths of the time. A signed token is as good as random, so that any mask leaves
    it without the large even areas that masks are there to break.
    """
    import segno  # a worker that makes no badge does without

    return segno.make(token, error="m", micro=False, boost_error=False, mask=0)
