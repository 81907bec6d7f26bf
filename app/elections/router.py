"""Routes of elections."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import NotFound
from app.elections import payloads, repository, schemas
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("elections")
CACHE_SECONDS = 300
Code = Annotated[str, Path(description="Code of the election.", examples=["pemilu-2024", "pilkada-2024"])]


@router.get(
    "",
    response_model=PageOf[schemas.Election],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/elections?kind=general"),
)
async def list_elections(
    request: Request, reader: ReaderDep, query: Annotated[schemas.ElectionQuery, Query()]
) -> Response:
    """List elections

    The elections whose stages are on record, each with its voting day and the regulation that sets it.
    """
    page = await repository.ELECTIONS.fetch_page(reader, query)
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{code}",
    response_model=schemas.Election,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/elections/pemilu-2024"),
    responses=problem_responses(NotFound),
)
async def get_election(
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.ElectionItemQuery, Query()],
) -> Response:
    """Get an election

    Its voting day and legal basis. `stages_url` is the address of its stages.
    """
    if item := await repository.ELECTIONS.fetch_item(reader, code, query):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Election,
    dependencies=[require_scope(Scope.ELECTIONS_WRITE)],
    openapi_extra=write_example(
        "/v1/elections", {"code": "pemilu-2029", "name": "Pemilihan Umum 2029", "kind": "general"}
    ),
    responses=responses_for_create(schemas.Election),
)
async def create_election(write_request: CreateDep, payload: payloads.ElectionPayload) -> Response:
    """Create an election

    Its stages are created at `/v1/stages`.
    """
    return await changes.create_object(write_request, repository.ELECTION, payload, {"code": payload.code})


@router.patch(
    "/{code}",
    response_model=schemas.Election,
    dependencies=[require_scope(Scope.ELECTIONS_WRITE)],
    openapi_extra=write_example("/v1/elections/pemilu-2024", {"name_en": "General Election 2024"}),
    responses=responses_for_update(),
)
async def update_election(
    write_request: ChangeDep, code: Code, patch: Annotated[payloads.ElectionPatch, MergePatchBody]
) -> Response:
    """Update an election

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.ELECTION, patch, {"code": code})


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.ELECTIONS_WRITE)],
    openapi_extra=write_example("/v1/elections/pemilu-2024"),
    responses=responses_for_delete(),
)
async def delete_election(write_request: ChangeDep, code: Code, reason: DeleteReason = None) -> Response:
    """Delete an election

    Only an election without stages that nothing refers to.
    """
    return await changes.delete_object(write_request, repository.ELECTION, {"code": code}, reason)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/elections/pemilu-2024/revisions"),
    responses=problem_responses(NotFound),
)
async def list_election_revisions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of an election

    Oldest first: who changed what, when and why. Also answers for an election that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.ELECTION, {"code": code}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
