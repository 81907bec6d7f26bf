"""Strict types of members of a body, which accept exactly what the schema in the contract allows."""

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

# Characters are escaped so that Python, Rust and ECMAScript read the patterns in the same way.
CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
BLANK = r"\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff"
# Default_Ignorable_Code_Point of Unicode 15.1 and 16 (DerivedCoreProperties.txt, 4,174 code points) without U+FEFF,
# which is in BLANK, and other characters without ink: the Braille pattern without dots, interlinear annotation, joiners
# and selectors of single scripts, Egyptian format controls and blanks, the Khitan filler, the musical null notehead.
# ECMAScript, Rust and Python share no escape for code points beyond U+FFFF, so these are written as they are.
INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u2d7f\u3164"
    r"\ufe00-\ufe0f\uffa0\ufff0-\ufffb"
) + "".join(
    f"{chr(first)}-{chr(last)}"
    for first, last in (
        *((0x1107F, 0x1107F), (0x13430, 0x1343F), (0x13441, 0x13442), (0x16FE4, 0x16FE4), (0x1BC9D, 0x1BC9D)),
        *((0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
    )
)
# Perhaps invisible characters, the first visible one, and whatever follows it. Each text has one way to match, so that
# a long one is read once.
SINGLE_LINE_PATTERN = (
    rf"^([{INVISIBLE}][{BLANK}{INVISIBLE}]*)?[^{CONTROL}{BLANK}{INVISIBLE}]([^{CONTROL}]*[^{CONTROL}{BLANK}])?$"
)
# What the contract says of the same texts. It leaves out the invisible characters: the pattern above is long, and
# not valid in ECMAScript without the flag `u`. Each text that matches the pattern above matches this one.
_CONTROL_OF_SCHEMA = CONTROL.removesuffix(r"\u2028\u2029")
LINE_SCHEMA_PATTERN = rf"^[^\s{_CONTROL_OF_SCHEMA}]([^{_CONTROL_OF_SCHEMA}]*[^\s{_CONTROL_OF_SCHEMA}])?$"
HEX_DIGIT = "[0-9A-Fa-f]"
CANONICAL_UUID_PATTERN = f"^{HEX_DIGIT}{{8}}-{HEX_DIGIT}{{4}}-{HEX_DIGIT}{{4}}-{HEX_DIGIT}{{4}}-{HEX_DIGIT}{{12}}$"


class TextFormat:
    """Annotation for a text format: adds the pattern to the JSON schema and parses the text before validation.

    Attributes:
        pattern: Regular expression of the format, for the contract.
        parse: Returns the parsed value, or raises PydanticCustomError.
    """

    def __init__(self, pattern: str, parse: Callable[[Any], Any]) -> None:
        self.pattern = pattern
        self.parse = parse

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.parse, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": self.pattern}


def _is_full_match(pattern: str, value: Any) -> bool:
    """Return whether a pattern matches a string to its very end; `$` also matches before a final line feed."""
    return isinstance(value, str) and re.fullmatch(pattern.removesuffix("$"), value) is not None


def require_single_line(value: Any) -> Any:
    """Return the value unchanged; validation error for control characters, spaces at the ends, or nothing visible.

    Values that are no text or empty pass: the type itself has better error messages for them.
    """
    if value and isinstance(value, str) and not _is_full_match(SINGLE_LINE_PATTERN, value):
        raise PydanticCustomError("not_plain", "visible, no control characters, no spaces at the ends")
    return value


def parse_uuid(value: Any) -> UUID:
    """Parse a UUID in its canonical form 8-4-4-4-12; raise a validation error for any other form."""
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
    """Base of the schemas of bodies: unknown members are rejected and no type is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def build_patch_model(model: type[PayloadModel], name: str | None = None) -> type[PayloadModel]:
    """Build the merge patch model of a body's model: all members are optional, also those of nested objects.

    A nullable member may be patched with null, which removes it. Rules that involve several members are not part of
    the patch: the merged document must be validated with `model` again.

    Args:
        model: The schema of the whole document.
        name: Name of the schema; by default that of the model with `Patch` instead of `Payload`.
    """
    fields: dict[str, Any] = {}
    for member, field in model.model_fields.items():
        attributes = {name: getattr(field, name) for name in ("alias", "description", "examples", "json_schema_extra")}
        optional = Field(default_factory=lambda: None, **attributes)  # a plain default would appear in the schema
        parts = (_patch_annotation(field.annotation), *field.metadata, optional)
        fields[member] = Annotated[parts]
    return create_model(
        name or f"{model.__name__.removesuffix('Payload')}Patch", __base__=PayloadModel, __doc__=model.__doc__, **fields
    )


def _patch_annotation(annotation: Any) -> Any:
    """Return the type of a member in a merge patch: for an object, its patch model; else the type as it is."""
    if isinstance(annotation, type) and issubclass(annotation, PayloadModel):
        return build_patch_model(annotation)
    options = get_args(annotation)
    if type(None) in options and len(options) == 2:
        (other,) = (option for option in options if option is not type(None))
        return _patch_annotation(other) | None
    return annotation
