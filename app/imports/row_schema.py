"""Schemas of the rows that can be imported: the members of a body that creates an object, and its key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, create_model

from app.core.http.body_types import PayloadModel, Slug, Uuid
from app.imports.columns import Column
from app.imports.headings import index_headings
from app.writes.resource import Resource
from app.writes.row_resolution import ResolveRows

# Keys that the path of an object names, but no body.
KEY_FIELDS: Mapping[str, tuple[Any, Any]] = {
    "id": (Uuid | None, Field(None, description="Id of the object to change; none: the row creates an object.")),
    "meeting": (Annotated[Slug, Field(description="Code of the meeting.")], ...),
}


@dataclass(frozen=True)
class Importable:
    """A resource that can be imported."""

    resource: Resource
    payload_model: type[PayloadModel]
    """Body of the POST that creates an object, or a row with the same meaning."""
    resolve: ResolveRows | None = None
    """Replaces names in the rows of a meeting by codes and ids; the import then names the meeting."""
    meeting: str | None = None
    """Code of the meeting of all rows; None: each row names its own, if it has one."""

    @property
    def is_below_meeting(self) -> bool:
        """Return whether the objects belong to a meeting."""
        return self.resource.key_columns[0] == "meeting"

    def within_meeting(self, meeting: str | None) -> "Importable":
        """Return the resource with this meeting for all rows; itself if it is None."""
        return replace(self, meeting=meeting) if meeting else self

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
    def members(self) -> tuple[str, ...]:
        """The names of the members of a row."""
        return tuple(self.row_model.model_fields)

    @cached_property
    def _default_columns(self) -> Mapping[str, frozenset[str]]:
        """The columns and parts in which each member is stored, by member."""
        defaults = {
            name: None if info.is_required() else info.get_default(call_default_factory=True)
            for name, info in self.row_model.model_fields.items()
        }
        return {name: frozenset(self.resource.to_columns({name: value})) for name, value in defaults.items()}

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns of the table that a row can set."""
        return self.resource.writable_columns.intersection(*[frozenset().union(*self._default_columns.values())])

    @cached_property
    def member_of_column(self) -> Mapping[str, str]:
        """The member that each column, or part in a table of its own, stores."""
        return {column: member for member, columns in self._default_columns.items() for column in columns}

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """The members of a row by each heading that a column with them may have, as `headings.fold` returns it."""
        return index_headings(self.resource.name, self.members)

    @cached_property
    def _schemas(self) -> Mapping[str, Any]:
        """The JSON schemas of the members of a row."""
        schemas: Mapping[str, Any] = self.row_model.model_json_schema()["properties"]
        return schemas

    def build_columns(self, *, day_first: bool = False) -> dict[str, Column]:
        """Build the columns of a table, by the name of the member that they contain.

        Args:
            day_first: Dates in numbers have the day first, also those that could have the month first.
        """
        columns = {name: Column.from_schema(name, schema) for name, schema in self._schemas.items()}
        return {name: replace(column, day_first=day_first) for name, column in columns.items()}

    @cached_property
    def required_columns(self) -> tuple[str, ...]:
        """The names of the columns that every table must have."""
        given = {"meeting"} if self.meeting else set()
        fields = self.row_model.model_fields.items()
        return tuple(name for name, info in fields if info.is_required() and name not in given)
