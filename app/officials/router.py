"""The routes of officials."""

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
from app.routing import resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = resource_router("officials")
CACHE_SECONDS = 60  # seconds
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
    request: Request, read: ReaderDep, query: Annotated[schemas.OfficialQuery, Query()]
) -> Response:
    """List officials

    People with the offices they hold or held. `organization`, `division`, `office`, `standing` and `as_of` hold of one
    and the same appointment; `as_of` also leaves only the appointments that were possible on that day.
    """
    return (await repository.OFFICIALS.fetch_page(read, query)).to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{id}",
    response_model=schemas.Official,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90?as_of=2022-06-14"),
    responses=problem_responses(NotFound),
)
async def get_official(
    read: ReaderDep,
    id: Id,
    query: Annotated[schemas.OfficialItemQuery, Query()],
) -> Response:
    """Read one official

    With `as_of`, only the appointments that were possible on that day are shown.
    """
    if item := await repository.OFFICIALS.fetch_item(read, UUID(id), query):
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
async def create_official(write: CreateDep, content: payloads.OfficialContent) -> Response:
    """Create an official

    A person; the offices held are created at `/v1/appointments`.
    """
    return await changes.create_object(write, repository.OFFICIAL, content, {"id": uuid7()})


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
    write: ChangeDep, id: Id, patch: Annotated[payloads.OfficialPatch, MergePatchBody]
) -> Response:
    """Change an official

    A merge patch (RFC 7396): what is named changes, null takes a member away, a list is replaced as a whole.
    """
    return await changes.update_object(write, repository.OFFICIAL, patch, {"id": UUID(id)})


@router.delete(
    "/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90"),
    responses=responses_for_delete(),
)
async def delete_official(write: ChangeDep, id: Id, note: DeleteReason = None) -> Response:
    """Delete an official

    Only who has no appointment, and whom nothing refers to.
    """
    return await changes.delete_object(write, repository.OFFICIAL, {"id": UUID(id)}, note)


@router.get(
    "/{id}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90/revisions"),
    responses=problem_responses(NotFound),
)
async def list_official_revisions(
    request: Request, read: ReaderDep, id: Id, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List an official's revisions

    Who wrote what of it, when and why; also of one that was deleted.
    """
    page = await revisions.list_revisions(read, repository.OFFICIAL, {"id": UUID(id)}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
