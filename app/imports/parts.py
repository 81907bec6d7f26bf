"""SQL that writes the parts of hundreds of objects in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.core.db.statements import DIALECT
from app.core.db.transaction import Transaction
from app.core.http.body_types import PayloadModel
from app.writes import rows as single_rows
from app.writes.resource import Parts, Resource, Values

Items = Sequence[Mapping[str, Any]]
NOT_GIVEN: Any = object()


def extract_given_columns(resource: Resource, payload: PayloadModel) -> dict[str, Any]:
    """Return only those columns and list members that the row names, also those within an object in it.

    As in a merge patch (RFC 7396), members that are not named keep their stored values.
    """
    members = {name: _extract_given_members(value) for name, value in payload if name in payload.model_fields_set}
    return {name: value for name, value in resource.to_columns(members).items() if value is not NOT_GIVEN}


def _extract_given_members(value: Any) -> Any:
    """Return the members of an object, with NOT_GIVEN for those that the row does not name; else the value."""
    if not isinstance(value, PayloadModel):
        return value
    return {name: member if name in value.model_fields_set else NOT_GIVEN for name, member in value}


async def delete_parts(transaction: Transaction, parts: Parts, objects: Sequence[Values]) -> None:
    """Delete the rows of an ordered list member of these objects; do nothing for an unordered one.

    Args:
        transaction: The transaction to write in.
        parts: The member.
        objects: The key columns of each object.
    """
    if objects and parts.ordered:
        foreign_keys = [_foreign_key_values(parts, keys) for keys in objects]
        equal_keys = " AND ".join(f'former."{name}" = given."{name}"' for name in parts.foreign_key)
        sql = f'DELETE FROM "{parts.table.name}" AS former USING {_recordset_sql(parts, parts.foreign_key)} WHERE {equal_keys}'  # noqa: S608, E501
        await transaction.fetch(sql, orjson.dumps(foreign_keys).decode())


async def insert_parts(transaction: Transaction, parts: Parts, objects: Sequence[tuple[Values, Items]]) -> None:
    """Insert these objects' items of a list member as rows; replace those of an unordered list, merging by key.

    Args:
        transaction: The transaction to write in.
        parts: The member.
        objects: The key columns of each object and its items.
    """
    if not parts.ordered:
        for keys, items in objects:
            await single_rows.replace_parts(transaction, parts, keys, items)
        return
    rows = [
        {**_foreign_key_values(parts, keys), "position": position, **parts.defaults, **item}
        for keys, items in objects
        for position, item in enumerate(items, 1)
    ]
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        sql = f'INSERT INTO "{parts.table.name}" ({names}) SELECT {names} FROM {_recordset_sql(parts, rows[0])}'  # noqa: S608
        await transaction.fetch(sql, orjson.dumps(rows).decode())


def _foreign_key_values(parts: Parts, keys: Values) -> dict[str, Any]:
    """Return the foreign key columns of the rows of a list member, from the key of their object."""
    return {column: keys[object_column] for column, object_column in parts.foreign_key.items()}


def _recordset_sql(parts: Parts, names: Mapping[str, Any]) -> str:
    """Build the FROM item `given` that reads rows with these columns from the JSON array in $1."""
    types = {name: parts.table.columns[name].type.compile(dialect=DIALECT) for name in names}
    column_types = ", ".join(f'"{name}" {type_}' for name, type_ in types.items())
    return f"json_to_recordset($1::text::json) AS given ({column_types})"
