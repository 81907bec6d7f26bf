"""Messages that are not HTTP, unsupported methods, unexpected bodies, and messages that are too large."""

from collections.abc import Iterator

from tests.service.corpus.invalid_request import CANARY, CLOSED, KIB, LEGAL, InvalidRequest, build_case
from tests.service.raw_http import build_get, build_post

REFUSED_METHODS = (b"POST", b"PUT", b"PATCH", b"DELETE", b"TRACE", b"PROPFIND", b"PURGE", b"LINK", b"M-SEARCH")
UNKNOWN_METHODS = (b"BREW", b"get", b"Get", b"GETS", b"GE T", b"\x16\x03\x01", b"G\x00T", b"")

NO_HTTP = {
    "HTTP/0.9": b"GET /v1/regions\r\n\r\n",
    "HTTP/3.0": build_get(b"/v1/regions", version=b"HTTP/3.0"),
    "HTTP/2.0": build_get(b"/v1/regions", version=b"HTTP/2.0"),
    "HTTP/0.9, said so": build_get(b"/v1/regions", version=b"HTTP/0.9"),
    "HTTP/1.2": build_get(b"/v1/regions", version=b"HTTP/1.2"),
    "HTTP/1.10": build_get(b"/v1/regions", version=b"HTTP/1.10"),
    "HTTP/1": build_get(b"/v1/regions", version=b"HTTP/1"),
    "http in small letters": build_get(b"/v1/regions", version=b"http/1.1"),
    "HTTPS": build_get(b"/v1/regions", version=b"HTTPS/1.1"),
    "no target": b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two targets": build_get(b"/v1/regions /kenari7"),
    "tab in the request line": b"GET\t/v1/regions\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("16030100a1010000") + b"9d0303" * 20 + b"\r\n\r\n",
    "SSH": b"SSH-2.0-kenari7\r\n\r\n",
    "SMTP": b"EHLO kenari7\r\n\r\n",
    "JSON": b'{"kenari7": 1}\r\n\r\n',
    "an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "NULs": b"\x00" * 100,
    "no host": b"GET /v1/regions HTTP/1.1\r\n\r\n",
    "asterisk": build_get(b"*"),
    "OPTIONS of all": build_get(b"*", method=b"OPTIONS"),
    "CONNECT": build_get(b"kenari7:443", method=b"CONNECT"),
    "CONNECT to a path": build_get(b"/v1/regions", method=b"CONNECT"),
    "no slash in front": build_get(b"v1/regions"),
    "fragment": build_get(b"/v1/regions#kenari7"),
    "raw bytes in the path": build_get(b"/v1/regions/\xff\xfe"),
    "raw UTF-8 in the query": build_get("/v1/regions?q=Asy\u02bcari".encode()),
    "raw NUL": build_get(b"/v1/regions\x00"),
    "raw control character": build_get(b"/v1/\x01regions"),
    "address of another scheme": build_get(b"gopher:kenari7"),
    "broken absolute address": build_get(b"http://[kenari7/v1/regions"),
}

CHUNKED = b"Transfer-Encoding: chunked"
BAD_CHUNKS = {
    "no number": b"zz\r\n",
    "negative": b"-1\r\na\r\n",
    "prefixed": b"0x1\r\na\r\n0\r\n\r\n",
    "underscore": b"1_0\r\n",
    "too many digits": b"1" + b"0" * 20 + b"\r\n",
    "longer than said": b"1\r\nabc\r\n0\r\n\r\n",
    "line feeds alone": b"1\na\n0\n\n",
    "extension without an end": b"1;" + b"k" * 100 * KIB,
    "trailer without an end": b"1\r\na\r\n0\r\nX: " + b"k" * 100 * KIB,
    "trailer that is none": b"1\r\na\r\n0\r\nkenari7\r\n\r\n",
}


def cases() -> Iterator[InvalidRequest]:
    for method in REFUSED_METHODS:
        yield build_case(
            f"method {method!r}", build_get(b"/v1/regions", method=method), 401 if method == b"POST" else 405
        )
        yield build_case(f"method {method!r} on nothing", build_get(b"/v1/kenari7", method=method), 404)
    for method in UNKNOWN_METHODS:
        yield build_case(f"method {method!r}", build_get(b"/v1/regions", method=method), 400, CLOSED)
    for name, sent in NO_HTTP.items():
        yield build_case(f"no HTTP: {name}", sent, 400)
    for name, chunks in BAD_CHUNKS.items():
        # 401 if the head arrives before the broken body, because the head is valid.
        yield build_case(f"chunk: {name}", build_get(b"/v1/regions", CHUNKED, method=b"POST") + chunks, 400, 401, 431)
    yield from sizes()
    yield from bodies()


def sizes() -> Iterator[InvalidRequest]:
    yield build_case("URL of 8 KiB", build_get(b"/v1/regions?q=" + b"k" * (8 * KIB - 14)), 422)
    yield build_case("URL of 8 KiB and 1", build_get(b"/v1/regions?q=" + b"k" * (8 * KIB - 13)), 414)
    yield build_case("URL of 60 KiB", build_get(b"/" + b"k" * 60 * KIB), 414)
    yield build_case("URL of 60 KiB, HEAD", build_get(b"/" + b"k" * 60 * KIB, method=b"HEAD"), 414)
    yield build_case("URL of 5 MB", build_get(b"/" + b"k" * 5_000_000), 414)
    yield build_case("URL of escapes", build_get(b"/v1/officials?q=" + b"%41" * 2720), 422)
    yield build_case("method of 100 KiB", build_get(b"/", method=b"K" * 100 * KIB), 400, 431)
    yield build_case("field of 40 KiB", build_get(b"/v1/regions", b"X-Kenari7: " + b"k" * 40 * KIB), 431)
    yield build_case("field of 5 MB", build_get(b"/v1/regions", b"X-Kenari7: " + b"k" * 5_000_000), 431)
    yield build_case("name of 40 KiB", build_get(b"/v1/regions", b"K" * 40 * KIB + b": kenari7"), 431)
    yield build_case("9,000 fields", build_get(b"/v1/regions", *[b"a:b"] * 9000), 431)
    yield build_case("field of 40 KiB on a missing address", build_get(b"/kenari7", b"X: " + b"k" * 40 * KIB), 431)
    yield build_case("empty lines in front, 100 KiB", b"\r\n" * 50 * KIB + build_get(b"/v1/regions"), LEGAL, 400, 431)


def bodies() -> Iterator[InvalidRequest]:
    yield build_case("GET with a body", build_get(b"/v1/regions", b"Content-Length: 7") + CANARY, 400)
    yield build_case("GET with chunks", build_get(b"/v1/regions", CHUNKED) + b"7\r\nkenari7\r\n0\r\n\r\n", 400)
    yield build_case("HEAD with a body", build_get(b"/v1/regions", b"Content-Length: 7", method=b"HEAD") + CANARY, 400)
    yield build_case("300 MB, said", build_get(b"/v1/regions", b"Content-Length: 300000000", method=b"POST"), 413)
    yield build_case("300 MB, said, GET", build_get(b"/v1/regions", b"Content-Length: 300000000"), 400)
    expecting = build_get(b"/v1/regions", b"Content-Length: 300000000", b"Expect: 100-continue", method=b"PUT")
    yield build_case("300 MB, asked whether", expecting, 413)
    yield build_case("2 MiB, sent", build_post(b"/v1/regions", b"k" * 2 * KIB * KIB), 413)
    yield build_case("2 MiB, sent to nobody", build_post(b"/v1/kenari7", b"k" * 2 * KIB * KIB), 413)
    sent = b"".join(b"10000\r\n%b\r\n" % (b"k" * 64 * KIB) for _ in range(32)) + b"0\r\n\r\n"
    yield build_case("2 MiB in chunks", build_get(b"/v1/regions", CHUNKED, method=b"POST") + sent, 401, 413)
    for kind in (
        b"application/xml",
        b"text/plain",
        b"kenari7",
        b"application/json; charset=kenari7",
        b"multipart/form-data",
    ):
        yield build_case(f"POST of {kind.decode()}", build_post(b"/v1/regions", CANARY, b"Content-Type: " + kind), 401)
    for name, body in {
        "broken": b'{"kenari7',
        "deep": b"[" * 100_000,
        "NaN": b'{"kenari7": NaN}',
        "twice": b'{"kenari7": 1, "kenari7": 2}',
        "surrogate": b'"\\ud800"',
        "no UTF-8": b'"\xff\xfe"',
    }.items():
        yield build_case(
            f"POST of JSON, {name}", build_post(b"/v1/regions", body, b"Content-Type: application/json"), 401
        )
    zipped = build_post(b"/v1/regions", b"\x1f\x8b" + b"\x00" * 100, b"Content-Encoding: gzip")
    yield build_case("POST of gzip", zipped, 401)
