"""Header fields: unusual but valid ones, and those that make the message invalid."""

from collections.abc import Iterator

from tests.service.corpus.invalid_request import LEGAL, InvalidRequest, build_case
from tests.service.raw_http import build_get

HARMLESS_FIELDS = {
    "200 fields": b"\r\n".join(b"X-%d: kenari7" % n for n in range(200)),
    "empty value": b"X-Empty:",
    "bytes that are no ASCII": b"X-Name: Asy\xe9ari kenari7",
    "emoji": b"X-Name: \xf0\x9f\x97\xb3",
    "SQL": b"X-Forwarded-For: '; DROP TABLE regions--",
    "Log4Shell": b"User-Agent: ${jndi:ldap://kenari7/a}",
    "If-None-Match nonsense": b'If-None-Match: kenari7, "", W/, "a" "b", ,,,',
    "If-None-Match of 20 KiB": b'If-None-Match: "' + b'kenari7", "' * 2000 + b'"',
    "If-Modified-Since nonsense": b"If-Modified-Since: kenari7",
    "If-Match nonsense": b"If-Match: kenari7",
    "Accept-Language nonsense": b"Accept-Language: kenari7;q=kenari7, ;;;, *;q=1e999, en;q=nan, -",
    "Accept-Language of 20 KiB": b"Accept-Language: " + b"k-k;q=0.1," * 2000,
    "Accept with odd weights": b"Accept: application/json;q=1_0, */*;q=-1, a/b;q=nan;;;=",
    "Accept empty": b"Accept:",
    "Accept-Encoding nonsense": b"Accept-Encoding: kenari7;q=kenari7, ;, *;q=-1, gzip;q=",
    "Range": b"Range: bytes=0-0",
    "Range nonsense": b"Range: kenari7=-1--1,,",
    "Origin nonsense": b"Origin: kenari7\x80",
    "Cookie": b"Cookie: a=kenari7; a=kenari7",
    "X-Request-Id to be replaced": b"X-Request-Id: kenari7 <script>",
    "X-Request-Id of 20 KiB": b"X-Request-Id: " + b"kenari7" * 3000,
    "traceparent nonsense": b"traceparent: 00-kenari7-\xff-zz",
    "another method, asked for": b"X-HTTP-Method-Override: DELETE",
    "X-Forwarded": b"X-Forwarded-Prefix: /kenari7\r\nX-Forwarded-Host: kenari7\r\nForwarded: host=kenari7",
    "upgrade to websocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a2VuYXJpNw==\r\n"
    b"Sec-WebSocket-Version: 13",
    "upgrade to h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "upgrade to kenari7": b"Connection: Upgrade\r\nUpgrade: kenari7",
    "expectation": b"Expect: 100-continue",
    "body of no bytes": b"Content-Length: 0",
}

BROKEN_FIELDS = {
    "name with a space": b"Bad Name: kenari7",
    "name with a space behind": b"X-Name : kenari7",
    "name with a NUL": b"X\x00Name: kenari7",
    "name with other bytes": b"X-N\xc3\xa4me: kenari7",
    "name with parentheses": b"X(Name): kenari7",
    "no name": b": kenari7",
    "no colon": b"kenari7",
    "value with a NUL": b"X-Name: kenari7\x00",
    "value with a carriage return": b"X-Name: ken\rari7",
    "value with an escape": b"X-Name: \x1bkenari7",
    "folded": b"X-Name: a\r\n kenari7",
    "folded at once": b" X-Name: kenari7",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 5",
    "two equal lengths": b"Content-Length: 5\r\nContent-Length: 5",
    "two lengths in one": b"Content-Length: 5, 5",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    "negative length": b"Content-Length: -1",
    "length with a sign": b"Content-Length: +5",
    "length in hexadecimal": b"Content-Length: 0x5",
    "length with an underscore": b"Content-Length: 1_0",
    "length of 2^64": b"Content-Length: 18446744073709551616",
    "length of 10^30": b"Content-Length: 1" + b"0" * 30,
    "length empty": b"Content-Length:",
    "length in Arabic digits": "Content-Length: ٣".encode(),
    "unknown coding": b"Transfer-Encoding: kenari7",
    "chunks, then gzip": b"Transfer-Encoding: chunked, gzip",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: kenari7",
    "chunks with a tab": b"Transfer-Encoding: \x0bchunked",
}

BROKEN_HOSTS = {
    "two": b"Host: localhost\r\nHost: kenari7",
    "with a space": b"Host: local host",
    "with a path": b"Host: localhost/kenari7",
    "with a query": b"Host: localhost?kenari7",
    "with a user": b"Host: kenari7@localhost",
    "open bracket": b"Host: [::1",
    "other bytes": b"Host: local\xffhost",
    "port of letters": b"Host: localhost:kenari7",
    "a list": b"Host: localhost, kenari7",
}


def cases() -> Iterator[InvalidRequest]:
    for name, lines in HARMLESS_FIELDS.items():
        yield build_case(f"field: {name}", build_get(b"/v1/regions", lines), LEGAL, secret=b"kenari7")
    for name, lines in BROKEN_FIELDS.items():
        yield build_case(f"broken field: {name}", build_get(b"/v1/regions", lines), 400)
        yield build_case(f"broken field of POST: {name}", build_get(b"/v1/regions", lines, method=b"POST"), 400)
    for name, lines in BROKEN_HOSTS.items():
        yield build_case(f"host: {name}", build_get(b"/v1/regions", lines), 400)
    yield build_case("field: Authorization nonsense", build_get(b"/v1/regions", b"Authorization: kenari7"), 401)
