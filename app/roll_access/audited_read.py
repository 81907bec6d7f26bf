"""Reading what is personal: nothing of it is answered before it is told in the audit trail who has read it."""

from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response

from app.auth import Caller, Scope
from app.core.collection import Collection
from app.core.db.database import Reader
from app.core.db.transaction import Transaction, open_transaction
from app.core.http import conditional
from app.core.http.paging import Page
from app.core.http.parameters import ListQuery, PartQuery
from app.core.problems import NotFound
from app.roll_access import access
from app.state import state_of
from app.writes import audit_trail
from app.writes.request import require_caller

VARY = "Accept, Authorization"


async def must_read(request: Request, read: Reader, then: Reader, meeting: str) -> Caller:
    """The caller of a route that asks for `attendance:read`; NotFound where it may not know of this meeting's roll."""
    caller = require_caller(request)
    rules = await access.rules_of(read, then, meeting)
    if rules is None or not await access.may_read(rules, caller, meeting):
        raise NotFound
    return caller


async def page(
    request: Request, read: Reader, collection: Collection, query: ListQuery, meeting: str, at: str, **within: Any
) -> Page:
    """A page of what is personal, with its line in the trail. `at`: the list that is read, as the trail names it."""
    whole = query.model_copy(update={"fields": None})  # who is shown is told by ids, also where no id is asked for
    async with open_transaction(state_of(request.app).database) as transaction:
        source = read if query.then else transaction
        found = await collection.page(source, whole, within={"meeting": meeting, **within})
        content = orjson.loads(found.body)
        if query.fields:
            items = [{name: one[name] for name in one if name in query.names()} for one in content["items"]]
            found = replace(found, body=orjson.dumps({**content, "items": items}))
        people = [f"participants/{one}" for one in dict.fromkeys(map(participant_of, content["items"])) if one]
        await line(transaction, request, f"meetings/{meeting}/{at}", *people)
    return found


async def item(
    request: Request, read: Reader, collection: Collection, key: Any, query: PartQuery, meeting: str, **within: Any
) -> Response:
    """One document of what is personal, with its line in the trail; NotFound where there is none."""
    async with open_transaction(state_of(request.app).database) as transaction:
        source = read if query.then else transaction
        found = await collection.one(source, key, query, within={"meeting": meeting, **within})
        if found is None:
            raise NotFound
        await line(transaction, request, f"participants/{key}")
    return conditional.reply(found.body, cache="no-store", revision=found.revision, headers={"Vary": VARY})


def participant_of(document: dict[str, Any]) -> str | None:
    """The id of whom a document tells."""
    found: Any = document["participant"] if "participant" in document else document["id"]
    return str(found["id"] if isinstance(found, dict) else found) if found else None


async def line(transaction: Transaction, request: Request, *keys: str) -> None:
    await audit_trail.insert_audit_line(
        transaction, require_caller(request), request, keys, scope=Scope.ATTENDANCE_READ
    )
