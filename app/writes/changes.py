"""Creation, change and deletion of one object."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from app.core.db.transaction import Transaction
from app.core.http import conditional
from app.core.http.bodies import apply_merge_patch
from app.core.http.paging import Item
from app.core.http.parameters import ItemQuery
from app.core.http.validation import validate_document
from app.core.problems import NotFound
from app.writes import ownership, rows
from app.writes.conflicts import AttemptedWrite
from app.writes.idempotency import StoredResponse
from app.writes.payloads import ChangeReason
from app.writes.request import WriteRequest, WriteResult
from app.writes.resource import Resource, Values

REASON_MEMBERS = frozenset({"reason"})
FULL_DOCUMENT = ItemQuery()


async def create_object(
    write_request: WriteRequest, resource: Resource, payload: ChangeReason, keys: Values
) -> Response:
    """Create an object with these keys in one transaction; return 201, or 200 for a dry run.

    Raises:
        Problem: The object cannot be created, see `insert_object` and `WriteRequest.run_in_transaction`.
    """
    return await write_request.run_in_transaction(
        lambda transaction: insert_and_read(transaction, write_request, resource, payload, keys),
        payload,
        authorize_repetition=lambda transaction, created: ensure_response_visible(
            transaction, write_request, resource, resource.parse_created_keys(keys, created)
        ),
    )


async def insert_and_read(
    transaction: Transaction, write_request: WriteRequest, resource: Resource, payload: ChangeReason, keys: Values
) -> WriteResult:
    """Insert an object as `insert_object` does, and build the response 201 with its document."""
    await insert_object(transaction, write_request, resource, payload, keys)
    item = await get_document(transaction, write_request, resource, keys)
    headers = {"Location": resource.format_address(keys), "ETag": conditional.entity_tag(item.body, item.revision)}
    return WriteResult(StoredResponse(201, headers, item.body), [f"{resource.name}/{resource.format_key(keys)}"])


async def ensure_response_visible(
    transaction: Transaction, write_request: WriteRequest, resource: Resource, keys: Values
) -> None:
    """Raise NotFound or OutsideOrganization unless the caller may still see the response to a creation."""
    await resource.ensure_visible(transaction, write_request.caller, keys)
    await ownership.ensure_object_inside(transaction, write_request.caller, resource, keys)


async def insert_object(
    transaction: Transaction, write_request: WriteRequest, resource: Resource, payload: ChangeReason, keys: Values
) -> None:
    """Insert an object's row and list items if the caller may write them; store the attempt in the write request.

    Raises:
        NotFound: The object that the path names, such as the meeting of a session, does not exist.
        OutsideOrganization: The caller may not write the object.
    """
    await resource.ensure_writable(transaction, write_request.caller, keys)
    has_parent_in_path = len(resource.key_columns) > 1
    if has_parent_in_path and resource.owner_query and not await transaction.fetch_all(resource.owner_query, keys):
        raise NotFound
    own, parts = _split_columns(resource, {**resource.to_columns(_get_stored_members(payload)), **keys})
    addresses = write_request.attempted_write.own_addresses
    write_request.attempted_write = _build_attempted_write(resource, own, parts, addresses)
    await ownership.ensure_claimed_objects_inside(transaction, write_request.caller, resource, {}, own)
    await rows.insert_row(transaction, resource.table, own)
    await _replace_all_parts(transaction, resource, keys, parts)
    await ownership.ensure_object_inside(transaction, write_request.caller, resource, keys, is_new=True)


async def update_object(write_request: WriteRequest, resource: Resource, patch: ChangeReason, keys: Values) -> Response:
    """Apply a merge patch (RFC 7396) with an audit line, or roll back a dry run; return 200 with ETag and document.

    Raises:
        NotFound: The object does not exist.
        PreconditionFailed: If-Match names another revision.
        InvalidContent: The patched object would be invalid.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await apply_patch(transaction, write_request, resource, patch, keys)
        item = await get_document(transaction, write_request, resource, keys)
        headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
        return WriteResult(StoredResponse(200, headers, item.body), [f"{resource.name}/{resource.format_key(keys)}"])

    return await write_request.run_in_transaction(work, patch)


async def apply_patch(
    transaction: Transaction, write_request: WriteRequest, resource: Resource, patch: ChangeReason, keys: Values
) -> None:
    """Lock an object, check the right and If-Match, store the attempt, and update what the patch names."""
    locked = await lock_object(transaction, write_request, resource, keys)
    given = patch.model_dump(mode="json", exclude_unset=True, by_alias=True)
    members = resource.to_members(locked.members)
    current = {name: value for name, value in members.items() if name in resource.payload_model.model_fields}
    patched = validate_document(resource.payload_model, apply_merge_patch(current, given))
    named = {name: getattr(patched, name) for name in given if name not in REASON_MEMBERS}
    own, parts = _split_columns(resource, resource.to_columns(named))
    all_columns, _ = _split_columns(resource, resource.to_columns(_get_stored_members(patched)))
    write_request.attempted_write = _build_attempted_write(
        resource, {**all_columns, **keys}, parts, [resource.format_address(keys)]
    )
    changed_parts = [
        part
        for part in resource.parts
        if part.member in parts
        and part.normalize(parts[part.member]) != part.normalize(_get_current_items(locked.members, part.member))
    ]
    caller = write_request.caller
    await ownership.ensure_claimed_objects_inside(transaction, caller, resource, locked.members, own)
    # The former parts are deleted before the row changes, because they may conflict with the changed row: for example
    # the speakers of a session that joins a parallel group.
    for part in changed_parts:
        if part.ordered:
            await rows.replace_parts(transaction, part, keys, ())
    await rows.update_row(transaction, resource.table, keys, own)
    for part in changed_parts:
        await rows.replace_parts(transaction, part, keys, parts[part.member])
    await ownership.ensure_object_inside(transaction, caller, resource, keys)
    await ownership.ensure_new_owner_inside(transaction, caller, resource, locked.members, own)


async def delete_object(
    write_request: WriteRequest,
    resource: Resource,
    keys: Values,
    reason: ChangeReason | None = None,
    ensure_deletable: Callable[[Transaction], Awaitable[None]] | None = None,
) -> Response:
    """Delete an object with an audit line, or roll back a dry run; return 204. Its revisions remain.

    `ensure_deletable` is called with the object's row locked; it raises a problem if the object may not be deleted.

    Raises:
        NotFound: The object does not exist.
        PreconditionFailed: If-Match names another revision.
        InUse: Another object refers to it.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await lock_object(transaction, write_request, resource, keys)
        if ensure_deletable is not None:
            await ensure_deletable(transaction)
        write_request.attempted_write = AttemptedWrite(keys, is_delete=True)
        await _replace_all_parts(transaction, resource, keys, {parts.member: [] for parts in resource.parts})
        await rows.delete_row(transaction, resource.table, keys)
        return WriteResult(StoredResponse(204, {}, b""), [f"{resource.name}/{resource.format_key(keys)}"])

    return await write_request.run_in_transaction(work, reason)


async def get_document(transaction: Transaction, write_request: WriteRequest, resource: Resource, keys: Values) -> Item:
    """Return an object's document and revision; note on the write request if the document exposes personal data.

    Raises:
        RuntimeError: The collection does not show an object that was just written.
    """
    write_request.exposes_personal_data = write_request.exposes_personal_data or resource.is_personal
    *path_columns, own = resource.key_columns
    path_parameters = {name: keys[name] for name in path_columns}
    today = write_request.today if resource.date_dependent else None
    item = await resource.collection.fetch_item(
        transaction, keys[own], FULL_DOCUMENT, path_parameters=path_parameters, today=today
    )
    if item is None:
        raise RuntimeError(f"{resource.name}: the object that was written cannot be read")
    return item


async def lock_object(
    transaction: Transaction, write_request: WriteRequest, resource: Resource, keys: Values
) -> rows.LockedRow:
    """Lock an object's row until the transaction ends, check the caller's right and If-Match, and return the row.

    Raises:
        NotFound: The object does not exist.
        OutsideOrganization: The caller may not write the object.
        PreconditionFailed: If-Match names another revision.
    """
    await resource.ensure_writable(transaction, write_request.caller, keys)
    locked = await rows.lock_row(transaction, resource, keys)
    if locked is None:
        raise NotFound
    await ownership.ensure_object_inside(transaction, write_request.caller, resource, keys)
    if_match = write_request.if_match
    if if_match is not None and not conditional.if_match_names_revision(if_match, locked.revision):
        item = await get_document(transaction, write_request, resource, keys)
        raise conditional.build_precondition_failed(if_match, conditional.entity_tag(item.body, item.revision))
    return locked


def _build_attempted_write(
    resource: Resource, columns: Values, parts: Mapping[str, Any], own_addresses: Sequence[str]
) -> AttemptedWrite:
    """Build the AttemptedWrite of a row, from which the violation of a constraint is explained."""
    return AttemptedWrite(
        columns,
        conflict_queries=resource.conflict_queries,
        part_members=resource.part_members,
        part_items=parts,
        own_addresses=own_addresses,
    )


def _get_stored_members(payload: BaseModel) -> dict[str, Any]:
    """Return the members of a body by name, without `reason`; `legal_basis` stays, as some tables store it."""
    return {name: value for name, value in payload if name not in REASON_MEMBERS}


def _split_columns(
    resource: Resource, columns: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Return the columns of the object's own row, and by list member its items; drop those that cannot be written."""
    own = {name: value for name, value in columns.items() if name in resource.writable_columns}
    parts = {
        part.member: [dict(item) for item in columns[part.member]] for part in resource.parts if part.member in columns
    }
    return own, parts


async def _replace_all_parts(
    transaction: Transaction, resource: Resource, keys: Values, items: Mapping[str, Any]
) -> None:
    """Replace the stored items of every list member that `items` names; leave the other list members as they are."""
    for part in resource.parts:
        if part.member in items:
            await rows.replace_parts(transaction, part, keys, items[part.member])


def _get_current_items(members: Mapping[str, Any], member: str) -> Any:
    """Return a list member's stored items, looked up in the member `source` first; None if there is no such member."""
    source = members.get("source")
    return source.get(member) if isinstance(source, Mapping) and member in source else members.get(member)
