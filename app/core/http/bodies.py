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

from app.core.http.validation import MOST_ERRORS, pointer_to
from app.core.languages import Text
from app.core.problems import Invalid, InvalidContent, Malformed, UnsupportedMediaType

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

MOST_DEPTH = 32
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
BRACKETS = bytes.maketrans(b"{}", b"[]")
MOST, LEAST = 2**63 - 1, -(2**63)

TOO_DEEP = Invalid("too_deep", Text(f"Paling dalam {MOST_DEPTH} tingkat.", f"At most {MOST_DEPTH} levels deep."))
NO_OBJECT = Invalid("wrong_type", Text("Harus sebuah objek.", "Must be an object."))
REPEATED = Text("Anggota ini diberikan lebih dari sekali.", "This member is given more than once.")
NUL = Text("Karakter nol tidak diizinkan.", "The NUL character is not allowed.")
OUT_OF_RANGE = Text("Bilangan di luar 64 bit.", "The number does not fit into 64 bits.")


async def read(request: Request, declared: FieldInfo) -> None:
    """Read and parse the body of a route that declares it so, for FastAPI and for `request.json()`.

    Raises UnsupportedMediaType before the body is read, Malformed for what is no JSON, InvalidContent for what is.
    """
    _check_type(request, declared.media_type if isinstance(declared, Body) else JSON)
    try:
        content = await request.body()
    except ClientDisconnect:
        raise Malformed from None  # nobody hears it; but it is no fault of ours
    request._json = parse(content)


def _check_type(request: Request, media_type: str) -> None:
    given, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    named = [parameter.partition("=") for parameter in parameters if parameter]
    others = [name for name, _, value in named if name.strip() == "charset" and value.strip(' "') != "utf-8"]
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType(headers={"Accept-Encoding": "identity"})
    if given != media_type or others:
        accepted = "Accept-Patch" if request.method == "PATCH" else "Accept"  # RFC 5789 2.2, RFC 9110 15.5.16
        raise UnsupportedMediaType(headers={accepted: media_type})


def parse(content: bytes) -> dict[str, Any]:
    """The object that these bytes are."""
    try:
        orjson.loads(content)  # strict in grammar and in UTF-8, and safe with any depth; lenient in what is below
    except orjson.JSONDecodeError as error:
        raise _malformed(error) from None
    if _too_deep(content):
        raise Malformed(TOO_DEEP)
    reader = _Reader()
    parsed = reader.read(content)
    if not isinstance(parsed, dict):
        raise InvalidContent(NO_OBJECT)
    if reader.repeated:
        raise Malformed(*list(_flaws(parsed, ()))[:MOST_ERRORS])
    if reader.out_of_range or b"\\u0000" in content:
        errors = list(_flaws(parsed, ()))[:MOST_ERRORS]
        if errors:
            raise InvalidContent(*errors)
    return parsed


def _malformed(error: orjson.JSONDecodeError) -> Malformed:
    """Where it stops being JSON: the line and column say it, for there is no pointer into what has no structure."""
    if error.msg.startswith("depth limit"):
        return Malformed(TOO_DEEP)
    place = f"{error.lineno}, {error.colno}"
    return Malformed(
        detail=Text(f"Isi bukan JSON yang sah: baris, kolom {place}.", f"The body is no JSON: line, column {place}.")
    )


def _too_deep(content: bytes) -> bool:
    """Each round takes the innermost brackets away. No loop over bytes: 8 MiB of brackets take no longer than names."""
    brackets = STRING.sub(b"", content).translate(BRACKETS, ALL_BUT_BRACKETS)
    for _ in range(MOST_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


class _Repeated(dict[str, Any]):
    """An object in which a name stands twice; `names` are those."""

    names: tuple[str, ...] = ()


class _OutOfRange:
    """In the place of a number that is too large to be kept."""


class _Reader:
    """Python's parser, which can be asked for what orjson passes over in silence."""

    def __init__(self) -> None:
        self.repeated = False
        self.out_of_range = False

    def read(self, content: bytes) -> Any:
        return json.loads(content.decode(), object_pairs_hook=self._object, parse_int=self._integer)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        self.repeated = True
        marked = _Repeated(members)
        marked.names = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        return marked

    def _integer(self, digits: str) -> Any:
        if LEAST <= int(digits) <= MOST:
            return int(digits)
        self.out_of_range = True
        return _OutOfRange()


def _flaws(value: Any, path: tuple[str | int, ...]) -> Iterator[Invalid]:
    """What is wrong within a value, wherever it stands. As deep as MOST_DEPTH allows."""
    if isinstance(value, _OutOfRange):
        yield Invalid("out_of_range", OUT_OF_RANGE, pointer=pointer_to(path))
    elif _has_nul(value):
        yield Invalid("nul", NUL, pointer=pointer_to(path))
    elif isinstance(value, dict):
        for name in value.names if isinstance(value, _Repeated) else ():
            yield Invalid("repeated_member", REPEATED, pointer=pointer_to((*path, name)))
        for name, member in value.items():
            if _has_nul(name):
                yield Invalid("nul", NUL, pointer=pointer_to(path))
            yield from _flaws(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flaws(item, (*path, index))


def _has_nul(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and "\0" in value


def merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The target after a merge patch (RFC 7396): null takes a member away, objects are merged, others replaced."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            beneath = result.get(name)
            result[name] = merged(beneath if isinstance(beneath, dict) else {}, value)
        else:
            result[name] = value
    return result
