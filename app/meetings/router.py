"""Routes of meetings."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import EndsBeforeStart, ErasureNearer, HasScans, NotFound, RollClosed
from app.meetings import payloads, repository, schemas, service
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("meetings")
CACHE_SECONDS = 60
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]


@router.get(
    "",
    response_model=PageOf[schemas.Meeting],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings?from=2022-06-01&to=2022-06-30&host=kpu&as_of=2022-06-14"),
)
async def list_meetings(
    request: Request, reader: ReaderDep, today: TodayDep, query: Annotated[schemas.MeetingQuery, Query()]
) -> Response:
    """List meetings

    Coordination meetings, plenaries, trainings and the like, each with its sessions. `from` and `to` select the
    meetings that overlap these days, `attended_by` those at which a participant of this organization was present.
    """
    page = await repository.MEETINGS.fetch_page(reader, query, today=today)
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{code}",
    response_model=schemas.Meeting,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06?as_of=2022-06-14"),
    responses=problem_responses(NotFound),
)
async def get_meeting(
    reader: ReaderDep, today: TodayDep, code: Code, query: Annotated[schemas.MeetingItemQuery, Query()]
) -> Response:
    """Get a meeting

    Its purpose, its sessions with their topics and speakers, the statements about it, and its source. An error in the
    source is listed there with its correction.
    """
    if item := await repository.MEETINGS.fetch_item(reader, code, query, today=today):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Meeting,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example(
        "/v1/meetings",
        {
            "code": "rakornas-2026-12",
            "name": "Rakornas Desember 2026",
            "kind": "national_coordination",
            "host": "kpu",
            "time_zone": "Asia/Jakarta",
            "start_on": "2026-12-07",
            "end_on": "2026-12-09",
        },
    ),
    responses=responses_for_create(schemas.Meeting, EndsBeforeStart),
)
async def create_meeting(write_request: CreateDep, payload: payloads.MeetingPayload) -> Response:
    """Create a meeting

    Its sessions and statements are created at their own addresses. A client that is bound to an organization may
    create meetings of that organization and of those below it.
    """
    return await changes.create_object(write_request, repository.MEETING, payload, {"code": payload.code})


@router.patch(
    "/{code}",
    response_model=schemas.Meeting,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example("/v1/meetings/rakornas-2022-06", {"place": "Jakarta", "reason": "an example"}),
    responses=responses_for_update(),
)
async def update_meeting(
    write_request: ChangeDep, code: Code, patch: Annotated[payloads.MeetingPatch, MergePatchBody]
) -> Response:
    """Update a meeting

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.MEETING, patch, {"code": code})


@router.post(
    "/{code}:move",
    response_model=schemas.Meeting,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example("/v1/meetings/rakor-2027-03:move", {"days": 7, "reason": "banjir"}),
    responses=responses_for_update(RollClosed, HasScans, ErasureNearer, EndsBeforeStart),
)
async def move_meeting(write_request: ChangeDep, code: Code, payload: payloads.MovePayload) -> Response:
    """Move a meeting

    Postpones a meeting with its timetable in one step; negative `days` move it to earlier days. `start_on`, `end_on`
    and the times of all sessions move by the same number of days and keep their hours in the meeting's time zone. The
    meeting and each session get one revision, with the same reason. What has happened stays: `cancelled_on`,
    statements, letters of assignment and statuses set manually for the whole meeting. A meeting with scans, with a
    closed roll or with statuses of single days cannot be moved, nor one whose participants would be anonymised earlier.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.move_meeting(transaction, write_request, code, payload), payload
    )


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example("/v1/meetings/rakornas-2022-06"),
    responses=responses_for_delete(),
)
async def delete_meeting(write_request: ChangeDep, code: Code, reason: DeleteReason = None) -> Response:
    """Delete a meeting

    Only a meeting without sessions, statements and participants. Cancel one that will not take place.
    """
    return await changes.delete_object(write_request, repository.MEETING, {"code": code}, reason)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/revisions"),
    responses=problem_responses(NotFound),
)
async def list_meeting_revisions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of a meeting

    Oldest first: who changed what, when and why. Also answers for a meeting that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.MEETING, {"code": code}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
