"""Strict types of a body's members: what the contract's schema admits is taken, and what it does not is refused."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.core.datetimes import DATE_PATTERN, INSTANT_PATTERN, parse_instant
from app.core.http.parameters import parse_date
from app.core.patterns import SLUG_PATTERN

# Characters are spelt so that the expressions of Python, Rust and ECMAScript mean the same by them.
CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
SINGLE_LINE_PATTERN = rf"^[^{CONTROL}{BLANK}]([^{CONTROL}]*[^{CONTROL}{BLANK}])?$"
HEX_DIGIT = "[0-9A-Fa-f]"
CANONICAL_UUID_PATTERN = f"^{HEX_DIGIT}{{8}}-{HEX_DIGIT}{{4}}-{HEX_DIGIT}{{4}}-{HEX_DIGIT}{{4}}-{HEX_DIGIT}{{12}}$"


class TextFormat:
    """A form of text: its pattern for the contract, and what reads it, ahead of the type that it is read into."""

    def __init__(self, pattern: str, read: Callable[[Any], Any]) -> None:
        self.pattern = pattern
        self.parse = read

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern}


def _is_full_match(pattern: str, value: Any) -> bool:
    """Whether it is text of this form to its end: `$` alone lets a line feed stand there."""
    return isinstance(value, str) and re.fullmatch(pattern.removesuffix("$"), value) is not None


def require_single_line(value: Any) -> Any:
    """Text on one line; that it is text, and not empty, the type says better."""
    if value and isinstance(value, str) and not _is_full_match(SINGLE_LINE_PATTERN, value):
        raise PydanticCustomError("not_plain", "no control characters, no blanks at the ends")
    return value


def parse_uuid(value: Any) -> UUID:
    """A UUID in its canonical form; Python's own parser also takes braces, URNs and bare digits."""
    if not _is_full_match(CANONICAL_UUID_PATTERN, value):
        raise PydanticCustomError("not_a_uuid", "8-4-4-4-12")
    return UUID(value)


MAX_NAME_LENGTH = 300
Name = Annotated[
    str, Field(min_length=1, max_length=MAX_NAME_LENGTH), TextFormat(SINGLE_LINE_PATTERN, require_single_line)
]
Line = Annotated[str, Field(min_length=1, max_length=5000), TextFormat(SINGLE_LINE_PATTERN, require_single_line)]
Slug = Annotated[str, Field(min_length=1, max_length=40, pattern=SLUG_PATTERN)]
Day = Annotated[date, TextFormat(DATE_PATTERN, parse_date)]
Instant = Annotated[datetime, TextFormat(INSTANT_PATTERN, parse_instant)]
Uuid = Annotated[UUID, TextFormat(CANONICAL_UUID_PATTERN, parse_uuid)]
Int32 = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31 - 1)]


class PayloadModel(BaseModel):
    """The schema of a body, or of an object within one: no member that it does not know, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def build_patch_model(model: type[PayloadModel], name: str | None = None) -> type[PayloadModel]:
    """The schema of a merge patch of this content: every member may be left out, those of objects within it too.

    What may be null may be patched with null, which takes it away. Rules over several members are not the patch's: they
    hold of what it leads to, so the merged document is validated as `model` again.
    """
    fields: dict[str, Any] = {}
    for member, field in model.model_fields.items():
        told = {name: getattr(field, name) for name in ("alias", "description", "examples", "json_schema_extra")}
        left_out = Field(default_factory=lambda: None, **told)  # a default would stand in the schema
        parts = (_patch_annotation(field.annotation), *field.metadata, left_out)
        fields[member] = Annotated[parts]
    return create_model(name or f"{model.__name__}Patch", __base__=PayloadModel, __doc__=model.__doc__, **fields)


def _patch_annotation(annotation: Any) -> Any:
    """An object's patch in the place of the object; a list is replaced as a whole (RFC 7396)."""
    if isinstance(annotation, type) and issubclass(annotation, PayloadModel):
        return build_patch_model(annotation)
    options = get_args(annotation)
    if type(None) in options and len(options) == 2:
        (other,) = (option for option in options if option is not type(None))
        return _patch_annotation(other) | None
    return annotation
