"""Routes of divisions."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import NotFound
from app.divisions import payloads, repository, schemas
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("divisions")
CACHE_SECONDS = 60
Code = Annotated[str, Path(description="Code of the division.", examples=["ri-3", "p7-4"])]


@router.get(
    "",
    response_model=PageOf[schemas.Division],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/divisions?kind=division&organization=kpu&as_of=2022-06-14"),
)
async def list_divisions(
    request: Request, reader: ReaderDep, today: TodayDep, query: Annotated[schemas.DivisionQuery, Query()]
) -> Response:
    """List divisions

    The portfolios of the members of a commission, which depend on its level and size, and the units of the secretariat.
    With `organization`, those of that commission, each with its head on `as_of` (default today). The list is empty for
    a commission whose size no source states.
    """
    page = await repository.DIVISIONS.fetch_page(reader, query, today=today)
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{code}",
    response_model=schemas.Division,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/divisions/ri-3?organization=kpu&as_of=2022-06-14"),
    responses=problem_responses(NotFound),
)
async def get_division(
    reader: ReaderDep,
    today: TodayDep,
    code: Code,
    query: Annotated[schemas.DivisionItemQuery, Query()],
) -> Response:
    """Get a division

    With `organization`, also its head in that commission on `as_of` (default today).
    """
    if item := await repository.DIVISIONS.fetch_item(reader, code, query, today=today):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Division,
    dependencies=[require_scope(Scope.DIVISIONS_WRITE)],
    openapi_extra=write_example(
        "/v1/divisions",
        {"code": "p7-9", "kind": "division", "level": "province", "members": 7, "name": "Divisi Contoh"},
    ),
    responses=responses_for_create(schemas.Division),
)
async def create_division(write_request: CreateDep, payload: payloads.DivisionPayload) -> Response:
    """Create a division

    The division exists in every commission of its level and size.
    """
    return await changes.create_object(write_request, repository.DIVISION, payload, {"code": payload.code})


@router.patch(
    "/{code}",
    response_model=schemas.Division,
    dependencies=[require_scope(Scope.DIVISIONS_WRITE)],
    openapi_extra=write_example("/v1/divisions/p7-4", {"name_en": "Voter data and information"}),
    responses=responses_for_update(),
)
async def update_division(
    write_request: ChangeDep, code: Code, patch: Annotated[payloads.DivisionPatch, MergePatchBody]
) -> Response:
    """Update a division

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.DIVISION, patch, {"code": code})


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.DIVISIONS_WRITE)],
    openapi_extra=write_example("/v1/divisions/k5-5"),
    responses=responses_for_delete(),
)
async def delete_division(write_request: ChangeDep, code: Code, reason: DeleteReason = None) -> Response:
    """Delete a division

    Only a division that nothing refers to.
    """
    return await changes.delete_object(write_request, repository.DIVISION, {"code": code}, reason)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/divisions/p7-4/revisions"),
    responses=problem_responses(NotFound),
)
async def list_division_revisions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of a division

    Oldest first: who changed what, when and why. Also answers for a division that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.DIVISION, {"code": code}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
