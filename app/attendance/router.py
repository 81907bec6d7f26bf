"""Routes of the attendance of a meeting: its list, the attendance of a participant, and the summary."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.attendance import repository, schemas, summary_repository
from app.auth import AuthorizingRoute, Scope, allow_anonymous, build_missing_scope_problem, get_caller, require_scope
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.negotiation import negotiate_media_type
from app.core.http.openapi import problem_responses
from app.core.http.openapi_headers import refer_to_headers
from app.core.http.paging import PageOf
from app.core.patterns import UUID_PATTERN
from app.core.problems import InsufficientScope, NotAcceptable, NotFound, RollTooLong, Unauthenticated
from app.roll_access import access, audited_read
from app.rolls import export_router
from app.routing import create_resource_router
from app.writes import audit_trail

router = create_resource_router("attendance", prefix="/v1/meetings/{code}/attendance")
list_router = APIRouter(prefix="/v1/meetings/{code}/attendance", tags=["attendance"], route_class=AuthorizingRoute)
CACHE_SECONDS = 30
EXAMPLE_PARTICIPANT = "01a20cae-3b7c-7752-8ae9-897b44e2459f"
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
ParticipantId = Annotated[
    str, Path(description="Id of the participant.", pattern=UUID_PATTERN, examples=[EXAMPLE_PARTICIPANT])
]


@list_router.get(
    "",
    response_model=PageOf[schemas.RollLine],
    dependencies=[allow_anonymous(optional_scope=Scope.ATTENDANCE_READ)],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance?organization=kpu-31"),
    responses={
        200: {"content": export_router.CONTENT, "headers": refer_to_headers("Content-Disposition")},
        **problem_responses(NotFound, Unauthenticated, InsufficientScope, NotAcceptable, RollTooLong),
    },
)
async def list_attendance(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.AttendanceQuery, Query()],
    media_type: Annotated[str, Depends(negotiate_media_type("application/json", *export_router.MEDIA_TYPES))],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List the attendance of a meeting

    The participants and their attendance status, ordered by id. Anyone may list an open roll, in which the status
    `sick` is shown as `excused`. A restricted roll, and an open roll in full, needs a token with the scope
    `attendance:read`; each such request is recorded in the audit trail. If more than 1,000 names match `q`, the first
    1,000 by id are ranked.

    As `text/csv`, XLSX or `application/pdf` the response is the daftar hadir with all lines, the national body and the
    chairs first; `/v1/rolls/{digest}` confirms its digest.
    """
    past_reader = reader.known_at(query.known_at)
    caller = get_caller(request)
    rules = await access.find_access_rules(reader, past_reader, code) if caller or query.known_at else None
    is_file = media_type in export_router.MEDIA_TYPES

    async def require_known_codes() -> None:
        # The list raises InvalidParameters if a filter names an unknown code.
        await repository.FULL_LINES.fetch_page(reader, query, path_parameters={"meeting": code})

    if rules and await access.can_read(rules, caller, code):
        if is_file:
            return await export_router.export_roll(
                request, reader, code, query, media_type, if_empty=require_known_codes, in_full=True
            )
        page = await audited_read.read_page(request, reader, repository.FULL_LINES, query, code, "attendance")
        return page.to_response(request, max_age=None, vary=audited_read.VARY)

    async def require_open_roll() -> None:
        rules = await access.find_access_rules(reader, past_reader, code)
        # A caller with the scope, but not for this meeting, must not learn that the meeting exists.
        is_bound_elsewhere = caller is not None and Scope.ATTENDANCE_READ in caller.scopes
        if rules is None or (rules.is_restricted and is_bound_elsewhere):
            raise NotFound
        if rules.is_restricted:
            raise build_missing_scope_problem(Scope.ATTENDANCE_READ, request)

    if rules and rules.is_restricted:
        await require_open_roll()  # also if the roll is restricted today, but was open at `known_at`
    if is_file:
        await require_open_roll()
        return await export_router.export_roll(
            request, reader, code, query, media_type, if_empty=require_known_codes, in_full=False
        )
    page = await repository.PUBLIC_LINES.fetch_page(
        reader, query, path_parameters={"meeting": code}, ensure_listable=require_open_roll
    )
    return page.to_response(request, max_age=CACHE_SECONDS, vary=audited_read.VARY)


@router.get(
    "/summary",
    response_model=schemas.AttendanceSummary,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance/summary?by=organization"),
    responses=problem_responses(NotFound),
)
async def get_attendance_summary(
    reader: ReaderDep, code: Code, query: Annotated[schemas.SummaryQuery, Query()]
) -> Response:
    """Get the attendance summary of a meeting

    The number of participants who were invited, attended, were represented or were absent, by reason; with `by`, also
    for each group. A represented participant and their representative both count as invited. Anyone may read the
    summary of any meeting, because counts are not personal data. The sick count as excused.
    """
    if summary := await summary_repository.find_summary(reader, code, query):
        return conditional.json_response(summary, cache_control=conditional.public_cache_control(CACHE_SECONDS))
    raise NotFound


@router.get(
    "/{participant}",
    response_model=schemas.Attendance,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"/v1/meetings/rakornas-2022-06/attendance/{EXAMPLE_PARTICIPANT}"),
    responses=problem_responses(NotFound),
)
async def get_attendance(
    request: Request,
    reader: ReaderDep,
    code: Code,
    participant: ParticipantId,
    query: Annotated[schemas.AttendanceItemQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Get the attendance of a participant

    The status derived from scans, the intervals from each entry to the next exit, and the status that was set
    manually. Each request is recorded in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader.known_at(query.known_at_instant), code)
    return await audited_read.read_item(request, reader, repository.ATTENDANCE_ITEMS, UUID(participant), query, code)
