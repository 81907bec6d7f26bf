"""Schemas of the rows that can be imported: the members of a body that creates an object, and its key."""

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

# Keys that the path of an object names, but no body.
KEY_FIELDS: Mapping[str, tuple[Any, Any]] = {
    "id": (Uuid | None, Field(None, description="Id of the object to change; none: the row creates an object.")),
    "meeting": (Annotated[Slug, Field(description="Code of the meeting.")], ...),
}
INTEGER_PATTERN = re.compile(r"-?(0|[1-9][0-9]{0,17})")
NOT_JSON = Text(
    'Sel ini harus berisi JSON, misalnya ["Siti C."].', 'This cell must contain JSON, for example ["Siti C."].'
)


@dataclass(frozen=True)
class Importable:
    """A resource that can be imported."""

    resource: Resource
    payload_model: type[PayloadModel]
    """Body of the POST that creates an object."""

    @cached_property
    def row_model(self) -> type[PayloadModel]:
        """The pydantic model of a row: a POST body with the key, without `reason` and, if not stored, `legal_basis`.

        An import gives them once for all rows. The legal basis remains if it is a member of the object itself.
        """
        fields = {name: (info.annotation, info) for name, info in self.payload_model.model_fields.items()}
        del fields["reason"]
        if "legal_basis" not in self.resource.writable_columns:
            del fields["legal_basis"]
        row_fields: dict[str, Any] = {key: KEY_FIELDS[key] for key in self.resource.key_columns if key not in fields}
        row_fields |= fields
        return create_model(f"{self.payload_model.__name__}Row", __base__=PayloadModel, **row_fields)

    @cached_property
    def csv_columns(self) -> Mapping[str, "CsvColumn"]:
        """The columns of a CSV file, by the name of the member that they contain."""
        return {name: CsvColumn(name, info) for name, info in self.row_model.model_fields.items()}

    @cached_property
    def required_columns(self) -> tuple[str, ...]:
        """The names of the columns that every CSV file must have."""
        return tuple(name for name, info in self.row_model.model_fields.items() if info.is_required())


@dataclass(frozen=True)
class CsvColumn:
    """A column of a CSV file. Cells contain text as it is, and numbers, true, false, lists and objects as JSON."""

    name: str
    field_info: FieldInfo
    types: tuple[Any, ...] = field(init=False)
    """The types that the member allows."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", tuple(_list_types(self.field_info.annotation)))

    @property
    def is_nullable(self) -> bool:
        """Return whether the member may be null, so that an empty cell means null."""
        return type(None) in self.types

    @property
    def is_json(self) -> bool:
        """Return whether the member is a list or an object, so that its cells contain JSON."""
        return any(
            get_origin(type_) is list or (isinstance(type_, type) and issubclass(type_, BaseModel))
            for type_ in self.types
        )

    def parse(self, cell: str) -> Any:
        """Convert a CSV cell to an integer, a boolean or parsed JSON where the member allows it, else return its text.

        Raises:
            InvalidContent: The cell must contain JSON and does not.
        """
        if int in self.types and INTEGER_PATTERN.fullmatch(cell):
            return int(cell)
        if bool in self.types and cell in ("true", "false"):
            return cell == "true"
        return self._parse_json(cell) if self.is_json else cell

    def _parse_json(self, cell: str) -> Any:
        """Parse a cell as JSON with the strict parser of request bodies; InvalidContent if it is malformed."""
        json = cell.encode()
        try:
            orjson.loads(json)  # checked alone first, because a brace could end the object built below
            return bodies.parse_object(b"{%b:%b}" % (orjson.dumps(self.name), json))[self.name]
        except (orjson.JSONDecodeError, Malformed, InvalidContent) as error:
            pointer = json_pointer([self.name])
            errors = getattr(error, "errors", ()) or [ErrorDetail("not_json", NOT_JSON)]
            raise InvalidContent(*(replace(detail, pointer=detail.pointer or pointer) for detail in errors)) from None


def _list_types(annotation: Any) -> list[Any]:
    """Return the types in an annotation without `Annotated`; a union counts as its types only if it allows None."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _list_types(arguments[0])
    if type(None) in arguments:
        return [type_ for argument in arguments for type_ in _list_types(argument)]
    return [annotation]
