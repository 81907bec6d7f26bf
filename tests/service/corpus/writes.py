"""Bodies that no route takes, for every operation that does, and what a write cannot go without."""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.service.corpus.contract import PATHS
from tests.service.corpus.nasty import CANARY, Nasty, nasty
from tests.service.wire import get, post

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
KEY, MATCH = b"Idempotency-Key: kenari7-key", b"If-Match: *"
BROKEN = {
    "broken": b'{"kenari7',
    "deep": b'{"a":' * 40 + b"1" + b"}" * 40,
    "very deep": b"[" * 100_000,
    "NaN": b'{"kenari7": NaN}',
    "endless number": b'{"kenari7": 1e999}',
    "a member twice": b'{"kenari7": 1, "kenari7": 2}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "two values": b"{} {}",
    "a comment": b"{/* kenari7 */}",
    "nothing": b"",
}
UNFIT = {
    "an array": b"[]",
    "null": b"null",
    "a text": b'"kenari7"',
    "unknown member": b'{"kenari7": 1}',
    "NUL": b'{"reason": "kenari7\\u0000"}',
    "number for a text": b'{"reason": 7}',
    "number beyond 64 bits": b'{"reason": 123456789012345678901234567890}',
    "text too long": b'{"reason": "' + b"k" * 6000 + b'"}',
    "control character": b'{"reason": "kenari7\\u0007"}',
}
OTHER_TYPES = (
    b"application/xml",
    b"text/plain",
    b"kenari7",
    b"application/json; charset=kenari7",
    b"multipart/form-data",
)


def cases() -> Iterator[Nasty]:
    for template, methods in PATHS.items():
        for method, operation in methods.items():
            if method != "get" and "security" in operation:
                yield from _of(template, method.upper().encode(), operation)


def _of(template: str, method: bytes, operation: dict[str, Any]) -> Iterator[Nasty]:
    values = {one["name"]: str(one["example"]) for one in operation.get("parameters", ()) if one["in"] == "path"}
    query = "?resource=officials" if template == "/v1/imports" else ""
    target = (template.format(**values) + query).encode()
    group = f"{method.decode()} {template}"
    needed = {b"POST": KEY}.get(method, MATCH)
    kinds = list(operation.get("requestBody", {}).get("content", {}))
    yield nasty(f"{group}: no token", post(target, b"{}", needed), 401)
    yield nasty(f"{group}: another's token", post(target, b"{}", b"Authorization: Bearer kenari7", method=method), 401)
    yield nasty(f"{group}: unknown parameter", _sent(target + b"%bkenari=7" % (b"&" if query else b"?"), method), 422)
    if kinds not in ([JSON], [MERGE_PATCH]):
        return
    kind = b"Content-Type: " + kinds[0].encode()
    for name, body in BROKEN.items():
        empty = (204, 404, 409, 412) if method == b"DELETE" and not body else ()
        yield nasty(f"{group}: {name}", _sent(target, method, body, needed, kind), 400, *empty)
    for name, body in UNFIT.items():
        yield nasty(f"{group}: {name}", _sent(target, method, body, needed, kind), 422)
    for other in OTHER_TYPES:
        yield nasty(f"{group}: {other.decode()}", _sent(target, method, CANARY, needed, b"Content-Type: " + other), 415)
    zipped = _sent(target, method, b"\x1f\x8b" + b"\x00" * 100, needed, kind, b"Content-Encoding: gzip")
    yield nasty(f"{group}: gzip", zipped, 415)
    good = orjson.dumps({"reason": "contoh"})
    missing = {b"POST": 422, b"PATCH": 428, b"DELETE": 428}[method]
    yield nasty(f"{group}: without what it needs", _sent(target, method, good, kind), missing, 400)


def _sent(target: bytes, method: bytes, body: bytes = b"", *lines: bytes) -> bytes:
    """With the token of one who may write everything, which is put in when it is sent."""
    sent = post(target, body, b"Authorization: Bearer @token@", *lines, method=method)
    return sent if body or lines else get(target, b"Authorization: Bearer @token@", method=method)
