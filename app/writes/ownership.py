"""Ownership of objects by organizations: a client bound to an organization writes within it only.

An organization and all organizations below it are *within* it; every other object is *outside*.
"""

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
from app.writes import incarnations
from app.writes.resource import OwnershipClaim, Resource, Values

Objects = Mapping[int, Values]
"""Columns of objects, each under a number that the caller chooses."""


def _is_within_statement() -> Statement:
    """Build the SELECT that counts 1 if the organization `bound_to` is `code` itself or above it, else 0."""
    first, above = aliased(models.Organization), aliased(models.Organization)
    path = select(first.code, first.parent).where(first.code == bindparam("code")).cte("path", recursive=True)
    path = path.union(select(above.code, above.parent).join(path, above.code == path.c.parent))
    return Statement(select(func.count()).select_from(path).where(path.c.code == bindparam("bound_to")))


_IS_WITHIN = _is_within_statement()
# Selects the numbers of those objects in $1 that the client $3, bound to the organization $2, may not write: an owner
# is outside its organization, or the object exists without owners and another client created it. All identifiers come
# from the models.
_SELECT_OUTSIDE = """
WITH RECURSIVE within AS (
    SELECT $2::text AS code
    UNION SELECT below.code FROM organizations AS below JOIN within ON below.parent = within.code
)
SELECT given._n FROM json_to_recordset($1::text::json) AS given (_n int, _key text, {column_types}) WHERE CASE
    WHEN EXISTS ({owners}) THEN EXISTS (
        SELECT FROM ({owners}) AS owner (code) WHERE owner.code IS NULL OR owner.code NOT IN (SELECT code FROM within)
    )
    ELSE {exists} AND (
        SELECT client FROM revisions WHERE resource = '{name}' AND key = given._key AND action = 'created'
        ORDER BY revision DESC LIMIT 1
    ) IS DISTINCT FROM $3::text
END
"""


async def ensure_object_inside(
    transaction: Transaction, caller: Caller, resource: Resource, keys: Values, *, is_new: bool = False
) -> None:
    """Raise OutsideOrganization unless the caller may write the object; with `is_new` it may have no owner yet.

    An object without owners, such as a person without appointments, may be written by the client that created it.

    Args:
        transaction: The transaction that writes.
        caller: The client that sent the request.
        resource: The resource.
        keys: The key columns of the object.
        is_new: The caller created the object in this transaction.
    """
    if caller.meeting is not None:  # a device of one meeting only writes scans
        raise OutsideOrganization
    if caller.organization is None:
        return
    if resource.owner_query is None:
        raise OutsideOrganization
    if is_new and not await transaction.fetch_all(resource.owner_query, keys):
        return
    if await find_objects_outside(transaction, caller, resource, {0: keys}):
        raise OutsideOrganization


async def ensure_new_owner_inside(
    transaction: Transaction, caller: Caller, resource: Resource, before: Values, after: Values
) -> None:
    """Raise OutsideOrganization if a client bound to an organization would move an object to one outside it."""
    if await find_new_owners_outside(transaction, caller, resource, {0: before}, {0: after}):
        raise OutsideOrganization


async def ensure_claimed_objects_inside(
    transaction: Transaction, caller: Caller, resource: Resource, before: Values, after: Values
) -> None:
    """Raise OutsideOrganization if the caller would take over another organization's object by referring to it.

    Must be called before the write, because afterwards the object belongs to the client's organization.
    """
    if await find_claimed_objects_outside(transaction, caller, resource, {0: before}, {0: after}):
        raise OutsideOrganization


async def find_objects_outside(transaction: Transaction, caller: Caller, resource: Resource, keys: Objects) -> set[int]:
    """Return which objects, by number, the caller's organization may not write; none if it is bound to none."""
    if caller.organization is None or not keys:
        return set()
    if resource.owner_query is None or not await incarnations.is_binding_current(transaction, caller):
        return set(keys)
    sql = _outside_sql(resource, resource.key_columns, resource.owner_query, resource.name)
    objects = {n: (resource.format_key(values), values) for n, values in keys.items()}
    return await _find_outside(transaction, caller, sql, objects)


async def find_new_owners_outside(
    transaction: Transaction, caller: Caller, resource: Resource, before: Objects, after: Objects
) -> set[int]:
    """Return which objects, by number, would get, by their change, an owner outside the caller's organization."""
    column = resource.owner_column
    if caller.organization is None or column is None:
        return set()
    moved = {n: ("", {column: value}) for n, value in _changed_values(column, before, after).items()}
    if not moved:
        return set()
    return await _find_outside(transaction, caller, _outside_sql(resource, [column], f'SELECT given."{column}"'), moved)


async def find_claimed_objects_outside(
    transaction: Transaction, caller: Caller, resource: Resource, before: Objects, after: Objects
) -> set[int]:
    """Return which objects, by number, would take over one outside the caller's organization by a changed reference.

    References to objects that do not exist are left to the foreign keys.
    """
    outside: set[int] = set()
    for claim in resource.ownership_claims if caller.organization is not None else ():
        changed = _changed_values(claim.column, before, after)
        objects = {n: (str(value), {claim.column: value}) for n, value in changed.items()}
        if objects:
            outside |= await _find_outside(transaction, caller, _claim_sql(resource, claim), objects)
    return outside


async def is_within_organization(reader: Queryable, code: str, bound_to: str) -> bool:
    """Query whether the organization `code` is `bound_to` itself or below it."""
    return bool((await reader.fetch_one(_IS_WITHIN, {"code": code, "bound_to": bound_to}))[0])


def _changed_values(column: str, before: Objects, after: Objects) -> dict[int, Any]:
    """Return the new values of a column by object number, where `after` sets it to another value than `before`.

    Values are compared as text, because the earlier ones come from JSON.
    """
    values = {n: columns[column] for n, columns in after.items() if column in columns}
    return {n: value for n, value in values.items() if _as_text(value) != _as_text(before.get(n, {}).get(column))}


def _as_text(value: Any) -> str | None:
    """Return a value as text; None stays None."""
    return None if value is None else str(value)


def _claim_sql(resource: Resource, claim: OwnershipClaim) -> str:
    """Build the SQL that selects which objects would take over one outside the organization by referring to it."""
    (reference,) = resource.table.columns[claim.column].foreign_keys
    target = reference.column
    exists = f'EXISTS (SELECT FROM "{target.table.name}" WHERE "{target.name}" = given."{claim.column}")'
    return _outside_sql(resource, [claim.column], claim.owner_query, claim.resource, exists)


def _outside_sql(
    resource: Resource, columns: Sequence[str], owner_query: Statement | str, name: str = "", exists: str = "true"
) -> str:
    """Build the SQL that selects which of the given objects the client $3 of organization $2 may not write."""
    if isinstance(owner_query, Statement):
        arguments = owner_query.bind_values({column: f'given."{column}"' for column in columns})
        owners = re.sub(r"\$(\d+)", lambda match: str(arguments[int(match[1]) - 1]), owner_query.sql)
    else:
        owners = owner_query
    types = {column: resource.table.columns[column].type.compile(dialect=DIALECT) for column in columns}
    column_types = ", ".join(f'"{column}" {type_}' for column, type_ in types.items())
    return _SELECT_OUTSIDE.format(column_types=column_types, owners=owners, exists=exists, name=name)


async def _find_outside(
    transaction: Transaction, caller: Caller, sql: str, objects: Mapping[int, tuple[str, Values]]
) -> set[int]:
    """Run the SQL with these objects as JSON; return which, by number, are outside the caller's organization."""
    given = [{**columns, "_n": n, "_key": key} for n, (key, columns) in objects.items()]
    rows = await transaction.fetch(sql, orjson.dumps(given).decode(), caller.organization, caller.client_id)
    return {n for (n,) in rows}
