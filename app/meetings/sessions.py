"""The routes of a meeting's sessions."""

from functools import partial
from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow, public
from app.core.db.database import Read
from app.core.http.examples import example, written
from app.core.http.openapi import problems
from app.core.http.paging import PageOf
from app.core.problems import EndsBeforeStart, NotFound, OutsideMeeting, ParallelSessions
from app.meetings import payloads, repository, schemas
from app.routing import resource
from app.writes import changes, revisions
from app.writes.payloads import MergePatch, Note
from app.writes.request import Change, Creation
from app.writes.responses import changed, created, deleted

router = resource("meetings", at="/v1/meetings/{code}/sessions")
FRESH = 60  # seconds
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
SessionCode = Annotated[str, Path(description="Code of the session.", examples=["class-1", "opening"])]


@router.get(
    "",
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
    then = read.at(query.then)
    there = partial(repository.must_be_there, then, code)
    page = await repository.SESSIONS.page(read, query, within={"meeting": code}, if_empty=there)
    return page.reply(request, fresh=FRESH)


@router.get(
    "/{session}",
    response_model=schemas.Session,
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions/class-1"),
    responses=problems(NotFound),
)
async def read_session(
    read: Read,
    code: Code,
    session: SessionCode,
    query: Annotated[schemas.SessionItemQuery, Query()],
) -> Response:
    """Read one session

    Its topics and speakers; the hour and the room as far as a source tells them.
    """
    if item := await repository.SESSIONS.one(read, session, query, within={"meeting": code}):
        return item.reply(fresh=FRESH)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Session,
    dependencies=[allow(Scope.MEETINGS_WRITE)],
    openapi_extra=written(
        "/v1/meetings/rakornas-2022-06/sessions",
        {"code": "class-6", "kind": "class", "position": 9, "name": "Kelas Contoh", "topics": ["Contoh"]},
    ),
    responses=created(schemas.Session, NotFound, OutsideMeeting, ParallelSessions, EndsBeforeStart),
)
async def create_session(write: Creation, code: Code, content: payloads.SessionContent) -> Response:
    """Create a session

    It lies within the days of its meeting, by the clock of the meeting's zone. Topics and speakers are its members.
    """
    return await changes.create(write, repository.SESSION, content, {"meeting": code, "code": content.code})


@router.patch(
    "/{session}",
    response_model=schemas.Session,
    dependencies=[allow(Scope.MEETINGS_WRITE)],
    openapi_extra=written("/v1/meetings/rakornas-2022-06/sessions/class-1", {"room": "Ruang A"}),
    responses=changed(),
)
async def change_session(
    write: Change, code: Code, session: SessionCode, patch: Annotated[payloads.SessionPatch, MergePatch]
) -> Response:
    """Change a session

    A merge patch (RFC 7396): what is named changes, null takes a member away, a list is replaced as a whole.
    """
    return await changes.change(write, repository.SESSION, patch, {"meeting": code, "code": session})


@router.delete(
    "/{session}",
    status_code=204,
    dependencies=[allow(Scope.MEETINGS_WRITE)],
    openapi_extra=written("/v1/meetings/rakornas-2022-06/sessions/class-1"),
    responses=deleted(),
)
async def delete_session(write: Change, code: Code, session: SessionCode, note: Note = None) -> Response:
    """Delete a session

    With its topics and speakers; only one that nobody is assigned to.
    """
    return await changes.delete(write, repository.SESSION, {"meeting": code, "code": session}, note)


@router.get(
    "/{session}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[public()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions/class-1/revisions"),
    responses=problems(NotFound),
)
async def list_session_revisions(
    request: Request, read: Read, code: Code, session: SessionCode, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List a session's revisions

    Who wrote what of it, when and why; also of one that was deleted.
    """
    page = await revisions.page(read, repository.SESSION, {"meeting": code, "code": session}, query)
    return page.reply(request, fresh=FRESH)
