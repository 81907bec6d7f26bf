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
from app.core.problems import Invalid, InvalidContent, NoPlacesLeft, NotFound, Problem
from app.participants import payloads, repository
from app.writes import audit_trail, changes, ownership
from app.writes.idempotency import StoredResponse
from app.writes.request import WriteRequest, WriteResult

RESOURCE = repository.PARTICIPANT
UNKNOWN = Text("Kode tidak dikenal.", "No such code.")


async def register(write: WriteRequest, meeting: str, batch: payloads.BatchContent) -> Response:
    """Put all of them on the list, or none. Answers 201 with who they are.

    The problem of one that cannot be is told with its place in the batch.
    """

    async def work(transaction: Transaction) -> WriteResult:
        ids = [uuid7() for _ in batch.participants]
        rows, seats = _rows(meeting, ids, batch.participants)
        await _check(transaction, write, meeting)
        await repository.register(transaction, rows, seats)
        told = await repository.listed(transaction, meeting, ids)
        return _done(meeting, ids, {"registered": [told[one] for one in ids]})

    try:
        return await write.run_in_transaction(work, batch)
    except Problem as problem:
        if problem.status not in (409, 422) or problem.code in ("roll_closed", "request_in_flight", "key_reused"):
            raise
        raise await _placed(write, meeting, batch, problem) from None


async def invite(write: WriteRequest, meeting: str, asked: payloads.InOfficeContent) -> Response:
    """Put everyone on the list who holds one of these offices on the meeting's first day, and is not on it yet."""

    async def work(transaction: Transaction) -> WriteResult:
        await _check(transaction, write, meeting)
        if unknown := await repository.unknown(transaction, asked.organizations):
            places = [n for n, code in enumerate(asked.organizations) if code in unknown]
            raise InvalidContent(*[Invalid("unknown_code", UNKNOWN, pointer=f"/organizations/{n}") for n in places])
        found = await repository.in_office(transaction, meeting, asked.organizations, asked.offices)
        new = [(uuid7(), *one) for one in found if not one[4]]
        said = {"source": asked.source, "verified": asked.verified, "primary": asked.primary}
        rows = [
            {
                "id": id_,
                "meeting": meeting,
                "official": official,
                "organization": organization,
                "office": office,
                "capacity": asked.capacity,
                "status": "expected",
                "late": False,
                **said,
            }
            for id_, official, organization, office, _, _ in new
        ]
        if rows:
            await repository.register(transaction, rows, ())
        told = await repository.listed(transaction, meeting, [one[0] for one in new])
        registered = [{**told[one[0]], "certain": one[4]} for one in new]
        answer = {"registered": registered, "already_listed": len(found) - len(new)}
        return _done(meeting, [one[0] for one in new], answer)

    try:
        return await write.run_in_transaction(work, asked)
    except NoPlacesLeft as problem:  # told of a row, and the body names no single one
        problem.errors = tuple(replace(one, pointer="/organizations") for one in problem.errors)
        raise


async def _check(transaction: Transaction, write: WriteRequest, meeting: str) -> None:
    await RESOURCE.ensure_writable(transaction, write.caller, {"meeting": meeting})
    if RESOURCE.owner_query and not await transaction.fetch_all(RESOURCE.owner_query, {"meeting": meeting}):
        raise NotFound
    await ownership.ensure_object_inside(transaction, write.caller, RESOURCE, {"meeting": meeting, "id": None})


def _rows(
    meeting: str, ids: Sequence[UUID], given: Sequence[payloads.ParticipantContent]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of the list and those of the sessions."""
    rows, seats = [], []
    for id_, one in zip(ids, given, strict=True):
        columns = RESOURCE.to_columns({name: value for name, value in one if name not in changes.REASON_MEMBERS})
        own: Mapping[str, Any] = {name: columns[name] for name in columns if name in RESOURCE.writable_columns}
        rows.append({**own, "id": id_, "meeting": meeting, "status": "expected", "late": False})
        seats += [{**seat, "meeting": meeting, "participant": id_} for seat in columns["sessions"]]
    return rows, seats


def _done(meeting: str, ids: Sequence[UUID], answer: Any) -> WriteResult:
    headers = {"Location": f"/v1/meetings/{meeting}/participants"}
    return WriteResult(StoredResponse(201, headers, orjson.dumps(answer)), [f"participants/{one}" for one in ids])


async def _placed(write: WriteRequest, meeting: str, batch: payloads.BatchContent, problem: Problem) -> Problem:
    """The same problem, at the first of the batch by which there is one: found by trying one by one, keeping none."""
    tried = -1
    try:
        async with open_transaction(write.database) as transaction:
            await audit_trail.attribute_revisions(transaction, write.caller, "", None)
            for tried, one in enumerate(batch.participants):  # noqa: B007  (told below)
                await changes.insert_object(transaction, write, RESOURCE, one, {"meeting": meeting, "id": uuid7()})
            raise Rollback
    except ConstraintViolation as broken:
        problem = await write.to_problem(broken)
    except Problem as other:
        problem = other
    else:
        return problem
    return problem.within(f"/participants/{tried}")
