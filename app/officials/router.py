"""Routes of officials."""

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
from app.officials import payloads, repository, schemas
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("officials")
CACHE_SECONDS = 60
Id = Annotated[
    str,
    Path(
        description="The official's id, a UUID.",
        pattern=UUID_PATTERN,
        examples=["01a20c10-0ad9-7584-8953-0eb59d6a8d90"],
    ),
]


@router.get(
    "",
    response_model=PageOf[schemas.Official],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/officials?organization=kpu&office=chair&as_of=2024-07-10"),
)
async def list_officials(
    request: Request, reader: ReaderDep, query: Annotated[schemas.OfficialQuery, Query()]
) -> Response:
    """List officials

    People with the offices that they hold or held. `organization`, `division`, `office`, `standing` and `as_of` select
    by one and the same appointment. With `as_of`, only the appointments that are possible on that day are shown.
    """
    return (await repository.OFFICIALS.fetch_page(reader, query)).to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{id}",
    response_model=schemas.Official,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90?as_of=2022-06-14"),
    responses=problem_responses(NotFound),
)
async def get_official(
    reader: ReaderDep,
    id: Id,
    query: Annotated[schemas.OfficialItemQuery, Query()],
) -> Response:
    """Get an official

    With `as_of`, only the appointments that are possible on that day are shown.
    """
    if item := await repository.OFFICIALS.fetch_item(reader, UUID(id), query):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Official,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example("/v1/officials", {"name": "Siti Contoh", "source": "KPU RI"}),
    responses=responses_for_create(schemas.Official),
)
async def create_official(write_request: CreateDep, payload: payloads.OfficialPayload) -> Response:
    """Create an official

    A person. Create their offices with `POST /v1/appointments`.
    """
    return await changes.create_object(write_request, repository.OFFICIAL, payload, {"id": uuid7()})


@router.patch(
    "/{id}",
    response_model=schemas.Official,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(
        "/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90", {"other_names": ["Hasyim Asyari"]}
    ),
    responses=responses_for_update(),
)
async def update_official(
    write_request: ChangeDep, id: Id, patch: Annotated[payloads.OfficialPatch, MergePatchBody]
) -> Response:
    """Update an official

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.OFFICIAL, patch, {"id": UUID(id)})


@router.delete(
    "/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90"),
    responses=responses_for_delete(),
)
async def delete_official(write_request: ChangeDep, id: Id, reason: DeleteReason = None) -> Response:
    """Delete an official

    Only an official without appointments, to whom nothing refers.
    """
    return await changes.delete_object(write_request, repository.OFFICIAL, {"id": UUID(id)}, reason)


@router.get(
    "/{id}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90/revisions"),
    responses=problem_responses(NotFound),
)
async def list_official_revisions(
    request: Request, reader: ReaderDep, id: Id, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of an official

    Oldest first: who changed what, when and why. Also answers for an official that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.OFFICIAL, {"id": UUID(id)}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
