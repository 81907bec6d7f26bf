"""The body of a request, read to the letter before anything interprets it.

A route declares its body in FastAPI's way, so the contract has its schema; `read` runs ahead of FastAPI and leaves what
it parsed where FastAPI looks for it. So there is one parser, and it takes nothing that two parsers could read in two
ways (RFC 8259; of RFC 7493, I-JSON, what keeps a value from being lost).
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

from app.core.http.validation import MAX_ERRORS, json_pointer
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, Malformed, UnsupportedMediaType

JSON_TYPE = "application/json"
MERGE_PATCH_TYPE = "application/merge-patch+json"

MAX_DEPTH = 32
STRING_LITERAL = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
NON_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
CURLY_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
MAX_INTEGER, MIN_INTEGER = 2**63 - 1, -(2**63)

TOO_DEEP = ErrorDetail("too_deep", Text(f"Paling dalam {MAX_DEPTH} tingkat.", f"At most {MAX_DEPTH} levels deep."))
NOT_AN_OBJECT = ErrorDetail("wrong_type", Text("Harus sebuah objek.", "Must be an object."))
REPEATED_MEMBER = Text("Anggota ini diberikan lebih dari sekali.", "This member is given more than once.")
NUL_CHARACTER = Text("Karakter nol tidak diizinkan.", "The NUL character is not allowed.")
OUT_OF_RANGE = Text("Bilangan di luar 64 bit.", "The number does not fit into 64 bits.")


async def parse_body(request: Request, declared: FieldInfo) -> None:
    """Read and parse the body of a route that declares it so, for FastAPI and for `request.json()`.

    Raises UnsupportedMediaType before the body is read, Malformed for what is no JSON, InvalidContent for what is.
    """
    _check_type(request, declared.media_type if isinstance(declared, Body) else JSON_TYPE)
    try:
        content = await request.body()
    except ClientDisconnect:
        raise Malformed from None  # nobody hears it; but it is no fault of ours
    request._json = parse_object(content)


def _check_type(request: Request, media_type: str) -> None:
    given, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    named = [parameter.partition("=") for parameter in parameters if parameter]
    others = [name for name, _, value in named if name.strip() == "charset" and value.strip(' "') != "utf-8"]
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType(headers={"Accept-Encoding": "identity"})
    if given != media_type or others:
        accepted = "Accept-Patch" if request.method == "PATCH" else "Accept"  # RFC 5789 2.2, RFC 9110 15.5.16
        raise UnsupportedMediaType(headers={accepted: media_type})


def parse_object(content: bytes) -> dict[str, Any]:
    """The object that these bytes are."""
    try:
        orjson.loads(content)  # strict in grammar and in UTF-8, and safe with any depth; lenient in what is below
    except orjson.JSONDecodeError as error:
        raise _syntax_problem(error) from None
    if _is_too_deep(content):
        raise Malformed(TOO_DEEP)
    reader = _StrictDecoder()
    parsed = reader.decode(content)
    if not isinstance(parsed, dict):
        raise InvalidContent(NOT_AN_OBJECT)
    if reader.has_repeated_members:
        raise Malformed(*list(_find_errors(parsed, ()))[:MAX_ERRORS])
    if reader.has_number_out_of_range or b"\\u0000" in content:
        errors = list(_find_errors(parsed, ()))[:MAX_ERRORS]
        if errors:
            raise InvalidContent(*errors)
    return parsed


def _syntax_problem(error: orjson.JSONDecodeError) -> Malformed:
    """Where it stops being JSON: the line and column say it, for there is no pointer into what has no structure."""
    if error.msg.startswith("depth limit"):
        return Malformed(TOO_DEEP)
    place = f"{error.lineno}, {error.colno}"
    return Malformed(
        detail=Text(f"Isi bukan JSON yang sah: baris, kolom {place}.", f"The body is no JSON: line, column {place}.")
    )


def _is_too_deep(content: bytes) -> bool:
    """Each round takes the innermost brackets away. No loop over bytes: 8 MiB of brackets take no longer than names."""
    brackets = STRING_LITERAL.sub(b"", content).translate(CURLY_TO_SQUARE, NON_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


class _ObjectWithRepeatedMembers(dict[str, Any]):
    """An object in which a name stands twice; `names` are those."""

    repeated_names: tuple[str, ...] = ()


class _OutOfRange:
    """In the place of a number that is too large to be kept."""


class _StrictDecoder:
    """Python's parser, which can be asked for what orjson passes over in silence."""

    def __init__(self) -> None:
        self.has_repeated_members = False
        self.has_number_out_of_range = False

    def decode(self, content: bytes) -> Any:
        return json.loads(content.decode(), object_pairs_hook=self._build_object, parse_int=self._parse_integer)

    def _build_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        self.has_repeated_members = True
        marked = _ObjectWithRepeatedMembers(members)
        marked.repeated_names = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return marked

    def _parse_integer(self, digits: str) -> Any:
        if MIN_INTEGER <= int(digits) <= MAX_INTEGER:
            return int(digits)
        self.has_number_out_of_range = True
        return _OutOfRange()


def _find_errors(value: Any, path: tuple[str | int, ...]) -> Iterator[ErrorDetail]:
    """What is wrong within a value, wherever it stands. As deep as MOST_DEPTH allows."""
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
    return isinstance(value, str) and "\0" in value


def apply_merge_patch(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The target after a merge patch (RFC 7396): null takes a member away, objects are merged, others replaced."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            beneath = result.get(name)
            result[name] = apply_merge_patch(beneath if isinstance(beneath, dict) else {}, value)
        else:
            result[name] = value
    return result
