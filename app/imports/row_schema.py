"""What one row of a file may hold: the members of a resource's content, and its key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, get_args, get_origin

import orjson
from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo

from app.core.http import bodies
from app.core.http.body_types import PayloadModel, Slug, Uuid
from app.core.http.validation import json_pointer
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, Malformed
from app.writes.resource import Resource

# Keys that stand in an address, and in no body.
KEY_FIELDS: Mapping[str, tuple[Any, Any]] = {
    "id": (Uuid | None, Field(None, description="Id of the one that is meant; none: a new one.")),
    "meeting": (Annotated[Slug, Field(description="Code of the meeting.")], ...),
}
INTEGER_PATTERN = re.compile(r"-?(0|[1-9][0-9]{0,17})")
NOT_JSON = Text("Sel ini harus berisi JSON.", "This cell must hold JSON.")


@dataclass(frozen=True)
class Importable:
    """A resource whose rows can be brought in. `content`: the body of a POST that creates one."""

    resource: Resource
    payload_model: type[PayloadModel]

    @cached_property
    def row_model(self) -> type[PayloadModel]:
        """The schema of a row. Why it is written is told once for all of them, unless it is a member of the object."""
        fields = {name: (info.annotation, info) for name, info in self.payload_model.model_fields.items()}
        del fields["reason"]
        if "legal_basis" not in self.resource.writable_columns:
            del fields["legal_basis"]
        given: dict[str, Any] = {key: KEY_FIELDS[key] for key in self.resource.key_columns if key not in fields}
        given |= fields
        return create_model(f"{self.payload_model.__name__}Row", __base__=PayloadModel, **given)

    @cached_property
    def csv_columns(self) -> Mapping[str, "CsvColumn"]:
        """How each member stands in a CSV file, by its name."""
        return {name: CsvColumn(name, info) for name, info in self.row_model.model_fields.items()}

    @cached_property
    def required_columns(self) -> tuple[str, ...]:
        return tuple(name for name, info in self.row_model.model_fields.items() if info.is_required())


@dataclass(frozen=True)
class CsvColumn:
    """How a member stands in a cell: text as it is, numbers, true and false as JSON has them, the rest as JSON."""

    name: str
    field_info: FieldInfo
    types: tuple[Any, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", tuple(_list_types(self.field_info.annotation)))

    @property
    def is_nullable(self) -> bool:
        return type(None) in self.types

    @property
    def is_json(self) -> bool:
        return any(
            get_origin(kind) is list or (isinstance(kind, type) and issubclass(kind, BaseModel)) for kind in self.types
        )

    def parse(self, text: str) -> Any:
        """The value for the schema to judge; InvalidContent for JSON that is none."""
        if int in self.types and INTEGER_PATTERN.fullmatch(text):
            return int(text)
        if bool in self.types and text in ("true", "false"):
            return text == "true"
        return self._parse_json(text) if self.is_json else text

    def _parse_json(self, text: str) -> Any:
        """Read as strictly as a body: one parser for both."""
        content = text.encode()
        try:
            orjson.loads(content)  # by itself, lest it close the object that it is put into
            return bodies.parse_object(b"{%b:%b}" % (orjson.dumps(self.name), content))[self.name]
        except (orjson.JSONDecodeError, Malformed, InvalidContent) as error:
            here = json_pointer([self.name])
            told = getattr(error, "errors", ()) or [ErrorDetail("not_json", NOT_JSON)]
            raise InvalidContent(*(replace(one, pointer=one.pointer or here) for one in told)) from None


def _list_types(annotation: Any) -> list[Any]:
    """The types that a member may be of, without what is annotated to them."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _list_types(arguments[0])
    if type(None) in arguments:
        return [kind for one in arguments for kind in _list_types(one)]
    return [annotation]
