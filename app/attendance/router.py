"""The routes of rolls and their summaries."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.attendance import repository, schemas
from app.auth import Scope, needed, public
from app.core import conditional
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound, Unauthenticated
from app.routing import resource

router = resource("attendance", at="/v1/meetings/{code}/attendance")
FRESH = 30  # seconds
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]


@router.get(
    "",
    response_model=PageOf[schemas.Participant],
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance?organization=kpu-31"),
    responses=problems(NotFound, Unauthenticated),
)
async def read_roll(
    request: Request, read: Read, code: Code, query: Annotated[schemas.AttendanceQuery, Query()]
) -> Response:
    """Read a roll

    Who was asked to a meeting and who came, in the order of the list. An open roll is for anyone; a restricted one
    needs a token with the scope `attendance:read`, which this release does not issue yet: it answers 401 to everyone,
    while its summary stays open. Of more than 1,000 names that are like the words of `q`, the first 1,000 of the list
    are ranked.
    """

    async def unless_closed() -> None:
        roll = await repository.roll_of(read, code)
        if roll is None:
            raise NotFound
        if roll == "restricted":
            raise needed(Scope.ATTENDANCE_READ, request)

    page = await repository.ATTENDANCE.page(read, query, within={"meeting": code}, if_empty=unless_closed)
    return page.reply(request, fresh=FRESH)


@router.get(
    "/summary",
    response_model=schemas.Summary,
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/attendance/summary?by=organization"),
    responses=problems(NotFound),
)
async def read_summary(read: Read, code: Code, query: Annotated[schemas.SummaryQuery, Query()]) -> Response:
    """Read a roll in numbers

    How many were invited, came, were represented or stayed away and why; with `by`, the same for each group. Whoever
    came in another's place is on the list too, so both are among the invited. Open for every meeting: numbers are no
    personal data. The sick count as excused.
    """
    if body := await repository.summary(read, code, query):
        return conditional.reply(body, cache=conditional.open_data(FRESH))
    raise NotFound
