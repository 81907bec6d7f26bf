"""Creating, changing and deleting one object."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.bodies import apply_merge_patch
from app.core.http.paging import Item
from app.core.http.parameters import ItemQuery
from app.core.http.validation import validate_document
from app.core.problems import NotFound, PreconditionFailed
from app.writes import ownership, rows
from app.writes.conflicts import AttemptedWrite
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason
from app.writes.request import WriteRequest, WriteResult
from app.writes.resource import Resource, Values

REASON_MEMBERS = frozenset({"reason"})
FULL_DOCUMENT = ItemQuery()


async def create_object(write: WriteRequest, resource: Resource, content: ChangeReason, keys: Values) -> Response:
    """Create an object; `keys` are the columns of its address. Answers 201 with Location, ETag and the document."""

    async def work(transaction: Transaction) -> WriteResult:
        await insert_object(transaction, write, resource, content, keys)
        item = await get_document(transaction, write, resource, keys)
        headers = {"Location": resource.format_address(keys), "ETag": conditional.entity_tag(item.body, item.revision)}
        return WriteResult(StoredResponse(201, headers, item.body), [f"{resource.name}/{resource.format_key(keys)}"])

    return await write.run_in_transaction(work, content)


async def insert_object(
    transaction: Transaction, write: WriteRequest, resource: Resource, content: ChangeReason, keys: Values
) -> None:
    """Put an object with its parts into the record; NotFound where there is not that of which it is to be a part."""
    await resource.ensure_writable(transaction, write.caller, keys)
    if (
        len(resource.key_columns) > 1
        and resource.owner_query
        and not await transaction.fetch_all(resource.owner_query, keys)
    ):
        raise NotFound
    own, parts = _divided(resource, {**resource.to_columns(_members(content)), **keys})
    write.attempted_write = _attempt(resource, own, parts, write.attempted_write.own_addresses)
    await ownership.ensure_claimed_objects_inside(transaction, write.caller, resource, {}, own)
    await rows.insert_row(transaction, resource.table, own)
    await _put_parts(transaction, resource, keys, parts)
    await ownership.ensure_object_inside(transaction, write.caller, resource, keys, is_new=True)


async def update_object(write: WriteRequest, resource: Resource, patch: ChangeReason, keys: Values) -> Response:
    """Apply a merge patch (RFC 7396). Answers 200 with ETag and the document, as it was where nothing changes.

    Raises NotFound, PreconditionFailed, and InvalidContent for what the object would become.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await apply_patch(transaction, write, resource, patch, keys)
        item = await get_document(transaction, write, resource, keys)
        headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
        return WriteResult(StoredResponse(200, headers, item.body), [f"{resource.name}/{resource.format_key(keys)}"])

    return await write.run_in_transaction(work, patch)


async def apply_patch(
    transaction: Transaction, write: WriteRequest, resource: Resource, patch: ChangeReason, keys: Values
) -> None:
    """Change an object, and of its parts what the patch names."""
    there = await lock_object(transaction, write, resource, keys)
    given = patch.model_dump(mode="json", exclude_unset=True, by_alias=True)
    members = resource.to_members(there.members)
    fitting = {name: value for name, value in members.items() if name in resource.payload_model.model_fields}
    becomes = validate_document(resource.payload_model, apply_merge_patch(fitting, given))
    named = {name: getattr(becomes, name) for name in given if name not in REASON_MEMBERS}
    own, parts = _divided(resource, resource.to_columns(named))
    whole, _ = _divided(resource, resource.to_columns(_members(becomes)))
    write.attempted_write = _attempt(resource, {**whole, **keys}, parts, [resource.format_address(keys)])
    changed = [
        one
        for one in resource.parts
        if one.member in parts
        and one.normalize(parts[one.member]) != one.normalize(_held_part(there.members, one.member))
    ]
    await ownership.ensure_claimed_objects_inside(transaction, write.caller, resource, there.members, own)
    # The former parts go first: they may stand in the way of what the row becomes, as its speakers of another group.
    for one in changed:
        if one.ordered:
            await rows.replace_parts(transaction, one, keys, ())
    await rows.update_row(transaction, resource.table, keys, own)
    for one in changed:
        await rows.replace_parts(transaction, one, keys, parts[one.member])
    await ownership.ensure_object_inside(transaction, write.caller, resource, keys)
    await ownership.ensure_new_owner_inside(transaction, write.caller, resource, there.members, own)


async def delete_object(
    write: WriteRequest, resource: Resource, keys: Values, note: ChangeReason | None = None
) -> Response:
    """Delete an object with its parts. Answers 204; its revisions stay, the last of them without content."""

    async def work(transaction: Transaction) -> WriteResult:
        await lock_object(transaction, write, resource, keys)
        write.attempted_write = AttemptedWrite(keys, is_delete=True)
        await _put_parts(transaction, resource, keys, {parts.member: [] for parts in resource.parts})
        await rows.delete_row(transaction, resource.table, keys)
        return WriteResult(StoredResponse(204, {}, b""), [f"{resource.name}/{resource.format_key(keys)}"])

    return await write.run_in_transaction(work, note)


async def get_document(transaction: Transaction, write: WriteRequest, resource: Resource, keys: Values) -> Item:
    """The object's document, as the transaction has made it."""
    write.exposes_personal_data = write.exposes_personal_data or resource.is_personal
    *within, own = resource.key_columns
    query = {name: keys[name] for name in within}
    item = await resource.collection.fetch_item(
        transaction,
        keys[own],
        FULL_DOCUMENT,
        path_parameters=query,
        today=write.today if resource.date_dependent else None,
    )
    if item is None:
        raise RuntimeError(f"{resource.name}: what was written is not to be seen")
    return item


async def lock_object(
    transaction: Transaction, write: WriteRequest, resource: Resource, keys: Values
) -> rows.LockedRow:
    """Lock the object, and see that the caller may write it and knows its present revision."""
    await resource.ensure_writable(transaction, write.caller, keys)
    found = await rows.lock_row(transaction, resource, keys)
    if found is None:
        raise NotFound
    await ownership.ensure_object_inside(transaction, write.caller, resource, keys)
    if write.if_match is not None and not conditional.if_match_names_revision(write.if_match, found.revision):
        item = await get_document(transaction, write, resource, keys)
        raise PreconditionFailed(headers={"ETag": conditional.entity_tag(item.body, item.revision)})
    return found


def _attempt(resource: Resource, columns: Values, parts: Mapping[str, Any], but: Sequence[str]) -> AttemptedWrite:
    return AttemptedWrite(
        columns,
        conflict_queries=resource.conflict_queries,
        part_members=resource.part_members,
        part_items=parts,
        own_addresses=but,
    )


def _members(content: BaseModel) -> dict[str, Any]:
    return {name: value for name, value in content if name not in REASON_MEMBERS}


def _divided(resource: Resource, columns: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """What stands in the row itself, and what in the tables of its parts."""
    own = {name: value for name, value in columns.items() if name in resource.writable_columns}
    parts = {
        one.member: [dict(item) for item in columns[one.member]] for one in resource.parts if one.member in columns
    }
    return own, parts


async def _put_parts(write: Transaction, resource: Resource, keys: Values, items: Mapping[str, Any]) -> None:
    for parts in resource.parts:
        if parts.member in items:
            await rows.replace_parts(write, parts, keys, items[parts.member])


def _held_part(content: Mapping[str, Any], member: str) -> Any:
    within = content.get("source")
    return within.get(member) if isinstance(within, Mapping) and member in within else content.get(member)
