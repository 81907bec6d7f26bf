"""Invalid bodies, and missing required headers, for each write operation."""

from collections.abc import Iterator
from typing import Any

import orjson

from app.core.http.openapi_components import is_anonymous
from tests.service.corpus.contract import PATHS
from tests.service.corpus.invalid_request import CANARY, InvalidRequest, build_case
from tests.service.raw_http import build_get, build_post

JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
KEY, MATCH = b"Idempotency-Key: kenari7-key", b"If-Match: *"
BROKEN = {
    "broken": b'{"kenari7',
    "deep": b'{"a":' * 40 + b"1" + b"}" * 40,
    "very deep": b"[" * 100_000,
    "NaN": b'{"x": NaN}',
    "endless number": b'{"x": 1e999}',
    "a member twice": b'{"x": "kenari7", "x": 2}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "two values": b"{} {}",
    "a comment": b"{/* kenari7 */}",
    "nothing": b"",
}
INVALID_CONTENT = {
    "an array": b"[]",
    "null": b"null",
    "a text": b'"kenari7"',
    "unknown member": b'{"x": "kenari7"}',
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


def cases() -> Iterator[InvalidRequest]:
    for template, methods in PATHS.items():
        for method, operation in methods.items():
            if method != "get" and not is_anonymous(operation):
                yield from _operation_cases(template, method.upper().encode(), operation)
    yield from _import_cases()
    yield from _token_cases()


def _operation_cases(template: str, method: bytes, operation: dict[str, Any]) -> Iterator[InvalidRequest]:
    taken = {item["name"]: item for item in operation.get("parameters", ())}
    values = {name: str(item["example"]) for name, item in taken.items() if item["in"] == "path"}
    # A dry run, so that a case that succeeds after all does not change the data of other tests.
    target = template.format(**values).encode() + (b"?dry_run=true" if "dry_run" in taken else b"")
    target += b"&resource=officials" if template == "/v1/imports" else b""
    group = f"{method.decode()} {template}"
    needed = MATCH if "If-Match" in taken else {b"POST": KEY}.get(method, MATCH)
    kinds = list(operation.get("requestBody", {}).get("content", {}))
    yield build_case(f"{group}: no token", build_post(target, b"{}", needed, method=method), 401)
    yield build_case(
        f"{group}: another's token", build_post(target, b"{}", b"Authorization: Bearer kenari7", method=method), 401
    )
    yield build_case(
        f"{group}: unknown parameter",
        _authorized(target + (b"&" if b"?" in target else b"?") + b"kenari=7", method),
        415,
        422,
    )
    if kinds not in ([JSON], [MERGE_PATCH, JSON]):
        return
    kind = b"Content-Type: " + kinds[0].encode()
    for name, body in BROKEN.items():
        empty = () if operation["requestBody"].get("required") or body else (200, 204, 404, 409)
        yield build_case(f"{group}: {name}", _authorized(target, method, body, needed, kind), 400, *empty)
    for name, body in INVALID_CONTENT.items():
        yield build_case(f"{group}: {name}", _authorized(target, method, body, needed, kind), 422)
    for other in OTHER_TYPES:
        yield build_case(
            f"{group}: {other.decode()}", _authorized(target, method, CANARY, needed, b"Content-Type: " + other), 415
        )
    zipped = _authorized(target, method, b"\x1f\x8b" + b"\x00" * 100, needed, kind, b"Content-Encoding: gzip")
    yield build_case(f"{group}: gzip", zipped, 415)
    if not {"Idempotency-Key", "If-Match"} & set(taken):
        return
    good = orjson.dumps({"reason": "contoh"})
    bare = target.partition(b"?")[0]
    missing = 428 if "If-Match" in taken else 400
    yield build_case(f"{group}: without what it needs", _authorized(bare, method, good, kind), missing, 422)


def _import_cases() -> Iterator[InvalidRequest]:
    """Yield files of rows that are refused."""
    target, csv, ndjson = (
        b"/v1/imports?resource=officials",
        b"Content-Type: text/csv",
        b"Content-Type: application/x-ndjson",
    )
    files = {
        "no header": (csv, b""),
        "an empty header": (csv, b"\r\n"),
        "unknown column": (csv, b"name,x\r\na,kenari7\r\n"),
        "a column twice": (csv, b"name,name\r\na,b\r\n"),
        "too many cells": (csv, b"name\r\na,kenari7\r\n"),
        "an open quote": (csv, b'name\r\n"kenari7'),
        "NUL": (csv, b"name\r\nkenari7\x00\r\n"),
        "no UTF-8": (csv, b"name\r\n\xff\xfe\r\n"),
        "a cell of 200 KiB": (csv, b"name\r\n" + b"k" * 200 * 1024 + b"\r\n"),
        "a key that is none": (csv, b"id,name\r\nx7,a\r\n"),
        "no JSON": (ndjson, b"kenari7\n"),
        "an array": (ndjson, b"[]\n"),
        "a member twice": (ndjson, b'{"name": "a", "name": "b"}\n'),
        "deep": (ndjson, b'{"name": ' + b"[" * 100 + b"]" * 100 + b"}\n"),
        "NaN": (ndjson, b'{"name": NaN}\n'),
        "unknown member": (ndjson, b'{"name": "a", "x": "kenari7"}\n'),
    }
    for n, (name, (kind, body)) in enumerate(files.items()):
        yield build_case(f"import: {name}", _authorized(target, b"POST", body, KEY + b"-%d" % n, kind), 400, 422)
    for name in ("resource", "partial", "dry_run", "reason", "legal_basis"):
        for odd in (CANARY, b"True", b"1", b"%20", b"null", b"k" * 6000, b"%F0%9F%97%B3", b"a,b", b"-"):
            query = b"/v1/imports?resource=officials&" if name != "resource" else b"/v1/imports?"
            key = KEY + f"-{name}-{odd[:20].hex()}".encode()  # its own key, as a key in use is 409
            sent = _authorized(query + name.encode() + b"=" + odd, b"POST", b"x\r\n", key, csv)
            yield build_case(f"import {name}: {odd[:20].decode()}", sent, 422)


FORMS = {
    "nothing": b"",
    "no grant": b"client_id=kenari7",
    "another grant": b"grant_type=password&username=a&password=kenari7",
    "a code": b"grant_type=authorization_code&code=kenari7",
    "the grant twice": b"grant_type=client_credentials&grant_type=client_credentials",
    "no client": b"grant_type=client_credentials",
    "no such client": b"grant_type=client_credentials&client_id=kenari7&client_secret=kenari7",
    "a client that is no text": b"grant_type=client_credentials&client_id=%ff&client_secret=kenari7",
    "NUL": b"grant_type=client_credentials&client_id=%00&client_secret=kenari7",
    "a broken escape": b"grant_type=client_credentials&client_id=%zz",
    "an assertion that is none": b"grant_type=client_credentials&client_assertion=kenari7",
    "JSON": b'{"grant_type": "client_credentials"}',
    "no UTF-8": b"grant_type=client_credentials&client_id=\xff\xfe",
    "17 KiB": b"grant_type=client_credentials&client_id=" + b"k" * 17 * 1024,
    "a thousand members": b"&".join(b"a%d=1" % n for n in range(1000)),
}


def _token_cases() -> Iterator[InvalidRequest]:
    """Yield invalid token requests. The response does not say which part of the credentials is wrong."""
    kind = b"Content-Type: application/x-www-form-urlencoded"
    for name, form in FORMS.items():
        yield build_case(f"token: {name}", build_post(b"/oauth/token", form, kind), 400, 401, 413, 429)
    yield build_case(
        "token: a query", build_post(b"/oauth/token?kenari=7", b"grant_type=client_credentials", kind), 422
    )
    yield build_case(
        "token: another type", build_post(b"/oauth/token", b"{}", b"Content-Type: application/json"), 400, 415
    )


def _authorized(target: bytes, method: bytes, body: bytes = b"", *lines: bytes) -> bytes:
    """Return a request with the placeholder of a token of all scopes, which is replaced when it is sent."""
    sent = build_post(target, body, b"Authorization: Bearer @token@", *lines, method=method)
    return sent if body or lines else build_get(target, b"Authorization: Bearer @token@", method=method)
