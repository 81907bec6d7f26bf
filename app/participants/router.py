"""The routes of a meeting's list."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from uuid_utils.compat import uuid7

from app.auth import Scope, require_scope
from app.core.db.transaction import open_transaction
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.http.parameters import UUID_PATTERN
from app.core.problems import CircularRepresentation, NoPlacesLeft, NotFound, ParallelSessions, RollClosed
from app.participants import payloads, repository, schemas, service
from app.roll_access import audited_read
from app.routing import resource_router
from app.state import state_of
from app.writes import audit_trail, changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = resource_router("participants", at="/v1/meetings/{code}")
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
ParticipantId = Annotated[
    str,
    Path(description="Id of the participant.", pattern=UUID_PATTERN, examples=["01a20cae-3b7c-7752-8ae9-897b44e2459f"]),
]
LIST_PATH = "/v1/meetings/rakornas-2022-06/participants"
ITEM_PATH = f"{LIST_PATH}/01a20cae-3b7c-7752-8ae9-897b44e2459f"
REGISTRATION_PROBLEMS = (NotFound, NoPlacesLeft, ParallelSessions, CircularRepresentation, RollClosed)


@router.get(
    "/participants",
    response_model=PageOf[schemas.Participant],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{LIST_PATH}?organization=kpu-31"),
    responses=problem_responses(NotFound),
)
async def list_participants(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.ParticipantQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List who is asked to a meeting

    With the letters of assignment, the sessions they are assigned to and in whose place they come. Each reading leaves
    a line in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader.known_at(query.known_at_instant), code)
    page = await audited_read.read_page(request, reader, repository.PARTICIPANTS, query, code, "participants")
    return page.to_response(request, max_age=None, vary=audited_read.VARY)


@router.get(
    "/participants/{id}",
    response_model=schemas.Participant,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(ITEM_PATH),
    responses=problem_responses(NotFound),
)
async def get_participant(
    request: Request,
    reader: ReaderDep,
    code: Code,
    id: ParticipantId,
    query: Annotated[schemas.ParticipantItemQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Read one of them

    Each reading leaves a line in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader.known_at(query.known_at_instant), code)
    return await audited_read.read_item(request, reader, repository.PARTICIPANTS, UUID(id), query, code)


@router.post(
    "/participants",
    status_code=201,
    response_model=schemas.Participant,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(LIST_PATH, {"name": "Siti Contoh", "organization": "kpu-32", "capacity": "guest"}),
    responses=responses_for_create(schemas.Participant, *REGISTRATION_PROBLEMS),
)
async def create_participant(write_request: CreateDep, code: Code, content: payloads.ParticipantPayload) -> Response:
    """Put somebody on the list

    An official by id, anybody else by name, or an office whose holder is not known yet by organization and office. A
    person stands on a list once. Delegates of an organization are no more than the meeting's `places`.
    """
    return await changes.create_object(write_request, repository.PARTICIPANT, content, {"meeting": code, "id": uuid7()})


@router.post(
    "/participants:batch",
    status_code=201,
    response_model=schemas.RegisteredParticipants,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{LIST_PATH}:batch",
        {"participants": [{"name": "Siti Contoh", "organization": "kpu-32"}, {"organization": "kpu-33"}]},
    ),
    responses=responses_for_create(schemas.RegisteredParticipants, *REGISTRATION_PROBLEMS),
)
async def create_participants(
    write_request: CreateDep, code: Code, content: payloads.ParticipantBatchPayload
) -> Response:
    """Put many on the list

    Up to 500, all of them or none: a problem names the first that cannot be by its place in the batch.
    """
    return await service.register_batch(write_request, code, content)


@router.post(
    "/participants:in-office",
    status_code=201,
    response_model=schemas.RegisteredOfficeHolders,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{LIST_PATH}:in-office", {"organizations": ["kpu-31"], "offices": ["chair", "secretary"]}
    ),
    responses=responses_for_create(schemas.RegisteredOfficeHolders, *REGISTRATION_PROBLEMS),
)
async def create_participants_in_office(
    write_request: CreateDep, code: Code, content: payloads.InOfficePayload
) -> Response:
    """Put everyone in office on the list

    Whoever holds one of these offices at these organizations on the meeting's first day, as the rosters of that day
    have it, and is not on the list yet. Of whom that is merely possible, it is said.
    """
    return await service.register_in_office(write_request, code, content)


@router.patch(
    "/participants/{id}",
    response_model=schemas.Participant,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        ITEM_PATH, {"assignment_letter": {"number": "12/ST/KPU-31/2026", "dated_on": "2026-12-01"}}
    ),
    responses=responses_for_update(*REGISTRATION_PROBLEMS[1:]),
)
async def update_participant(
    write_request: ChangeDep, code: Code, id: ParticipantId, patch: Annotated[payloads.ParticipantPatch, MergePatchBody]
) -> Response:
    """Change one of them

    A merge patch (RFC 7396). Whether they came is written at `/v1/meetings/{code}/attendance/{participant}`.
    """
    return await changes.update_object(write_request, repository.PARTICIPANT, patch, {"meeting": code, "id": UUID(id)})


@router.delete(
    "/participants/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(ITEM_PATH),
    responses=responses_for_delete(RollClosed),
)
async def delete_participant(
    write_request: ChangeDep, code: Code, id: ParticipantId, note: DeleteReason = None
) -> Response:
    """Take somebody off the list

    Their badges are good for nothing from then on; what gates have scanned of them stays, as `not_invited`.
    """
    return await changes.delete_object(write_request, repository.PARTICIPANT, {"meeting": code, "id": UUID(id)}, note)


@router.get(
    "/participants/{id}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{ITEM_PATH}/revisions"),
    responses=problem_responses(NotFound),
)
async def list_participant_revisions(
    request: Request,
    reader: ReaderDep,
    code: Code,
    id: ParticipantId,
    query: Annotated[revisions.RevisionQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List a participant's revisions

    Who wrote what of it, when and why, also of a status that was set by hand. Each reading leaves a line in the audit
    trail.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    async with open_transaction(state_of(request.app).database) as transaction:
        page = await revisions.list_revisions(
            transaction, repository.PARTICIPANT, {"meeting": code, "id": UUID(id)}, query
        )
        await audited_read.record_read(transaction, request, f"participants/{id}")
    return page.to_response(request, max_age=None, vary=audited_read.VARY)
