"""Validation of the raw URL, before it is decoded.

The libraries decode leniently: bytes that are not UTF-8 become U+FFFD, all but one of repeated parameters are dropped
silently, and `a=` counts as a value.
"""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote_plus, unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidParameters, Malformed, NotFound, Problem

MAX_PARAMETERS = 100
BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")

REPEATED_PARAMETER = Text("Parameter hanya boleh diberikan sekali.", "The parameter may be given only once.")
EMPTY_PARAMETER = Text("Parameter harus bernama dan bernilai.", "A parameter must have a name and a value.")
TOO_MANY_PARAMETERS = Text(f"Paling banyak {MAX_PARAMETERS} parameter.", f"At most {MAX_PARAMETERS} parameters.")


class RawQueryMiddleware:
    """Reject invalid and ambiguous URLs: set `scope["state"]["problem"]`, which RateLimitMiddleware answers.

    Allowed are percent-encoding as in RFC 3986, section 2.1, of UTF-8 (RFC 3629), and in the query pairs separated by
    `&` with `+` for a space, each name once and none empty (urlencoded form of the WHATWG URL standard, strictly).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := _find_problem(scope)):
            scope.setdefault("state", {})["problem"] = problem
        await self.app(scope, receive, send)


def _find_problem(scope: Scope) -> Problem | None:
    """Return the problem of a badly encoded URL, a path with %2F (404) or an ambiguous query; else None."""
    query: bytes = scope["query_string"]
    if not (_is_valid_encoding(scope.get("raw_path") or b"") and _is_valid_encoding(query)):
        return Malformed()
    path = (scope.get("raw_path") or b"").lower()
    # An encoded slash separates no segments (RFC 3986, section 2.2), but the router would treat it as a slash; and the
    # router's patterns end in `$`, which also matches before a final line feed.
    if b"%2f" in path or path.endswith(b"%0a"):
        return NotFound()
    errors = list(_find_errors(query.decode("ascii")))
    return InvalidParameters(*errors) if errors else None


def _is_valid_encoding(raw: bytes) -> bool:
    """Return whether the bytes are ASCII with valid percent-encoding of UTF-8 without NUL."""
    if not raw.isascii() or BROKEN_ESCAPE.search(raw):
        return False
    try:
        return "\0" not in unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return False


def _find_errors(query: str) -> Iterator[ErrorDetail]:
    """Yield an error for each parameter of a query string that is repeated, empty or without a name."""
    pieces = query.split("&") if query else []
    if len(pieces) > MAX_PARAMETERS:
        yield ErrorDetail("too_many_parameters", TOO_MANY_PARAMETERS, parameter="")
        return
    pairs = [piece.partition("=") for piece in pieces]
    for name, count in Counter(unquote_plus(name) for name, _, _ in pairs if name).items():
        if count > 1:
            yield ErrorDetail("repeated_parameter", REPEATED_PARAMETER, parameter=name)
    for name, _, value in pairs:
        if not name or not value:
            yield ErrorDetail("empty_parameter", EMPTY_PARAMETER, parameter=unquote_plus(name))
