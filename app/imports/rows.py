"""Rows of an import as columns, and the stored objects that they change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from uuid_utils.compat import uuid7

from app.core.http.body_types import PayloadModel
from app.core.http.validation import validate_document
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent
from app.imports import parts
from app.imports.row_schema import Importable
from app.writes.resource import Resource, Values

OTHER_MEETING = ErrorDetail(
    "other_meeting",
    Text(
        "Baris ini menyebut rapat lain daripada parameter meeting.", "This row names another meeting than the import."
    ),
    pointer="/meeting",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A valid row, as columns."""

    line: int
    """Line of the file on which the row begins, or row of the sheet; from 1."""
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
class InvalidRow:
    """A row that does not fit the schema of its resource."""

    line: int
    """Line of the file on which the row begins, or row of the sheet; from 1."""
    errors: tuple[ErrorDetail, ...]
    key: str | None = None
    """Key of its object, as in `revisions`; None if it is not valid."""


@dataclass(frozen=True, slots=True)
class UnparsedRow:
    """A row that is parsed when it is needed, because a report may leave out millions of rows."""

    line: int
    """Line of the file on which the row begins, or row of the sheet; from 1."""
    parse: Callable[[], Row | InvalidRow]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The object that a row changes, as it is stored."""

    parts: Mapping[str, Any] = field(default_factory=dict)
    """Its parts, by member."""
    owner_columns: Mapping[str, str | None] = field(default_factory=dict)
    """The columns that decide which client may write it, as text."""
    changed_columns: Sequence[str] = ()
    """The columns to which the row gives another value."""
    is_other_person: bool = False
    """It names another person than the row does."""


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


def build_valid_row(
    line: int, members: Mapping[str, Any], importable: Importable, cell_errors: Sequence[ErrorDetail] = ()
) -> Row | InvalidRow:
    """Validate the members of a row and build the Row; return an InvalidRow if they have errors.

    Args:
        line: Line of the file on which the row begins.
        members: The members of the row.
        importable: The resource of the row.
        cell_errors: Errors of cells whose members are left out.
    """
    if importable.meeting is not None:
        if members.get("meeting", importable.meeting) != importable.meeting:
            cell_errors = (*cell_errors, OTHER_MEETING)
        members = {**members, "meeting": importable.meeting}
    try:
        payload = validate_document(importable.row_model, members)
    except InvalidContent as invalid:
        pointers = {error.pointer for error in cell_errors}
        errors = (*cell_errors, *(error for error in invalid.errors if error.pointer not in pointers))
        return InvalidRow(line, errors, _find_key(members, errors, importable.resource))
    if cell_errors:
        return InvalidRow(line, tuple(cell_errors), _find_key(members, cell_errors, importable.resource))
    return build_row(line, payload, importable.resource)


def _find_key(members: Mapping[str, Any], errors: Sequence[ErrorDetail], resource: Resource) -> str | None:
    """Return the key of an invalid row's object as in `revisions`; None if the row does not give it, or not validly."""
    names = [column.name for column in resource.table.primary_key]
    invalid = {(error.pointer or "").split("/")[1] for error in errors if error.pointer}
    values = [members.get(name) for name in names]
    is_known = all(isinstance(value, str) for value in values) and not invalid & {*names}
    return "/".join(str(value).lower() for value in values) if is_known else None
