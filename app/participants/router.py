"""Routes of participants."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from app.auth import Scope, require_scope
from app.core.db.transaction import open_transaction
from app.core.http.dependencies import ReaderDep, get_database
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.patterns import UUID_PATTERN
from app.core.problems import (
    CircularRepresentation,
    HasScans,
    NoPlacesLeft,
    NotFound,
    ParallelSessions,
    Problem,
    RollClosed,
)
from app.participants import in_office_service, payloads, repository, schemas, service
from app.roll_access import audited_read
from app.routing import create_resource_router
from app.writes import audit_trail, changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep, IfMatch, WriteRequest, parse_change_request
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("participants", prefix="/v1/meetings/{code}")
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
ParticipantId = Annotated[
    str,
    Path(description="Id of the participant.", pattern=UUID_PATTERN, examples=["01a20cae-3b7c-7752-8ae9-897b44e2459f"]),
]
LIST_PATH = "/v1/meetings/rakornas-2022-06/participants"
ITEM_PATH = f"{LIST_PATH}/01a20cae-3b7c-7752-8ae9-897b44e2459f"


async def parse_deletion(
    request: Request, query: Annotated[schemas.DeletionQuery, Query()], if_match: IfMatch = None
) -> tuple[WriteRequest, bool]:
    """Build the WriteRequest of a deletion, and return with it whether a participant with scans may be deleted.

    Raises:
        PreconditionRequired: The If-Match header is missing.
    """
    return await parse_change_request(request, query, if_match), query.with_scans == "true"


DeletionDep = Annotated[tuple[WriteRequest, bool], Depends(parse_deletion)]
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
    """List participants

    The persons invited to a meeting, with letters of assignment, assigned sessions and representations. Each request is
    recorded in the audit trail.
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
    """Get a participant

    Each request is recorded in the audit trail.
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
async def create_participant(write_request: CreateDep, code: Code, payload: payloads.ParticipantPayload) -> Response:
    """Create a participant

    An official (by id), another person (by name), or the still unknown holder of an office (by organization and
    office). A person can be a participant of a meeting once in each capacity; the problem `already_exists` names the
    other entry if the token has the scope `attendance:read`. An organization can have at most `places` delegates. A
    person who was deleted and is added again in the same capacity gets the same id, badge and scans again.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.create_participant(transaction, write_request, code, payload),
        payload,
        authorize_repetition=lambda transaction, _: service.ensure_response_visible(transaction, write_request, code),
    )


@router.post(
    "/participants:batch",
    status_code=201,
    response_model=schemas.RegisteredParticipants,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{LIST_PATH}:batch",
        {"participants": [{"name": "Siti Contoh", "organization": "kpu-32"}, {"organization": "kpu-33"}]},
    ),
    responses=responses_for_create(schemas.RegisteredParticipants, *REGISTRATION_PROBLEMS, has_etag=False),
)
async def create_participants(
    write_request: CreateDep, code: Code, payload: payloads.ParticipantBatchPayload
) -> Response:
    """Create participants in a batch

    Up to 500, all or none. A problem points to the first participant of the batch that cannot be created.
    """
    try:
        return await write_request.run_in_transaction(
            lambda transaction: service.create_batch(transaction, write_request, code, payload),
            payload,
            authorize_repetition=lambda transaction, _: service.ensure_response_visible(
                transaction, write_request, code
            ),
        )
    except Problem as problem:
        raise await service.locate_problem(write_request, code, payload, problem) from None


@router.post(
    "/participants:in-office",
    status_code=201,
    response_model=schemas.RegisteredOfficeHolders,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{LIST_PATH}:in-office", {"organizations": ["kpu-31", "kpu-32"], "include_offices_without_holder": True}
    ),
    responses=responses_for_create(schemas.RegisteredOfficeHolders, *REGISTRATION_PROBLEMS, has_etag=False),
)
async def create_participants_in_office(
    write_request: CreateDep, code: Code, payload: payloads.InOfficePayload
) -> Response:
    """Create participants from office holders

    Everyone who, by the rosters, holds one of these offices at these organizations on the meeting's first day and is
    not a participant yet. The response names the organizations and offices for which nobody is known.
    """
    return await write_request.run_in_transaction(
        lambda transaction: in_office_service.create_office_holders(transaction, write_request, code, payload),
        payload,
        authorize_repetition=lambda transaction, _: service.ensure_response_visible(transaction, write_request, code),
    )


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
    """Update a participant

    A merge patch (RFC 7396). Update the attendance at `/v1/meetings/{code}/attendance/{participant}`.
    """
    return await changes.update_object(write_request, repository.PARTICIPANT, patch, {"meeting": code, "id": UUID(id)})


@router.delete(
    "/participants/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(ITEM_PATH),
    responses=responses_for_delete(HasScans, RollClosed),
)
async def delete_participant(
    deletion: DeletionDep, code: Code, id: ParticipantId, reason: DeleteReason = None
) -> Response:
    """Delete a participant

    The badges of the participant become invalid. Their scans remain, with the outcome `not_invited`. A participant with
    scans is deleted only with `with_scans=true`. Whoever is added again in the same capacity is restored with id, badge
    and scans.
    """
    write_request, with_scans = deletion
    keys = {"meeting": code, "id": UUID(id)}
    check = None if with_scans else partial(service.require_no_scans, meeting=code, participant=UUID(id))
    return await changes.delete_object(write_request, repository.PARTICIPANT, keys, reason, check)


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
    """List the revisions of a participant

    Each change with its author, time and reason, also changes of a manual status. Each request is recorded in the audit
    trail.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    async with open_transaction(get_database(request)) as transaction:
        page = await revisions.list_revisions(
            transaction, repository.PARTICIPANT, {"meeting": code, "id": UUID(id)}, query
        )
        await audited_read.record_read(transaction, request, f"participants/{id}")
    return page.to_response(request, max_age=None, vary=audited_read.VARY)
