"""Routes of regions."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import NotFound
from app.regions import payloads, repository, schemas
from app.routing import create_resource_router, redirect_former_code, redirect_responses
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("regions")
CACHE_SECONDS = 300
Code = Annotated[str, Path(description="Kemendagri code.", examples=["31", "93.01"])]


@router.get(
    "",
    response_model=PageOf[schemas.Region],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/regions?type=province&as_of=2022-06-14"),
)
async def list_regions(request: Request, reader: ReaderDep, query: Annotated[schemas.RegionQuery, Query()]) -> Response:
    """List regions

    Provinces, regencies and cities, by their present Kemendagri code. With `as_of`, those that existed on that day,
    each with the province to which it belonged then.
    """
    page = await repository.REGIONS.fetch_page(reader, query)
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{code}",
    response_model=schemas.Region,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/regions/93.01?as_of=2022-06-14"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def get_region(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.RegionItemQuery, Query()],
) -> Response:
    """Get a region

    A former code redirects to the present one with 308.
    """
    if item := await repository.REGIONS.fetch_item(reader, code, query):
        return item.to_response(max_age=CACHE_SECONDS)
    past_reader = reader.known_at(query.known_at_instant)
    current_code = await repository.find_current_code(past_reader, code)
    return redirect_former_code(request, code, current_code)


@router.post(
    "",
    status_code=201,
    response_model=schemas.Region,
    dependencies=[require_scope(Scope.REGIONS_WRITE)],
    openapi_extra=write_example(
        "/v1/regions", {"code": "97", "name": "Papua Utara", "type": "province", "time_zone": "Asia/Jayapura"}
    ),
    responses=responses_for_create(schemas.Region),
)
async def create_region(write_request: CreateDep, payload: payloads.RegionPayload) -> Response:
    """Create a region

    The code of a regency or city begins with the code of its province.
    """
    return await changes.create_object(write_request, repository.REGION, payload, {"code": payload.code})


@router.patch(
    "/{code}",
    response_model=schemas.Region,
    dependencies=[require_scope(Scope.REGIONS_WRITE)],
    openapi_extra=write_example("/v1/regions/31", {"capital": "Jakarta", "reason": "an example"}),
    responses=responses_for_update() | redirect_responses(),
)
async def update_region(
    write_request: ChangeDep, code: Code, patch: Annotated[payloads.RegionPatch, MergePatchBody]
) -> Response:
    """Update a region

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    try:
        return await changes.update_object(write_request, repository.REGION, patch, {"code": code})
    except NotFound:
        current_code = await repository.find_current_code(write_request.database.reader(), code)
        return redirect_former_code(write_request.request, code, current_code)


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.REGIONS_WRITE)],
    openapi_extra=write_example("/v1/regions/31"),
    responses=responses_for_delete() | redirect_responses(),
)
async def delete_region(write_request: ChangeDep, code: Code, reason: DeleteReason = None) -> Response:
    """Delete a region

    Only a region that nothing refers to. A region that was dissolved stays on record.
    """
    try:
        return await changes.delete_object(write_request, repository.REGION, {"code": code}, reason)
    except NotFound:
        current_code = await repository.find_current_code(write_request.database.reader(), code)
        return redirect_former_code(write_request.request, code, current_code)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/regions/31/revisions"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def list_region_revisions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of a region

    Oldest first: who changed what, when and why. A former code is redirected
    (308). Also answers for a region that was deleted.
    """
    try:
        page = await revisions.list_revisions(reader, repository.REGION, {"code": code}, query)
    except NotFound:
        current_code = await repository.find_current_code(reader, code)
        return redirect_former_code(request, code, current_code)
    return page.to_response(request, max_age=CACHE_SECONDS)
