"""What no route takes: methods, bodies, names of parameters, addresses beside its own."""

from collections.abc import Iterator

from tests.service.corpus.contract import ROUTES, Route
from tests.service.corpus.nasty import CANARY, Nasty, asked, nasty
from tests.service.corpus.values import NO_TEXT, some
from tests.service.wire import get, post

REFUSED = (b"POST", b"PUT", b"PATCH", b"DELETE")
JSON = b"Content-Type: application/json"
QUERIES = {
    "unknown": b"kenari=kenari7",
    "unknown, although planned": b"known_at=2022-06-14T00:00:00Z",
    "repeated": b"kenari=kenari7&kenari=kenari7",
    "no value": b"kenari",
    "no name": b"=kenari7",
    "ampersand alone": b"&",
}


def cases() -> Iterator[Nasty]:
    for route in ROUTES:
        yield from asked(route.template, route.target("{}"), QUERIES, 422)
        yield from asked(f"{route.template} no text", route.target("kenari={}"), some(NO_TEXT, *NO_TEXTS), 400)
        yield from asked(f"{route.template} beside", f"{route.address()}{{}}", BESIDE, 404, _beside(route))
        yield from _messages(route)


NO_TEXTS = ("NUL", "overlong slash", "lone high surrogate", "percent alone")
BESIDE = {
    "trailing slash": b"/",
    "trailing slash, encoded": b"%2F",
    "parent": b"/..",
    "child": b"/kenari7",
    "newline": b"%0A",
    "parameter of the segment": b";kenari7=1",
}
