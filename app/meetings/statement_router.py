"""Routes of the statements about a meeting."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from uuid_utils.compat import uuid7

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.patterns import UUID_PATTERN
from app.core.problems import NotFound
from app.meetings import payloads, repository, schemas
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("meetings", prefix="/v1/meetings/{code}/statements")
CACHE_SECONDS = 60
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
STATEMENT_PATH = "/v1/meetings/rakornas-2022-06/statements/01a20cae-3b7c-7752-8ae9-897ad626c2d3"
EXAMPLE_ID = STATEMENT_PATH.rpartition("/")[2]
Id = Annotated[str, Path(description="The statement's id, a UUID.", pattern=UUID_PATTERN, examples=[EXAMPLE_ID])]


@router.get(
    "",
    response_model=PageOf[schemas.Statement],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/rakornas-2022-06/statements"),
    responses=problem_responses(NotFound),
)
async def list_statements(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[schemas.StatementQuery, Query()]
) -> Response:
    """List the statements about a meeting

    In the order of their days, each with its author and its source.
    """
    then = reader.known_at(query.known_at_instant)
    there = partial(repository.require_meeting, then, code)
    page = await repository.STATEMENTS.fetch_page(
        reader, query, path_parameters={"meeting": code}, ensure_listable=there
    )
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{id}",
    response_model=schemas.Statement,
    dependencies=[allow_anonymous()],
    openapi_extra=example(STATEMENT_PATH),
    responses=problem_responses(NotFound),
)
async def get_statement(
    reader: ReaderDep, code: Code, id: Id, query: Annotated[schemas.StatementItemQuery, Query()]
) -> Response:
    """Get a statement

    Its author, its day and its source.
    """
    if item := await repository.STATEMENTS.fetch_item(reader, UUID(id), query, path_parameters={"meeting": code}):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Statement,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example(
        "/v1/meetings/rakornas-2022-06/statements",
        {"organization": "kpu-31", "form": "spoken", "made_on": "2022-06-14", "summary": "Siap melaksanakan tahapan."},
    ),
    responses=responses_for_create(schemas.Statement, NotFound),
)
async def create_statement(write_request: CreateDep, code: Code, payload: payloads.StatementPayload) -> Response:
    """Create a statement

    A statement that a person or an organization made about the meeting.
    """
    return await changes.create_object(write_request, repository.STATEMENT, payload, {"meeting": code, "id": uuid7()})


@router.patch(
    "/{id}",
    response_model=schemas.Statement,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example(STATEMENT_PATH, {"made_on": "2022-06-14"}),
    responses=responses_for_update(),
)
async def update_statement(
    write_request: ChangeDep, code: Code, id: Id, patch: Annotated[payloads.StatementPatch, MergePatchBody]
) -> Response:
    """Update a statement

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.STATEMENT, patch, {"meeting": code, "id": UUID(id)})


@router.delete(
    "/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.MEETINGS_WRITE)],
    openapi_extra=write_example(STATEMENT_PATH),
    responses=responses_for_delete(),
)
async def delete_statement(write_request: ChangeDep, code: Code, id: Id, reason: DeleteReason = None) -> Response:
    """Delete a statement

    For a statement that was recorded in error. Its revisions remain.
    """
    return await changes.delete_object(write_request, repository.STATEMENT, {"meeting": code, "id": UUID(id)}, reason)


@router.get(
    "/{id}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example(f"{STATEMENT_PATH}/revisions"),
    responses=problem_responses(NotFound),
)
async def list_statement_revisions(
    request: Request, reader: ReaderDep, code: Code, id: Id, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of a statement

    Oldest first: who changed what, when and why. Also answers for a statement that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.STATEMENT, {"meeting": code, "id": UUID(id)}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
