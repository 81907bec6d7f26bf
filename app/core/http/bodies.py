"""Strict parsing of JSON request bodies.

A route declares its body as usual in FastAPI, so the contract contains its schema. `parse_body` runs before FastAPI and
stores the parsed body where FastAPI looks for it, so each body is parsed once. It rejects everything that two parsers
could read differently (RFC 8259), and the values that would be changed or lost (RFC 7493, I-JSON).
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeGuard

import orjson
from fastapi.params import Body
from pydantic.fields import FieldInfo
from starlette.requests import ClientDisconnect, Request

from app.core.http.content_types import parse_content_type
from app.core.http.validation import MAX_ERRORS, json_pointer
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, Malformed, UnsupportedMediaType

JSON_TYPE = "application/json"
MERGE_PATCH_TYPE = "application/merge-patch+json"
PATCH_TYPES = (MERGE_PATCH_TYPE, JSON_TYPE)
"""The media types of a merge patch: its own, and that of JSON, which many clients cannot replace."""

MAX_DEPTH = 32
STRING_LITERAL = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
NON_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
CURLY_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
MAX_INTEGER, MIN_INTEGER = 2**63 - 1, -(2**63)

TOO_DEEP = ErrorDetail(
    "too_deep", Text(f"Paling dalam {MAX_DEPTH} tingkat.", f"Must nest at most {MAX_DEPTH} levels deep.")
)
NOT_AN_OBJECT = ErrorDetail("wrong_type", Text("Harus berupa objek.", "Must be an object."))
REPEATED_MEMBER = Text("Anggota ini muncul lebih dari sekali.", "This member appears more than once.")
NUL_CHARACTER = Text("Karakter nol tidak diizinkan.", "The NUL character is not allowed.")
OUT_OF_RANGE = Text("Bilangan tidak muat dalam 64 bit.", "The number does not fit into 64 bits.")


async def parse_body(request: Request, declared: FieldInfo) -> None:
    """Read a request's body, check its media type, parse it strictly as JSON, and store it for FastAPI.

    Args:
        request: The request.
        declared: The body parameter of the route, which names the media type.

    Raises:
        UnsupportedMediaType: The media type, charset or content coding is not supported; the body is not read.
        Malformed: The body is not JSON.
        InvalidContent: The body is JSON with values that are not allowed.
    """
    _check_type(request, declared.media_type if isinstance(declared, Body) else JSON_TYPE)
    try:
        content = await request.body()
    except ClientDisconnect:
        raise Malformed from None  # nobody receives it, but it must not be logged as an internal error
    request._json = parse_object(content)


def _check_type(request: Request, media_type: str) -> None:
    """Raise UnsupportedMediaType unless the body has this media type, is in UTF-8 and not compressed.

    A merge patch may have each of PATCH_TYPES.
    """
    allowed_types = PATCH_TYPES if media_type == MERGE_PATCH_TYPE else (media_type,)
    content_type = parse_content_type(request.headers.get("content-type", ""))
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType(headers={"Accept-Encoding": "identity"})
    if content_type.media_type not in allowed_types or not content_type.is_utf_8:
        accept_header = "Accept-Patch" if request.method == "PATCH" else "Accept"  # RFC 5789 2.2, RFC 9110 15.5.16
        raise UnsupportedMediaType(headers={accept_header: ", ".join(allowed_types)})


def parse_object(content: bytes) -> dict[str, Any]:
    """Parse the JSON object of a request body; raise a problem for syntax errors and ambiguous values.

    Raises:
        Malformed: The bytes are not JSON in UTF-8, nest too deeply, or an object repeats a member.
        InvalidContent: The JSON is no object, or contains a NUL character or a number outside 64 bits.
    """
    try:
        orjson.loads(content)  # strict about grammar and UTF-8, and safe at any depth; the checks below are ours
    except orjson.JSONDecodeError as error:
        raise _syntax_problem(error) from None
    if _is_too_deep(content):
        raise Malformed(TOO_DEEP)
    decoder = _StrictDecoder()
    parsed = decoder.decode(content)
    if not isinstance(parsed, dict):
        raise InvalidContent(NOT_AN_OBJECT)
    if decoder.has_repeated_members:
        raise Malformed(*list(_find_errors(parsed, ()))[:MAX_ERRORS])
    if decoder.has_number_out_of_range or b"\\u0000" in content:
        errors = list(_find_errors(parsed, ()))[:MAX_ERRORS]
        if errors:
            raise InvalidContent(*errors)
    return parsed


def _syntax_problem(error: orjson.JSONDecodeError) -> Malformed:
    """Return the problem for a JSON syntax error, with its line and column."""
    if error.msg.startswith("depth limit"):
        return Malformed(TOO_DEEP)
    line, column = error.lineno, error.colno
    return Malformed(
        detail=Text(
            f"Isi bukan JSON yang sah: baris {line}, kolom {column}.",
            f"The body is not valid JSON: line {line}, column {column}.",
        )
    )


def _is_too_deep(content: bytes) -> bool:
    """Return whether the nesting exceeds MAX_DEPTH.

    Each iteration removes the innermost brackets. There is no loop over bytes: 8 MiB of brackets take no longer than
    8 MiB of names.
    """
    brackets = STRING_LITERAL.sub(b"", content).translate(CURLY_TO_SQUARE, NON_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


class _ObjectWithRepeatedMembers(dict[str, Any]):
    """An object that repeats members; `repeated_names` are their names."""

    repeated_names: tuple[str, ...] = ()


class _OutOfRange:
    """Placeholder for a number that does not fit into 64 bits."""


class _StrictDecoder:
    """Python's JSON decoder, with hooks that record what orjson accepts silently."""

    def __init__(self) -> None:
        self.has_repeated_members = False
        self.has_number_out_of_range = False

    def decode(self, content: bytes) -> Any:
        """Parse JSON; put markers into the result for repeated members and integers that do not fit into 64 bits."""
        return json.loads(content.decode(), object_pairs_hook=self._build_object, parse_int=self._parse_integer)

    def _build_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Build a dict from the members of a JSON object; if names repeat, a marked dict that lists them."""
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        self.has_repeated_members = True
        marked = _ObjectWithRepeatedMembers(members)
        marked.repeated_names = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return marked

    def _parse_integer(self, digits: str) -> Any:
        """Return the integer with these digits, or a marker if it does not fit into 64 bits."""
        if MIN_INTEGER <= int(digits) <= MAX_INTEGER:
            return int(digits)
        self.has_number_out_of_range = True
        return _OutOfRange()


def _find_errors(value: Any, path: tuple[str | int, ...]) -> Iterator[ErrorDetail]:
    """Yield the errors in a decoded JSON value: numbers out of range, NUL characters, repeated members."""
    if isinstance(value, _OutOfRange):
        yield ErrorDetail("out_of_range", OUT_OF_RANGE, pointer=json_pointer(path))
    elif _has_nul(value):
        yield ErrorDetail("nul", NUL_CHARACTER, pointer=json_pointer(path))
    elif isinstance(value, dict):
        for name in value.repeated_names if isinstance(value, _ObjectWithRepeatedMembers) else ():
            yield ErrorDetail("repeated_member", REPEATED_MEMBER, pointer=json_pointer((*path, name)))
        for name, member in value.items():
            if _has_nul(name):
                yield ErrorDetail("nul", NUL_CHARACTER, pointer=json_pointer(path))
            yield from _find_errors(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_errors(item, (*path, index))


def _has_nul(value: Any) -> TypeGuard[str]:
    """Return whether a value is a string that contains a NUL character."""
    return isinstance(value, str) and "\0" in value


def apply_merge_patch(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the target with a merge patch applied (RFC 7396): null removes a member, objects are merged."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            current = result.get(name)
            result[name] = apply_merge_patch(current if isinstance(current, dict) else {}, value)
        else:
            result[name] = value
    return result
