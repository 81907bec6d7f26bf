"""The SQL of writing one row and its parts. All names in it come from the models, never from a request."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Table

from app.core.db.transaction import Transaction
from app.writes.resource import Parts, Resource, Values


class LockedRow(NamedTuple):
    """What stands there, locked until the transaction ends: its revision and its own members, as JSON."""

    revision: int
    members: dict[str, Any]


def _quoted(name: str) -> str:
    return f'"{name}"'


def _same(keys: Sequence[str], first: int = 1) -> str:
    return " AND ".join(f"{_quoted(key)} = ${n}" for n, key in enumerate(keys, first))


async def lock_row(write: Transaction, resource: Resource, keys: Values) -> LockedRow | None:
    """Lock the row, and read what it holds.

    Not its key: else two writers of which each refers to the other's row, as its parent, would wait for each other.
    """
    generated = "{" + ",".join(resource.generated_columns) + "}"
    found = await write.fetch(
        f"SELECT revision, object_content(to_jsonb(held), '{generated}')::text"  # noqa: S608
        f" FROM {_quoted(resource.table.name)} AS held WHERE {_same(list(keys))} FOR NO KEY UPDATE",
        *keys.values(),
    )
    return LockedRow(found[0][0], orjson.loads(found[0][1])) if found else None


async def insert_row(write: Transaction, table: Table, columns: Values) -> None:
    names = ", ".join(map(_quoted, columns))
    values = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    await write.fetch(
        f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({values})",  # noqa: S608
        *columns.values(),
    )


async def update_row(write: Transaction, table: Table, keys: Values, columns: Values) -> None:
    """Set the columns, unless they say so already: what changes nothing touches nothing."""
    if not columns:
        return
    first = len(keys) + 1
    places = {name: f"${n}" for n, name in enumerate(columns, first)}
    assignments = ", ".join(f"{_quoted(name)} = {place}" for name, place in places.items())
    differs = " OR ".join(f"{_quoted(name)} IS DISTINCT FROM {place}" for name, place in places.items())
    await write.fetch(
        f"UPDATE {_quoted(table.name)} SET {assignments} WHERE {_same(list(keys))} AND ({differs})",  # noqa: S608
        *keys.values(),
        *columns.values(),
    )


async def delete_row(write: Transaction, table: Table, keys: Values) -> None:
    await write.fetch(f"DELETE FROM {_quoted(table.name)} WHERE {_same(list(keys))}", *keys.values())  # noqa: S608


async def replace_parts(write: Transaction, parts: Parts, whole: Values, items: Sequence[Mapping[str, Any]]) -> None:
    """Let these be the parts of the whole with this key, and no others."""
    whose = {column: whole[of_whole] for column, of_whole in parts.foreign_key.items()}
    if parts.ordered:
        await delete_row(write, parts.table, whose)
        beside = {**whose, **parts.defaults}
        await _insert_all(write, parts.table, [{**beside, "position": n, **item} for n, item in enumerate(items, 1)])
    else:
        await _merge_parts(write, parts, whose, items)


async def _merge_parts(write: Transaction, parts: Parts, whose: Values, items: Sequence[Mapping[str, Any]]) -> None:
    """One that stays keeps what stands beside its members. One that is given twice breaks the rule of its key."""
    key = parts.key
    found = await write.fetch(
        f"SELECT {_quoted(key)} FROM {_quoted(parts.table.name)} WHERE {_same(list(whose))}",  # noqa: S608
        *whose.values(),
    )
    left = {row[0] for row in found}
    stays: list[Mapping[str, Any]] = []
    new: list[Mapping[str, Any]] = []
    for item in items:
        (stays if item[key] in left else new).append(item)
        left.discard(item[key])
    for gone in sorted(left):
        await delete_row(write, parts.table, {**whose, key: gone})
    for item in stays:
        await update_row(write, parts.table, {**whose, key: item[key]}, item)
    await _insert_all(write, parts.table, [{**whose, **parts.defaults, **item} for item in new])


async def _insert_all(write: Transaction, table: Table, rows: Sequence[Values]) -> None:
    """In one statement, for each makes a copy of all parts in their whole anew."""
    if not rows:
        return
    names, into = ", ".join(map(_quoted, rows[0])), _quoted(table.name)
    await write.fetch(
        f"INSERT INTO {into} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{into}, $1::text::jsonb)",  # noqa: S608
        orjson.dumps(rows).decode(),
    )
