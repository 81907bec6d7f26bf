"""Requests that are odd and yet mean something: they are answered, not merely survived."""

from collections.abc import Iterator

from tests.service.corpus.nasty import CLOSED, LEGAL, Nasty, nasty
from tests.service.wire import get


def cases() -> Iterator[Nasty]:
    yield nasty("zeros in front of a number", get(b"/v1/regions?page_size=007"), LEGAL)
    yield nasty("a leap day", get(b"/v1/regions?as_of=2024-02-29"), LEGAL)
    yield nasty("the first day", get(b"/v1/regions?as_of=1900-01-01"), LEGAL)
    yield nasty("the last day", get(b"/v1/regions?as_of=2199-12-31"), LEGAL)
    yield nasty("question mark without a query", get(b"/v1/regions?"), LEGAL)
    yield nasty("escapes of plain letters", get(b"/v1/%72egions?t%79pe=c%69ty"), LEGAL)
    yield nasty("fields twice the same", get(b"/v1/regions?fields=code,code"), LEGAL)
    yield nasty("HTTP/1.0", get(b"/v1/regions", version=b"HTTP/1.0"), LEGAL)
    yield nasty("HTTP/1.0 without a host", b"GET /v1/regions HTTP/1.0\r\n\r\n", LEGAL)
    yield nasty("absolute address", get(b"http://kenari7/v1/regions"), LEGAL)
    yield nasty("absolute address of another port", get(b"http://kenari7:9/v1/regions"), LEGAL)
    yield nasty("empty host", get(b"/v1/regions", b"Host:"), LEGAL)
    yield nasty("empty line in front", b"\r\n" + get(b"/v1/regions"), LEGAL)
    yield nasty("line feeds alone", get(b"/v1/regions").replace(b"\r\n", b"\n"), LEGAL, 400)
    yield nasty("one byte at a time", tuple(bytes([byte]) for byte in get(b"/v1/regions")), LEGAL)
    yield nasty("OPTIONS", get(b"/v1/regions", method=b"OPTIONS"), 204)
    yield nasty(
        "preflight", get(b"/v1/regions", b"Origin: x", b"Access-Control-Request-Method: x", method=b"OPTIONS"), 204
    )
    yield nasty("If-None-Match anything", get(b"/v1/regions", b"If-None-Match: *"), 304)
    yield nasty("former code", get(b"/v1/regions/91.01"), 308)
    yield nasty("only another type", get(b"/v1/regions", b"Accept: application/xml"), 406)
    yield nasty("a type that is none", get(b"/v1/regions", b"Accept: kenari7"), 406)
    yield nasty("types of 20 KiB", get(b"/v1/regions", b"Accept: " + b"a/kenari7," * 2000), 406)
    yield nasty("JSON refused", get(b"/v1/regions", b"Accept: application/json;q=0"), 406)
    yield nasty("JSON refused twice", get(b"/v1/regions", b"Accept: */*", b"Accept: application/json;q=0"), 406)
    ranges = b"Range: bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 3000, 2))
    yield nasty("ranges of a file", get(b"/docs/swagger-ui.css", ranges), LEGAL, 206)
    yield nasty("range that is none", get(b"/docs/swagger-ui.css", b"Range: bytes=kenari7"), LEGAL, 400)
    yield nasty("range beyond the end", get(b"/docs/swagger-ui.css", b"Range: bytes=99999999-"), LEGAL, 416)
    half = nasty("half closed", get(b"/v1/regions"), LEGAL, CLOSED)
    yield Nasty(half.name, half.sent, half.expected, half_close=True)
    cut = nasty("half closed within the head", get(b"/v1/regions")[:-10], 400, CLOSED)
    yield Nasty(cut.name, cut.sent, cut.expected, half_close=True)
    within = nasty(
        "half closed within the body", get(b"/v1/regions", b"Content-Length: 9", method=b"POST"), 401, CLOSED
    )
    yield Nasty(within.name, within.sent, within.expected, half_close=True)
