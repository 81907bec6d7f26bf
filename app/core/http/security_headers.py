"""Headers that tell browsers what not to do with a response."""

from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders

DOCUMENT_TYPES = ("text/html", "image/svg+xml")
"""Media types that a browser opens as a document, in which scripts could run."""
NO_FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
NOTHING_POLICY = f"default-src 'none'; {NO_FRAMES}"


def add_security_headers(response_headers: MutableHeaders) -> None:
    """Add headers in place: the stated media type holds, and a document may load nothing unless it says what.

    A page that needs a style, a script or an image sets a Content-Security-Policy of its own.
    """
    response_headers["X-Content-Type-Options"] = "nosniff"
    if response_headers.get("content-type", "").startswith(DOCUMENT_TYPES):
        response_headers.setdefault("Content-Security-Policy", NOTHING_POLICY)
        response_headers["X-Frame-Options"] = "DENY"  # for browsers that do not know frame-ancestors
        response_headers["Referrer-Policy"] = "no-referrer"


def hash_source(text: str) -> str:
    """Return the source expression that allows exactly this text of a `style` or `script` element (CSP Level 3)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
