"""Many on a list at once: those who are given, and those who are in office."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from uuid_utils.compat import uuid7

from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Rollback, Transaction, open_transaction
from app.core.languages import Text
from app.core.problems import ErrorDetail, InvalidContent, NoPlacesLeft, NotFound, Problem
from app.participants import payloads, repository
from app.writes import audit_trail, changes, ownership
from app.writes.idempotency import StoredResponse
from app.writes.request import WriteRequest, WriteResult

RESOURCE = repository.PARTICIPANT
UNKNOWN_CODE = Text("Kode tidak dikenal.", "No such code.")


async def register_batch(
    write_request: WriteRequest, meeting: str, batch: payloads.ParticipantBatchPayload
) -> Response:
    """Put all of them on the list, or none. Answers 201 with who they are.

    The problem of one that cannot be is told with its place in the batch.
    """

    async def work(transaction: Transaction) -> WriteResult:
        ids = [uuid7() for _ in batch.participants]
        rows, seats = _build_rows(meeting, ids, batch.participants)
        await _require_writable(transaction, write_request, meeting)
        await repository.insert_participants(transaction, rows, seats)
        told = await repository.get_registered(transaction, meeting, ids)
        return _build_result(meeting, ids, {"registered": [told[one] for one in ids]})

    try:
        return await write_request.run_in_transaction(work, batch)
    except Problem as problem:
        if problem.status not in (409, 422) or problem.code in ("roll_closed", "request_in_flight", "key_reused"):
            raise
        raise await _locate_problem(write_request, meeting, batch, problem) from None


async def register_in_office(write_request: WriteRequest, meeting: str, payload: payloads.InOfficePayload) -> Response:
    """Put everyone on the list who holds one of these offices on the meeting's first day, and is not on it yet."""

    async def work(transaction: Transaction) -> WriteResult:
        await _require_writable(transaction, write_request, meeting)
        if unknown := await repository.find_unknown_organizations(transaction, payload.organizations):
            places = [n for n, code in enumerate(payload.organizations) if code in unknown]
            raise InvalidContent(
                *[ErrorDetail("unknown_code", UNKNOWN_CODE, pointer=f"/organizations/{n}") for n in places]
            )
        found = await repository.list_in_office(transaction, meeting, payload.organizations, payload.offices)
        new = [(uuid7(), *one) for one in found if not one[4]]
        said = {"source": payload.source, "verified": payload.verified, "primary": payload.primary}
        rows = [
            {
                "id": id_,
                "meeting": meeting,
                "official": official,
                "organization": organization,
                "office": office,
                "capacity": payload.capacity,
                "status": "expected",
                "late": False,
                **said,
            }
            for id_, official, organization, office, _, _ in new
        ]
        if rows:
            await repository.insert_participants(transaction, rows, ())
        told = await repository.get_registered(transaction, meeting, [one[0] for one in new])
        registered = [{**told[one[0]], "certain": one[4]} for one in new]
        answer = {"registered": registered, "already_listed": len(found) - len(new)}
        return _build_result(meeting, [one[0] for one in new], answer)

    try:
        return await write_request.run_in_transaction(work, payload)
    except NoPlacesLeft as problem:  # told of a row, and the body names no single one
        problem.errors = tuple(replace(one, pointer="/organizations") for one in problem.errors)
        raise


async def _require_writable(transaction: Transaction, write_request: WriteRequest, meeting: str) -> None:
    await RESOURCE.ensure_writable(transaction, write_request.caller, {"meeting": meeting})
    if RESOURCE.owner_query and not await transaction.fetch_all(RESOURCE.owner_query, {"meeting": meeting}):
        raise NotFound
    await ownership.ensure_object_inside(transaction, write_request.caller, RESOURCE, {"meeting": meeting, "id": None})


def _build_rows(
    meeting: str, ids: Sequence[UUID], participants: Sequence[payloads.ParticipantPayload]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of the list and those of the sessions."""
    rows, seats = [], []
    for id_, one in zip(ids, participants, strict=True):
        columns = RESOURCE.to_columns({name: value for name, value in one if name not in changes.REASON_MEMBERS})
        own: Mapping[str, Any] = {name: columns[name] for name in columns if name in RESOURCE.writable_columns}
        rows.append({**own, "id": id_, "meeting": meeting, "status": "expected", "late": False})
        seats += [{**seat, "meeting": meeting, "participant": id_} for seat in columns["sessions"]]
    return rows, seats


def _build_result(meeting: str, ids: Sequence[UUID], answer: Any) -> WriteResult:
    headers = {"Location": f"/v1/meetings/{meeting}/participants"}
    return WriteResult(StoredResponse(201, headers, orjson.dumps(answer)), [f"participants/{one}" for one in ids])


async def _locate_problem(
    write_request: WriteRequest, meeting: str, batch: payloads.ParticipantBatchPayload, problem: Problem
) -> Problem:
    """The same problem, at the first of the batch by which there is one: found by trying one by one, keeping none."""
    tried = -1
    try:
        async with open_transaction(write_request.database) as transaction:
            await audit_trail.attribute_revisions(transaction, write_request.caller, "", None)
            for tried, one in enumerate(batch.participants):  # noqa: B007  (told below)
                await changes.insert_object(
                    transaction, write_request, RESOURCE, one, {"meeting": meeting, "id": uuid7()}
                )
            raise Rollback
    except ConstraintViolation as broken:
        problem = await write_request.to_problem(broken)
    except Problem as other:
        problem = other
    else:
        return problem
    return problem.prefix_pointers(f"/participants/{tried}")
