"""Routes of the sessions of a meeting."""

from functools import partial
from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import EndsBeforeStart, NotFound, ParallelSessions, SessionOutsideMeeting
from app.meetings import payloads, repository, session_schemas
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("meetings", prefix="/v1/meetings/{code}/sessions")
CACHE_SECONDS = 60
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
SessionCode = Annotated[str, Path(description="Code of the session.", examples=["class-1", "opening"])]


@router.get(
    "",
    response_model=PageOf[session_schemas.Session],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions?kind=class"),
    responses=problem_responses(NotFound),
)
async def list_sessions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[session_schemas.SessionQuery, Query()]
) -> Response:
    """List the sessions of a meeting

    In the order of the programme. Sessions of one `parallel_group` take place at the same time.
    """
    past_reader = reader.known_at(query.known_at_instant)
    page = await repository.SESSIONS.fetch_page(
        reader,
        query,
        path_parameters={"meeting": code},
        ensure_listable=partial(repository.require_meeting, past_reader, code),
    )
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{session}",
    response_model=session_schemas.Session,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions/class-1"),
    responses=problem_responses(NotFound),
)
async def get_session(
    reader: ReaderDep,
    code: Code,
    session: SessionCode,
    query: Annotated[session_schemas.SessionItemQuery, Query()],
) -> Response:
    """Get a session

    Its topics and speakers, and the time and room if a source states them.
    """
    if item := await repository.SESSIONS.fetch_item(reader, session, query, path_parameters={"meeting": code}):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=session_schemas.Session,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example(
        "/v1/meetings/rakornas-2022-06/sessions",
        {"code": "class-6", "kind": "class", "position": 9, "name": "Kelas Contoh", "topics": ["Contoh"]},
    ),
    responses=responses_for_create(
        session_schemas.Session, NotFound, SessionOutsideMeeting, ParallelSessions, EndsBeforeStart
    ),
)
async def create_session(write_request: CreateDep, code: Code, payload: payloads.SessionPayload) -> Response:
    """Create a session

    It must lie within the days of its meeting, in the meeting's time zone. Topics and speakers are its members.
    """
    return await changes.create_object(
        write_request, repository.SESSION, payload, {"meeting": code, "code": payload.code}
    )


@router.patch(
    "/{session}",
    response_model=session_schemas.Session,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example("/v1/meetings/rakornas-2022-06/sessions/class-1", {"room": "Ruang A"}),
    responses=responses_for_update(),
)
async def update_session(
    write_request: ChangeDep, code: Code, session: SessionCode, patch: Annotated[payloads.SessionPatch, MergePatchBody]
) -> Response:
    """Update a session

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.SESSION, patch, {"meeting": code, "code": session})


@router.delete(
    "/{session}",
    status_code=204,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example("/v1/meetings/rakornas-2022-06/sessions/class-1"),
    responses=responses_for_delete(),
)
async def delete_session(
    write_request: ChangeDep, code: Code, session: SessionCode, reason: DeleteReason = None
) -> Response:
    """Delete a session

    Its topics and speakers are deleted too. A session to which participants are assigned cannot be deleted.
    """
    return await changes.delete_object(write_request, repository.SESSION, {"meeting": code, "code": session}, reason)


@router.get(
    "/{session}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/sessions/class-1/revisions"),
    responses=problem_responses(NotFound),
)
async def list_session_revisions(
    request: Request,
    reader: ReaderDep,
    code: Code,
    session: SessionCode,
    query: Annotated[revisions.RevisionQuery, Query()],
) -> Response:
    """List the revisions of a session

    Oldest first: who changed what, when and why. Also answers for a session that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.SESSION, {"meeting": code, "code": session}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
