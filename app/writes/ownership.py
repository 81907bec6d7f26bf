"""Who may write where: a client that is bound to an organization writes there and below, and nowhere else."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from app import models
from app.auth import Caller
from app.core.db.database import Queryable
from app.core.db.statements import DIALECT, Statement
from app.core.db.transaction import Transaction
from app.core.problems import OutsideOrganization
from app.writes.resource import OwnershipClaim, Resource, Values

Objects = Mapping[int, Values]
"""Columns of objects, each under a number of the caller's choice."""


def _below() -> Statement:
    """Whether the organization `bound_to` is `code` itself or stands above it."""
    first, above = aliased(models.Organization), aliased(models.Organization)
    path = select(first.code, first.parent).where(first.code == bindparam("code")).cte("path", recursive=True)
    path = path.union(select(above.code, above.parent).join(path, above.code == path.c.parent))
    return Statement(select(func.count()).select_from(path).where(path.c.code == bindparam("bound_to")))


_BELOW = _below()
# Of the objects in $1 those that the client $3, bound to $2, may not write: of an owner that is not below, or nobody's
# and created by another. All names in it come from the models.
_OUTSIDE = """
WITH RECURSIVE mine AS (
    SELECT $2::text AS code UNION SELECT below.code FROM organizations AS below JOIN mine ON below.parent = mine.code
)
SELECT given._n FROM json_to_recordset($1::text::json) AS given (_n int, _key text, {shape}) WHERE CASE
    WHEN EXISTS ({owners}) THEN EXISTS (
        SELECT FROM ({owners}) AS owner (code) WHERE owner.code IS NULL OR owner.code NOT IN (SELECT code FROM mine)
    )
    ELSE {is_there} AND (
        SELECT client FROM revisions WHERE resource = '{name}' AND key = given._key AND action = 'created'
        ORDER BY revision DESC LIMIT 1
    ) IS DISTINCT FROM $3::text
END
"""


async def ensure_object_inside(
    write: Transaction, caller: Caller, resource: Resource, keys: Values, *, is_new: bool = False
) -> None:
    """Raise OutsideOrganization unless the caller may write this object as it stands in the transaction.

    What is nobody's yet, as a person without an appointment, is its own only if the caller has created it: `is_new`, if
    that was just now.
    """
    if caller.meeting is not None:  # a gate: it writes scans alone
        raise OutsideOrganization
    if caller.organization is None:
        return
    if resource.owner_query is None:
        raise OutsideOrganization
    if is_new and not await write.fetch_all(resource.owner_query, keys):
        return
    if await find_objects_outside(write, caller, resource, {0: keys}):
        raise OutsideOrganization


async def ensure_new_owner_inside(
    write: Transaction, caller: Caller, resource: Resource, was: Values, becomes: Values
) -> None:
    """Raise OutsideOrganization where a bound client moves an object from where it stands to where it may not write."""
    if await find_new_owners_outside(write, caller, resource, {0: was}, {0: becomes}):
        raise OutsideOrganization


async def ensure_claimed_objects_inside(
    write: Transaction, caller: Caller, resource: Resource, was: Values, becomes: Values
) -> None:
    """Raise OutsideOrganization where a bound client would make an object its own by naming it, as an appointment does.

    To be asked before that is written: afterwards it is its own.
    """
    if await find_claimed_objects_outside(write, caller, resource, {0: was}, {0: becomes}):
        raise OutsideOrganization


async def find_objects_outside(write: Transaction, caller: Caller, resource: Resource, keys: Objects) -> set[int]:
    """Those of these objects that a caller may not write as they stand in the transaction."""
    if caller.organization is None or not keys:
        return set()
    if resource.owner_query is None:
        return set(keys)
    sql = _sql(resource, resource.key_columns, resource.owner_query, resource.name)
    return await _found(write, caller, sql, {n: (resource.format_key(one), one) for n, one in keys.items()})


async def find_new_owners_outside(
    write: Transaction, caller: Caller, resource: Resource, was: Objects, becomes: Objects
) -> set[int]:
    """Those that a bound client would move to where it may not write."""
    place = resource.owner_column
    if caller.organization is None or place is None:
        return set()
    moved = {n: ("", {place: to}) for n, to in _changed(place, was, becomes).items()}
    return await _found(write, caller, _sql(resource, [place], f'SELECT given."{place}"'), moved) if moved else set()


async def find_claimed_objects_outside(
    write: Transaction, caller: Caller, resource: Resource, was: Objects, becomes: Objects
) -> set[int]:
    """Those by which a bound client would take what is not its own. What is not there at all, a foreign key refuses."""
    found: set[int] = set()
    for one in resource.ownership_claims if caller.organization is not None else ():
        named = {n: (str(to), {one.column: to}) for n, to in _changed(one.column, was, becomes).items()}
        if named:
            found |= await _found(write, caller, _sql_of_taken(resource, one), named)
    return found


async def is_within_organization(read: Queryable, code: str, bound_to: str) -> bool:
    """Whether an organization is the one that a client is bound to, or lies below it."""
    return bool((await read.fetch_one(_BELOW, {"code": code, "bound_to": bound_to}))[0])


def _changed(column: str, was: Objects, becomes: Objects) -> dict[int, Any]:
    """What the column is to hold where it is given and says something new; an object that was not there holds nothing.

    What was, is compared as text, for it is told as JSON.
    """
    given = {n: one[column] for n, one in becomes.items() if column in one}
    return {n: to for n, to in given.items() if _text(to) != _text(was.get(n, {}).get(column))}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _sql_of_taken(resource: Resource, one: OwnershipClaim) -> str:
    (reference,) = resource.table.columns[one.column].foreign_keys
    there = reference.column
    is_there = f'EXISTS (SELECT FROM "{there.table.name}" WHERE "{there.name}" = given."{one.column}")'
    return _sql(resource, [one.column], one.owner_query, one.resource, is_there)


def _sql(
    resource: Resource, columns: Sequence[str], owned_by: Statement | str, name: str = "", is_there: str = "true"
) -> str:
    """The SQL of all: that of one, with columns of those given in the place of its parameters."""
    if isinstance(owned_by, Statement):
        places = owned_by.bind_values({column: f'given."{column}"' for column in columns})
        owned_by = re.sub(r"\$(\d+)", lambda found: str(places[int(found[1]) - 1]), owned_by.sql)
    kinds = {column: resource.table.columns[column].type.compile(dialect=DIALECT) for column in columns}
    shape = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
    return _OUTSIDE.format(shape=shape, owners=owned_by, is_there=is_there, name=name)


async def _found(write: Transaction, caller: Caller, sql: str, objects: Mapping[int, tuple[str, Values]]) -> set[int]:
    given = [{**columns, "_n": n, "_key": key} for n, (key, columns) in objects.items()]
    return {n for (n,) in await write.fetch(sql, orjson.dumps(given).decode(), caller.organization, caller.client_id)}
