"""The routes of meetings and their sessions."""

from functools import partial
from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.clock import Today
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.meetings import repository, schemas
from app.routing import resource

router = resource("meetings")
FRESH = 60  # seconds
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]


@router.get(
    "",
    response_model=PageOf[schemas.Meeting],
    dependencies=[public()],
    openapi_extra=example("/v1/meetings?from=2022-06-01&to=2022-06-30&host=kpu&as_of=2022-06-14"),
)
async def list_meetings(
    request: Request, read: Read, today: Today, query: Annotated[schemas.MeetingQuery, Query()]
) -> Response:
    """List meetings

    Coordination meetings, plenaries, trainings and the like, each with its sessions. `from` and `to` leave what
    overlaps these days; `attended_by` those at which somebody of an organization was present.
    """
    return (await repository.MEETINGS.page(read, query, today=today)).reply(request, fresh=FRESH)


@router.get(
    "/{code}",
    response_model=schemas.Meeting,
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06?as_of=2022-06-14"),
    responses=problems(NotFound),
)
async def read_meeting(
    read: Read, today: Today, code: Code, query: Annotated[schemas.MeetingItemQuery, Query()]
) -> Response:
    """Read one meeting

    What it was for, its sessions with their topics and speakers, what was said about it, and where all this is from:
    where the source has printed something that cannot be, the correction stands beside it.
    """
    if item := await repository.MEETINGS.one(read, code, query, today=today):
        return item.reply(fresh=FRESH)
    raise NotFound


@router.get(
    "/{code}/sessions",
    response_model=PageOf[schemas.Session],
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions?kind=class"),
    responses=problems(NotFound),
)
async def list_sessions(
    request: Request, read: Read, code: Code, query: Annotated[schemas.SessionQuery, Query()]
) -> Response:
    """List a meeting's sessions

    In the order of the programme. Sessions of one `parallel_group` run side by side.
    """
    there = partial(repository.must_be_there, read, code)
    page = await repository.SESSIONS.page(read, query, within={"meeting": code}, if_empty=there)
    return page.reply(request, fresh=FRESH)


@router.get(
    "/{code}/sessions/{session}",
    response_model=schemas.Session,
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions/class-1"),
    responses=problems(NotFound),
)
async def read_session(
    read: Read,
    code: Code,
    session: Annotated[str, Path(description="Code of the session.", examples=["class-1", "opening"])],
    query: Annotated[schemas.SessionItemQuery, Query()],
) -> Response:
    """Read one session

    Its topics and speakers; the hour and the room as far as a source tells them.
    """
    if item := await repository.SESSIONS.one(read, session, query, within={"meeting": code}):
        return item.reply(fresh=FRESH)
    raise NotFound
