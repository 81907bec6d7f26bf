"""The routes of rolls and their summaries."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.attendance import repository, schemas, summary_repository
from app.auth import AuthorizingRoute, Scope, allow_anonymous, build_missing_scope_problem, get_caller
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.negotiation import negotiates
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import InsufficientScope, NotAcceptable, NotFound, RollTooLong, Unauthenticated
from app.roll_access import access, audited_read
from app.rolls import export_router
from app.routing import resource_router
from app.writes import audit_trail

router = resource_router("attendance", at="/v1/meetings/{code}/attendance")
list_router = APIRouter(prefix="/v1/meetings/{code}/attendance", tags=["attendance"], route_class=AuthorizingRoute)
CACHE_SECONDS = 30  # seconds
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]


@list_router.get(
    "",
    response_model=PageOf[schemas.RollLine],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance?organization=kpu-31"),
    responses={
        200: {"content": export_router.CONTENT},
        **problem_responses(NotFound, Unauthenticated, InsufficientScope, NotAcceptable, RollTooLong),
    },
)
async def list_attendance(
    request: Request,
    read: ReaderDep,
    code: Code,
    query: Annotated[schemas.AttendanceQuery, Query()],
    media_type: Annotated[str, Depends(negotiates("application/json", *export_router.MEDIA_TYPES))],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Read a roll

    Who was asked to a meeting and who came, in the order of the list. An open roll is for anyone, who is not told that
    somebody was sick; a restricted one, and all of an open one, is for tokens with the scope `attendance:read`. Each
    such reading leaves a line in the audit trail. Of more than 1,000 names that are like the words of `q`, the first
    1,000 of the list are ranked.

    As `text/csv`, XLSX or `application/pdf` it is the daftar hadir, all lines at once, with the digest that
    `/v1/rolls/{digest}` knows it by.
    """
    then = read.known_at(query.known_at)
    rules = await access.find_access_rules(read, then, code) if get_caller(request) or query.known_at else None
    if rules and await access.can_read(rules, get_caller(request), code):
        if media_type in export_router.MEDIA_TYPES:
            return await export_router.export_roll(request, read, code, query, media_type, in_full=True)
        page = await audited_read.read_page(request, read, repository.FULL_LINES, query, code, "attendance")
        return page.to_response(request, max_age=None, vary=audited_read.VARY)

    async def unless_closed() -> None:
        rules = await access.find_access_rules(read, then, code)
        if rules is None or (rules.is_restricted and _is_bound_elsewhere(request)):
            raise NotFound
        if rules.is_restricted:
            raise build_missing_scope_problem(Scope.ATTENDANCE_READ, request)

    if rules and rules.is_restricted:
        await unless_closed()  # also where it is so today only, and was open at the instant that is asked for
    if media_type in export_router.MEDIA_TYPES:
        await unless_closed()
        return await export_router.export_roll(request, read, code, query, media_type, in_full=False)
    page = await repository.PUBLIC_LINES.fetch_page(
        read, query, path_parameters={"meeting": code}, ensure_listable=unless_closed
    )
    return page.to_response(request, max_age=CACHE_SECONDS, vary=audited_read.VARY)


def _is_bound_elsewhere(request: Request) -> bool:
    """Whether the caller has the scope, but not for this meeting: then nothing tells it that there is one."""
    caller = get_caller(request)
    return caller is not None and Scope.ATTENDANCE_READ in caller.scopes


@router.get(
    "/summary",
    response_model=schemas.Summary,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance/summary?by=organization"),
    responses=problem_responses(NotFound),
)
async def get_attendance_summary(
    read: ReaderDep, code: Code, query: Annotated[schemas.SummaryQuery, Query()]
) -> Response:
    """Read a roll in numbers

    How many were invited, came, were represented or stayed away and why; with `by`, the same for each group. Whoever
    came in another's place is on the list too, so both are among the invited. Open for every meeting: numbers are no
    personal data. The sick count as excused.
    """
    if body := await summary_repository.find_summary(read, code, query):
        return conditional.json_response(body, cache=conditional.public_cache_control(CACHE_SECONDS))
    raise NotFound
