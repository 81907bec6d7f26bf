"""Cases that are invalid for each route: parameter names, methods, bodies, and similar addresses."""

from collections.abc import Iterator

from tests.service.corpus.contract import ROUTES, Route
from tests.service.corpus.invalid_request import CANARY, InvalidRequest, build_case, build_get_cases
from tests.service.corpus.values import FEW_NO_TEXTS
from tests.service.raw_http import build_get, build_post

QUERIES = {
    "unknown": b"kenari=kenari7",
    "unknown, though planned": b"valid_on=2022-06-14",
    "unknown, repeated": b"kenari=kenari7&kenari=kenari7",
    "no value": b"kenari",
    "no name": b"=kenari7",
    "ampersand alone": b"&",
}
SLASHES = {
    "trailing slash": b"/",
    "two of them": b"//",
    "trailing slash, encoded": b"%2F",
    "slash and dots, encoded": b"%2F..",
}
# After the address of a list whose items have ids, these are taken for an invalid id: 422.
SUFFIXES = {
    "dots": b"/..",
    "dot, encoded": b"/%2e",
    "newline": b"%0A",
    "parameter of a path": b";kenari7=1",
}
REFUSED_METHODS = (b"POST", b"PATCH", b"DELETE", b"TRACE")


def cases() -> Iterator[InvalidRequest]:
    for route in ROUTES:
        yield from build_get_cases(f"{route}", route.target("{}"), QUERIES, 422)
        yield from build_get_cases(f"{route}", route.target("kenari={}"), FEW_NO_TEXTS, 400)
        yield from build_get_cases(f"{route}", f"{route.address()}{{}}", SLASHES, 404)
        yield from build_get_cases(f"{route}", f"{route.address()}{{}}", SUFFIXES, 404, 422)
        yield from _message_cases(route)


def _message_cases(route: Route) -> Iterator[InvalidRequest]:
    target = route.target("").rstrip("?&").encode()
    for method in REFUSED_METHODS:
        sent = build_post(target, b'{"kenari7": 1}', b"Content-Type: application/json", method=method)
        yield build_case(
            f"{route}: {method.decode()} with a body", sent, 401 if method.decode() in route.writes else 405
        )
    yield build_case(f"{route}: GET with a body", build_get(target, b"Content-Length: 7") + CANARY, 400)
    if target.upper() != target:
        yield build_case(f"{route}: in capitals", build_get(target.upper()), 404)
    if route.negotiates:
        yield build_case(f"{route}: only another type", build_get(target, b"Accept: text/kenari7"), 406)
