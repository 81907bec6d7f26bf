"""The SQL of members that stand in tables of their own, for hundreds of objects in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.core.db.statements import DIALECT
from app.core.db.transaction import Transaction
from app.core.http.body_types import PayloadModel
from app.writes import rows as single
from app.writes.resource import Parts, Resource, Values

Items = Sequence[Mapping[str, Any]]
NOT_GIVEN: Any = object()


def extract_given_columns(resource: Resource, content: PayloadModel) -> dict[str, Any]:
    """What the content names, as columns and parts; of an object within it, too, only what that one names.

    As a merge patch has it: what is not named keeps what is held.
    """
    members = {name: _extract_given_members(value) for name, value in content if name in content.model_fields_set}
    return {name: value for name, value in resource.to_columns(members).items() if value is not NOT_GIVEN}


def _extract_given_members(value: Any) -> Any:
    if not isinstance(value, PayloadModel):
        return value
    return {name: one if name in value.model_fields_set else NOT_GIVEN for name, one in value}


async def delete_parts(write: Transaction, parts: Parts, wholes: Sequence[Values]) -> None:
    """Delete the parts of these, before they are given others. Those without an order are not replaced, but change."""
    if wholes and parts.ordered:
        whose = [_foreign_key_values(parts, whole) for whole in wholes]
        same = " AND ".join(f'former."{name}" = given."{name}"' for name in parts.foreign_key)
        sql = f'DELETE FROM "{parts.table.name}" AS former USING {_recordset(parts, parts.foreign_key)} WHERE {same}'  # noqa: S608
        await write.fetch(sql, orjson.dumps(whose).decode())


async def insert_parts(write: Transaction, parts: Parts, items: Sequence[tuple[Values, Items]]) -> None:
    """Give each of these its parts, after the former ones were taken away."""
    if not parts.ordered:
        for whole, its in items:
            await single.replace_parts(write, parts, whole, its)
        return
    rows = [
        {**_foreign_key_values(parts, whole), "position": place, **parts.defaults, **item}
        for whole, its in items
        for place, item in enumerate(its, 1)
    ]
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        sql = f'INSERT INTO "{parts.table.name}" ({names}) SELECT {names} FROM {_recordset(parts, rows[0])}'  # noqa: S608
        await write.fetch(sql, orjson.dumps(rows).decode())


def _foreign_key_values(parts: Parts, whole: Values) -> dict[str, Any]:
    return {column: whole[of_whole] for column, of_whole in parts.foreign_key.items()}


def _recordset(parts: Parts, names: Mapping[str, Any]) -> str:
    kinds = {name: parts.table.columns[name].type.compile(dialect=DIALECT) for name in names}
    shape = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    return f"json_to_recordset($1::text::json) AS given ({shape})"
