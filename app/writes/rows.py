"""SQL that writes one row and its parts. All identifiers in it come from the models, never from a request."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table

from app.core.db.transaction import Transaction
from app.writes.resource import Parts, Resource, Values


class LockedRow(NamedTuple):
    """A row that is locked until the transaction ends: its revision, and the members of the object as JSON values."""

    revision: int
    members: dict[str, Any]


def _quote(name: str) -> str:
    """Return an SQL identifier in double quotes; quotes within it are not escaped."""
    return f'"{name}"'


def _equal_keys_condition(columns: Sequence[str], first: int = 1) -> str:
    """Build the SQL condition that these columns equal the parameters `$first`, `$first + 1`, …"""
    return " AND ".join(f"{_quote(column)} = ${n}" for n, column in enumerate(columns, first))


async def lock_row(transaction: Transaction, resource: Resource, keys: Values) -> LockedRow | None:
    """Lock the row with these keys until the transaction ends; return its revision and members, None if no row.

    The lock (FOR NO KEY UPDATE) does not block foreign keys that refer to the row. Otherwise two transactions that each
    make their row refer to the row of the other one would wait for each other.
    """
    generated = "{" + ",".join(resource.generated_columns) + "}"
    rows = await transaction.fetch(
        f"SELECT revision, object_content(to_jsonb(object), '{generated}')::text"  # noqa: S608
        f" FROM {_quote(resource.table.name)} AS object WHERE {_equal_keys_condition(list(keys))} FOR NO KEY UPDATE",
        *keys.values(),
    )
    return LockedRow(rows[0][0], orjson.loads(rows[0][1])) if rows else None


async def insert_row(transaction: Transaction, table: Table, columns: Values) -> None:
    """Insert one row with these column values into the table."""
    names = ", ".join(map(_quote, columns))
    values = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await transaction.fetch(
        f"INSERT INTO {_quote(table.name)} ({names}) VALUES ({values})",  # noqa: S608
        *columns.values(),
    )


async def update_row(transaction: Transaction, table: Table, keys: Values, columns: Values) -> None:
    """Set these columns of the row with these keys; leave the row untouched if all of them are equal already."""
    if not columns:
        return
    first = len(keys) + 1
    parameters = {name: f"${n}" for n, name in enumerate(columns, first)}
    assignments = ", ".join(f"{_quote(name)} = {parameter}" for name, parameter in parameters.items())
    differs = " OR ".join(f"{_quote(name)} IS DISTINCT FROM {parameter}" for name, parameter in parameters.items())
    await transaction.fetch(
        f"UPDATE {_quote(table.name)} SET {assignments} WHERE {_equal_keys_condition(list(keys))} AND ({differs})",  # noqa: S608
        *keys.values(),
        *columns.values(),
    )


async def delete_row(transaction: Transaction, table: Table, keys: Values) -> None:
    """Delete all rows whose columns equal `keys`, if there are any."""
    await transaction.fetch(
        f"DELETE FROM {_quote(table.name)} WHERE {_equal_keys_condition(list(keys))}",  # noqa: S608
        *keys.values(),
    )


async def replace_parts(
    transaction: Transaction, parts: Parts, object_columns: Values, items: Sequence[Mapping[str, Any]]
) -> None:
    """Replace the stored rows of an object's list member by these items; merge those of an unordered list by key.

    Args:
        transaction: The transaction to write in.
        parts: The member.
        object_columns: The columns of the object, of which the foreign key of the parts is taken.
        items: The columns of the items, in their order.
    """
    foreign_key = {column: object_columns[name] for column, name in parts.foreign_key.items()}
    if parts.ordered:
        await delete_row(transaction, parts.table, foreign_key)
        columns = {**foreign_key, **parts.defaults}
        await _insert_rows(
            transaction, parts.table, [{**columns, "position": n, **item} for n, item in enumerate(items, 1)]
        )
    else:
        await _merge_parts(transaction, parts, foreign_key, items)


async def _merge_parts(
    transaction: Transaction, parts: Parts, foreign_key: Values, items: Sequence[Mapping[str, Any]]
) -> None:
    """Delete, update and insert the rows of an unordered list member, so that they become these items.

    An updated part keeps the columns that are no members, such as its source. An item given twice violates the primary
    key.
    """
    key = parts.key
    rows = await transaction.fetch(
        f"SELECT {_quote(key)} FROM {_quote(parts.table.name)} WHERE {_equal_keys_condition(list(foreign_key))}",  # noqa: S608
        *foreign_key.values(),
    )
    obsolete = {row[0] for row in rows}
    existing: list[Mapping[str, Any]] = []
    new: list[Mapping[str, Any]] = []
    for item in items:
        (existing if item[key] in obsolete else new).append(item)
        obsolete.discard(item[key])
    for value in sorted(obsolete):
        await delete_row(transaction, parts.table, {**foreign_key, key: value})
    for item in existing:
        await update_row(transaction, parts.table, {**foreign_key, key: item[key]}, item)
    await _insert_rows(transaction, parts.table, [{**foreign_key, **parts.defaults, **item} for item in new])


async def _insert_rows(transaction: Transaction, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows, all with the columns of the first, in one statement, so that triggers run once; none: do nothing."""
    if not rows:
        return
    names, into = ", ".join(map(_quote, rows[0])), _quote(table.name)
    await transaction.fetch(
        f"INSERT INTO {into} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{into}, $1::text::jsonb)",  # noqa: S608
        orjson.dumps(rows).decode(),
    )
