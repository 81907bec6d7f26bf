"""What no route takes: names of parameters, methods, bodies, and addresses beside its own."""

from collections.abc import Iterator

from tests.service.corpus.contract import ROUTES, Route
from tests.service.corpus.nasty import CANARY, Nasty, asked, nasty
from tests.service.corpus.values import FEW_NO_TEXTS
from tests.service.wire import get, post

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
# Where a list has items by id, what is behind its address is taken for one, and is none: 422.
BESIDE = {
    "dots": b"/..",
    "dot, encoded": b"/%2e",
    "newline": b"%0A",
    "parameter of a path": b";kenari7=1",
}
REFUSED_METHODS = (b"POST", b"PATCH", b"DELETE", b"TRACE")


def cases() -> Iterator[Nasty]:
    for route in ROUTES:
        yield from asked(f"{route}", route.target("{}"), QUERIES, 422)
        yield from asked(f"{route}", route.target("kenari={}"), FEW_NO_TEXTS, 400)
        yield from asked(f"{route}", f"{route.address()}{{}}", SLASHES, 404)
        yield from asked(f"{route}", f"{route.address()}{{}}", BESIDE, 404, 422)
        yield from _messages(route)


def _messages(route: Route) -> Iterator[Nasty]:
    target = route.target("").rstrip("?&").encode()
    for method in REFUSED_METHODS:
        sent = post(target, b'{"kenari7": 1}', b"Content-Type: application/json", method=method)
        yield nasty(f"{route}: {method.decode()} with a body", sent, 401 if method.decode() in route.writes else 405)
    yield nasty(f"{route}: GET with a body", get(target, b"Content-Length: 7") + CANARY, 400)
    if target.upper() != target:
        yield nasty(f"{route}: in capitals", get(target.upper()), 404)
    if route.negotiates:
        yield nasty(f"{route}: only another type", get(target, b"Accept: text/kenari7"), 406)
