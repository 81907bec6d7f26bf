"""Unusual but valid requests, which must succeed."""

from collections.abc import Iterator

from tests.service.corpus.invalid_request import CLOSED, LEGAL, InvalidRequest, build_case
from tests.service.raw_http import build_get


def cases() -> Iterator[InvalidRequest]:
    yield build_case("zeros in front of a number", build_get(b"/v1/regions?page_size=007"), LEGAL)
    yield build_case("a leap day", build_get(b"/v1/regions?as_of=2024-02-29"), LEGAL)
    yield build_case("the first day", build_get(b"/v1/regions?as_of=1900-01-01"), LEGAL)
    yield build_case("the last day", build_get(b"/v1/regions?as_of=2199-12-31"), LEGAL)
    yield build_case("question mark without a query", build_get(b"/v1/regions?"), LEGAL)
    yield build_case("escapes of plain letters", build_get(b"/v1/%72egions?t%79pe=c%69ty"), LEGAL)
    yield build_case("fields twice the same", build_get(b"/v1/regions?fields=code,code"), LEGAL)
    yield build_case("HTTP/1.0", build_get(b"/v1/regions", version=b"HTTP/1.0"), LEGAL)
    yield build_case("HTTP/1.0 without a host", b"GET /v1/regions HTTP/1.0\r\n\r\n", LEGAL)
    yield build_case("absolute address", build_get(b"http://kenari7/v1/regions"), LEGAL)
    yield build_case("absolute address of another port", build_get(b"http://kenari7:9/v1/regions"), LEGAL)
    yield build_case("empty host", build_get(b"/v1/regions", b"Host:"), LEGAL)
    yield build_case("empty line in front", b"\r\n" + build_get(b"/v1/regions"), LEGAL)
    yield build_case("line feeds alone", build_get(b"/v1/regions").replace(b"\r\n", b"\n"), LEGAL, 400)
    yield build_case("one byte at a time", tuple(bytes([byte]) for byte in build_get(b"/v1/regions")), LEGAL)
    yield build_case("OPTIONS", build_get(b"/v1/regions", method=b"OPTIONS"), 204)
    yield build_case(
        "preflight",
        build_get(b"/v1/regions", b"Origin: x", b"Access-Control-Request-Method: x", method=b"OPTIONS"),
        204,
    )
    yield build_case("If-None-Match anything", build_get(b"/v1/regions", b"If-None-Match: *"), 304)
    yield build_case("former code", build_get(b"/v1/regions/91.01"), 308)
    yield build_case("only another type", build_get(b"/v1/regions", b"Accept: application/xml"), 406)
    yield build_case("a type that is none", build_get(b"/v1/regions", b"Accept: kenari7"), 406)
    yield build_case("types of 20 KiB", build_get(b"/v1/regions", b"Accept: " + b"a/kenari7," * 2000), 406)
    yield build_case("JSON refused", build_get(b"/v1/regions", b"Accept: application/json;q=0"), 406)
    yield build_case(
        "JSON refused twice", build_get(b"/v1/regions", b"Accept: */*", b"Accept: application/json;q=0"), 406
    )
    ranges = b"Range: bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 3000, 2))
    yield build_case("ranges of a file", build_get(b"/docs/swagger-ui.css", ranges), LEGAL, 206)
    yield build_case("range that is none", build_get(b"/docs/swagger-ui.css", b"Range: bytes=kenari7"), LEGAL, 400)
    yield build_case("range beyond the end", build_get(b"/docs/swagger-ui.css", b"Range: bytes=99999999-"), LEGAL, 416)
    half = build_case("half closed", build_get(b"/v1/regions"), LEGAL, CLOSED)
    yield InvalidRequest(half.name, half.sent, half.expected, half_close=True)
    cut = build_case("half closed within the head", build_get(b"/v1/regions")[:-10], 400, CLOSED)
    yield InvalidRequest(cut.name, cut.sent, cut.expected, half_close=True)
    within = build_case(
        "half closed within the body", build_get(b"/v1/regions", b"Content-Length: 9", method=b"POST"), 401, CLOSED
    )
    yield InvalidRequest(within.name, within.sent, within.expected, half_close=True)
