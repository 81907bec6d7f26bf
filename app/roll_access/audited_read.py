"""Reads of personal data, each recorded in the audit trail.

The audit line is committed before the response is sent, so that nobody receives personal data without a record of it.
"""

from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response

from app.auth import Caller, Scope
from app.core.collection import Collection
from app.core.db.database import Reader
from app.core.db.transaction import Transaction, open_transaction
from app.core.http import conditional
from app.core.http.dependencies import get_database
from app.core.http.paging import Page
from app.core.http.parameters import FieldsQuery, ListQuery
from app.core.problems import NotFound
from app.roll_access import access
from app.writes import audit_trail
from app.writes.request import require_caller

VARY = "Accept, Authorization"


async def require_read_access(request: Request, reader: Reader, known_at_reader: Reader, meeting: str) -> Caller:
    """Return the request's caller if it may read the personal data of a meeting's roll; else raise NotFound.

    Raises:
        NotFound: The meeting does not exist, or the caller may not know of its roll.
    """
    caller = require_caller(request)
    rules = await access.find_access_rules(reader, known_at_reader, meeting)
    if rules is None or not await access.can_read(rules, caller, meeting):
        raise NotFound
    return caller


async def read_page(
    request: Request,
    reader: Reader,
    collection: Collection,
    query: ListQuery,
    meeting: str,
    list_name: str,
    **path_parameters: Any,
) -> Page:
    """Read a page of personal data, and commit an audit line with the participants on it.

    `list_name` is the name of the list in the audit trail, after `meetings/{code}/`; `path_parameters` holds
    further parameters of the path.
    """
    # The audit line needs the ids of all participants shown, also if `fields` leaves out the id.
    unfiltered = query.model_copy(update={"fields": None})
    async with open_transaction(get_database(request)) as transaction:
        source = reader if query.known_at_instant else transaction
        page = await collection.fetch_page(source, unfiltered, path_parameters={"meeting": meeting, **path_parameters})
        document = orjson.loads(page.body)
        if query.fields:
            items = [{name: item[name] for name in item if name in query.field_names()} for item in document["items"]]
            page = replace(page, body=orjson.dumps({**document, "items": items}))
        ids = dict.fromkeys(map(get_participant_id, document["items"]))
        participants = [f"participants/{participant_id}" for participant_id in ids if participant_id]
        await record_read(transaction, request, f"meetings/{meeting}/{list_name}", *participants)
    return page


async def read_item(
    request: Request,
    reader: Reader,
    collection: Collection,
    key: Any,
    query: FieldsQuery,
    meeting: str,
    **path_parameters: Any,
) -> Response:
    """Read one document of personal data, commit an audit line of the read, and return the response with the document.

    Raises:
        NotFound: There is no such document.
    """
    async with open_transaction(get_database(request)) as transaction:
        source = reader if query.known_at_instant else transaction
        document = await collection.fetch_item(
            source, key, query, path_parameters={"meeting": meeting, **path_parameters}
        )
        if document is None:
            raise NotFound
        await record_read(transaction, request, f"participants/{key}")
    return conditional.json_response(
        document.body, cache_control="no-store", revision=document.revision, headers={"Vary": VARY}
    )


def get_participant_id(document: dict[str, Any]) -> str | None:
    """Return the id of the participant that a document is about; None for a scan of an unknown badge."""
    reference: Any = document["participant"] if "participant" in document else document["id"]
    return str(reference["id"] if isinstance(reference, dict) else reference) if reference else None


async def record_read(transaction: Transaction, request: Request, *keys: str) -> None:
    """Insert an audit line in this transaction: the request's caller has read the objects with these keys."""
    await audit_trail.insert_audit_line(
        transaction, require_caller(request), request, keys, scope=Scope.ATTENDANCE_READ
    )
