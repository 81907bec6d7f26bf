"""Creating, changing and deleting one object."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response
from pydantic import BaseModel

from app.core.db.transaction import Writer
from app.core.http import conditional
from app.core.http.bodies import merged
from app.core.http.paging import Item
from app.core.http.parameters import ItemQuery
from app.core.http.validation import validate
from app.core.problems import NotFound, PreconditionFailed
from app.writes import ownership, rows
from app.writes.conflicts import Attempt
from app.writes.idempotency import Kept
from app.writes.payloads import Noted
from app.writes.request import Done, Write
from app.writes.resource import Resource, Values

NOTES = frozenset({"reason"})
WHOLE = ItemQuery()


async def create(write: Write, resource: Resource, content: Noted, keys: Values) -> Response:
    """Create an object; `keys` are the columns of its address. Answers 201 with Location, ETag and the document."""

    async def work(transaction: Writer) -> Done:
        await put_new(transaction, write, resource, content, keys)
        item = await shown(transaction, write, resource, keys)
        headers = {"Location": resource.address_of(keys), "ETag": conditional.entity_tag(item.body, item.revision)}
        return Done(Kept(201, headers, item.body), [f"{resource.name}/{resource.key_of(keys)}"])

    return await write.run(work, content)


async def put_new(transaction: Writer, write: Write, resource: Resource, content: Noted, keys: Values) -> None:
    """Put an object with its parts into the record; NotFound where there is not that of which it is to be a part."""
    await resource.barred(transaction, write.caller, keys)
    if len(resource.keys) > 1 and resource.owned_by and not await transaction.rows(resource.owned_by, keys):
        raise NotFound
    own, parts = _divided(resource, {**resource.columns(_members(content)), **keys})
    write.attempt = _attempt(resource, own, parts, write.attempt.but)
    await ownership.check_taken(transaction, write.caller, resource, {}, own)
    await rows.insert(transaction, resource.table, own)
    await _put_parts(transaction, resource, keys, parts)
    await ownership.check(transaction, write.caller, resource, keys, is_new=True)


async def change(write: Write, resource: Resource, patch: Noted, keys: Values) -> Response:
    """Apply a merge patch (RFC 7396). Answers 200 with ETag and the document, as it was where nothing changes.

    Raises NotFound, PreconditionFailed, and InvalidContent for what the object would become.
    """

    async def work(transaction: Writer) -> Done:
        await put_patch(transaction, write, resource, patch, keys)
        item = await shown(transaction, write, resource, keys)
        headers = {"ETag": conditional.entity_tag(item.body, item.revision)}
        return Done(Kept(200, headers, item.body), [f"{resource.name}/{resource.key_of(keys)}"])

    return await write.run(work, patch)


async def put_patch(transaction: Writer, write: Write, resource: Resource, patch: Noted, keys: Values) -> None:
    """Change an object, and of its parts what the patch names."""
    there = await held(transaction, write, resource, keys)
    given = patch.model_dump(mode="json", exclude_unset=True, by_alias=True)
    members = resource.members(there.content)
    fitting = {name: value for name, value in members.items() if name in resource.content.model_fields}
    becomes = validate(resource.content, merged(fitting, given))
    named = {name: getattr(becomes, name) for name in given if name not in NOTES}
    own, parts = _divided(resource, resource.columns(named))
    whole, _ = _divided(resource, resource.columns(_members(becomes)))
    write.attempt = _attempt(resource, {**whole, **keys}, parts, [resource.address_of(keys)])
    changed = [
        one
        for one in resource.parts
        if one.member in parts and one.as_told(parts[one.member]) != one.as_told(_held_part(there.content, one.member))
    ]
    await ownership.check_taken(transaction, write.caller, resource, there.content, own)
    # The former parts go first: they may stand in the way of what the row becomes, as its speakers of another group.
    for one in changed:
        if one.numbered:
            await rows.replace_parts(transaction, one, keys, ())
    await rows.update(transaction, resource.table, keys, own)
    for one in changed:
        await rows.replace_parts(transaction, one, keys, parts[one.member])
    await ownership.check(transaction, write.caller, resource, keys)
    await ownership.check_move(transaction, write.caller, resource, there.content, own)


async def delete(write: Write, resource: Resource, keys: Values, note: Noted | None = None) -> Response:
    """Delete an object with its parts. Answers 204; its revisions stay, the last of them without content."""

    async def work(transaction: Writer) -> Done:
        await held(transaction, write, resource, keys)
        write.attempt = Attempt(keys, deletes=True)
        await _put_parts(transaction, resource, keys, {parts.member: [] for parts in resource.parts})
        await rows.delete(transaction, resource.table, keys)
        return Done(Kept(204, {}, b""), [f"{resource.name}/{resource.key_of(keys)}"])

    return await write.run(work, note)


async def shown(transaction: Writer, write: Write, resource: Resource, keys: Values) -> Item:
    """The object's document, as the transaction has made it."""
    write.shows_people = write.shows_people or resource.personal
    *within, own = resource.keys
    query = {name: keys[name] for name in within}
    item = await resource.collection.one(
        transaction, keys[own], WHOLE, within=query, today=write.today if resource.of_a_day else None
    )
    if item is None:
        raise RuntimeError(f"{resource.name}: what was written is not to be seen")
    return item


async def held(transaction: Writer, write: Write, resource: Resource, keys: Values) -> rows.Held:
    """Lock the object, and see that the caller may write it and knows its present revision."""
    await resource.barred(transaction, write.caller, keys)
    found = await rows.hold(transaction, resource, keys)
    if found is None:
        raise NotFound
    await ownership.check(transaction, write.caller, resource, keys)
    if write.match is not None and not conditional.matches(write.match, found.revision):
        item = await shown(transaction, write, resource, keys)
        raise PreconditionFailed(headers={"ETag": conditional.entity_tag(item.body, item.revision)})
    return found


def _attempt(resource: Resource, columns: Values, parts: Mapping[str, Any], but: Sequence[str]) -> Attempt:
    return Attempt(columns, rivals=resource.rivals, parts=resource.members_of_parts, items=parts, but=but)


def _members(content: BaseModel) -> dict[str, Any]:
    return {name: value for name, value in content if name not in NOTES}


def _divided(resource: Resource, columns: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """What stands in the row itself, and what in the tables of its parts."""
    own = {name: value for name, value in columns.items() if name in resource.names}
    parts = {
        one.member: [dict(item) for item in columns[one.member]] for one in resource.parts if one.member in columns
    }
    return own, parts


async def _put_parts(write: Writer, resource: Resource, keys: Values, items: Mapping[str, Any]) -> None:
    for parts in resource.parts:
        if parts.member in items:
            await rows.replace_parts(write, parts, keys, items[parts.member])


def _held_part(content: Mapping[str, Any], member: str) -> Any:
    within = content.get("source")
    return within.get(member) if isinstance(within, Mapping) and member in within else content.get(member)
