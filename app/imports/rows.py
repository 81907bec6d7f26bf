"""Rows of an import as columns, and the stored objects that they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from uuid_utils.compat import uuid7

from app.core.http.body_types import PayloadModel
from app.imports import parts
from app.writes.resource import Resource, Values


@dataclass(frozen=True, slots=True)
class Row:
    """A valid row, as columns."""

    line: int
    """Line of the file on which the row begins, from 1."""
    key: str
    """Key as in `revisions`."""
    keys: Values
    """Key columns."""
    has_generated_key: bool
    """The row came without an id, so it creates an object with a new one."""
    columns: Mapping[str, Any]
    """All columns, with defaults for those that the file does not name."""
    given_columns: Sequence[str]
    """The columns that the file names; only these change an object that exists."""
    parts: Mapping[str, parts.Items]
    """By member: the items of the parts that the file names."""

    @property
    def given_values(self) -> dict[str, Any]:
        """The columns that the file names for this row, with their values."""
        return {name: self.columns[name] for name in self.given_columns}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The object that a row changes, as it is stored."""

    parts: Mapping[str, Any] = field(default_factory=dict)
    """Its parts, by member."""
    owner_columns: Mapping[str, str | None] = field(default_factory=dict)
    """The columns that decide which client may write it, as text."""


StoredObjects = Mapping[int, StoredObject]
"""The objects that exist already, by the line of their row."""


def build_row(line: int, payload: PayloadModel, resource: Resource) -> Row:
    """Build a Row from a validated body: its columns, list items and key, which is a new UUIDv7 if the id is None."""
    columns = resource.to_columns(dict(payload))
    given = parts.extract_given_columns(resource, payload)
    *_, own = resource.key_columns
    has_generated_key = columns[own] is None
    keys = {name: columns[name] for name in resource.key_columns} | ({own: uuid7()} if has_generated_key else {})
    return Row(
        line,
        resource.format_key(keys),
        keys,
        has_generated_key,
        {name: value for name, value in columns.items() if name in resource.writable_columns} | keys,
        [name for name in given if name in resource.writable_columns and name not in keys],
        {part.member: [dict(item) for item in given[part.member]] for part in resource.parts if part.member in given},
    )
