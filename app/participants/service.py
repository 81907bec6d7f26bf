"""Creation of one or many participants within one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from uuid_utils.compat import uuid7

from app.core.db.faults import ConstraintViolation
from app.core.db.transaction import Rollback, Transaction, open_transaction
from app.core.languages import Text
from app.core.problems import (
    HasScans,
    IdempotencyKeyReused,
    NotFound,
    Problem,
    RequestInFlight,
    RollClosed,
)
from app.participants import former_ids_repository, payloads, repository
from app.writes import audit_trail, changes, ownership
from app.writes.idempotency import StoredResponse
from app.writes.request import WriteRequest, WriteResult

RESOURCE = repository.PARTICIPANT
SCANNED = Text(
    "Peserta ini sudah dipindai. Dengan with_scans=true ia tetap dihapus; menambahkannya lagi memulihkan badge dan "
    "pindaiannya.",
    "This participant has been scanned. With `with_scans=true` the participant is deleted all the same; adding them "
    "again restores their badge and their scans.",
)


async def create_participant(
    transaction: Transaction, write_request: WriteRequest, meeting: str, participant: payloads.ParticipantPayload
) -> WriteResult:
    """Insert a participant, with the former id of a person who was deleted before, and build the response 201."""
    await require_writable(transaction, write_request, meeting)
    [id_] = await former_ids_repository.choose_ids(transaction, meeting, [dict(participant)])
    keys = {"meeting": meeting, "id": id_}
    return await changes.insert_and_read(transaction, write_request, RESOURCE, participant, keys)


async def require_no_scans(transaction: Transaction, meeting: str, participant: UUID) -> None:
    """Raise HasScans if scans count for a participant, who is to be deleted.

    Raises:
        HasScans: Scans count for the participant.
    """
    if await repository.has_scans(transaction, meeting, participant):
        raise HasScans(detail=SCANNED)


async def create_batch(
    transaction: Transaction, write_request: WriteRequest, meeting: str, batch: payloads.ParticipantBatchPayload
) -> WriteResult:
    """Lock the roll against closing, insert a batch of participants, all or none, and build the response 201.

    Checks the caller's access first. If the transaction fails, `locate_problem` finds the participant that
    cannot be created.
    """
    await require_writable(transaction, write_request, meeting)
    ids = await former_ids_repository.choose_ids(
        transaction, meeting, [dict(participant) for participant in batch.participants]
    )
    rows, assignments = _build_rows(meeting, ids, batch.participants)
    if any(participant.represents for participant in batch.participants):
        await repository.lock_representations(transaction, meeting)
    await repository.insert_participants(transaction, rows, assignments)
    documents = await repository.get_registered_participants(transaction, meeting, ids)
    return build_result(meeting, ids, {"registered": [documents[participant_id] for participant_id in ids]})


async def ensure_response_visible(transaction: Transaction, write_request: WriteRequest, meeting: str) -> None:
    """Raise a problem unless the caller may still see who was created by a request that is repeated."""
    keys = {"meeting": meeting, "id": None}
    await changes.ensure_response_visible(transaction, write_request, RESOURCE, keys)


async def locate_problem(
    write_request: WriteRequest, meeting: str, batch: payloads.ParticipantBatchPayload, problem: Problem
) -> Problem:
    """Return the problem of a failed batch with its participant's position, found by inserts that are rolled back.

    Inserts the participants one by one in a transaction that is rolled back. Returns `problem`, which the creation of
    the batch raised, if it concerns no participant or if none of them raises one.
    """
    concerns_no_participant = isinstance(problem, (RollClosed, RequestInFlight, IdempotencyKeyReused))
    if concerns_no_participant or problem.status not in (409, 422):
        return problem
    position = -1
    try:
        async with open_transaction(write_request.database) as transaction:
            await audit_trail.attribute_revisions(transaction, write_request.caller, "", None)
            for position, participant in enumerate(batch.participants):  # noqa: B007  (used below)
                await changes.insert_object(
                    transaction, write_request, RESOURCE, participant, {"meeting": meeting, "id": uuid7()}
                )
            raise Rollback
    except ConstraintViolation as violation:
        problem = await write_request.to_problem(violation)
    except Problem as raised:
        problem = raised
    else:
        return problem
    return problem.prefix_pointers(f"/participants/{position}")


async def require_writable(transaction: Transaction, write_request: WriteRequest, meeting: str) -> None:
    """Mark the response as personal data; raise a problem unless the caller may create participants of the meeting.

    Locks the roll against closing.

    Raises:
        NotFound: The meeting does not exist, or the caller may not know of it.
        RollClosed: The roll has been closed.
        OutsideOrganization: The caller is bound to another organization or to a meeting.
    """
    write_request.exposes_personal_data = True
    await RESOURCE.ensure_writable(transaction, write_request.caller, {"meeting": meeting})
    if RESOURCE.owner_query and not await transaction.fetch_all(RESOURCE.owner_query, {"meeting": meeting}):
        raise NotFound
    await ownership.ensure_object_inside(transaction, write_request.caller, RESOURCE, {"meeting": meeting, "id": None})


def _build_rows(
    meeting: str, ids: Sequence[UUID], participants: Sequence[payloads.ParticipantPayload]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Build the database rows of new participants with these ids, and those of their assignments to sessions."""
    rows, assignments = [], []
    for participant_id, participant in zip(ids, participants, strict=True):
        members = {name: value for name, value in participant if name not in changes.REASON_MEMBERS}
        columns = RESOURCE.to_columns(members)
        own: Mapping[str, Any] = {name: columns[name] for name in columns if name in RESOURCE.writable_columns}
        rows.append({**own, "id": participant_id, "meeting": meeting, "status": "expected", "late": False})
        assignments += [
            {**assignment, "meeting": meeting, "participant": participant_id} for assignment in columns["sessions"]
        ]
    return rows, assignments


def build_result(meeting: str, ids: Sequence[UUID], document: Any) -> WriteResult:
    """Build the result: a response 201 with this document as body, and the participants' keys for the audit line."""
    headers = {"Location": f"/v1/meetings/{meeting}/participants"}
    keys = [f"participants/{participant_id}" for participant_id in ids]
    return WriteResult(StoredResponse(201, headers, orjson.dumps(document)), keys)
