"""The routes of regions."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow, public
from app.core.db.database import Read
from app.core.http.examples import example, written
from app.core.http.openapi import problems
from app.core.http.paging import PageOf
from app.core.problems import NotFound
from app.regions import payloads, repository, schemas
from app.routing import moved, moved_to, resource
from app.writes import changes, revisions
from app.writes.payloads import MergePatch, Note
from app.writes.request import Change, Creation
from app.writes.responses import changed, created, deleted

router = resource("regions")
FRESH = 300  # seconds
Code = Annotated[str, Path(description="Kemendagri code.", examples=["31", "93.01"])]


@router.get(
    "",
    response_model=PageOf[schemas.Region],
    dependencies=[public()],
    openapi_extra=example("/v1/regions?type=province&as_of=2022-06-14"),
)
async def list_regions(request: Request, read: Read, query: Annotated[schemas.RegionQuery, Query()]) -> Response:
    """List regions

    Provinces, regencies and cities, by their Kemendagri code of today. With `as_of`, those that existed on that day,
    each under the province that it lay in then.
    """
    return (await repository.REGIONS.page(read, query)).reply(request, fresh=FRESH)


@router.get(
    "/{code}",
    response_model=schemas.Region,
    dependencies=[public()],
    openapi_extra=example("/v1/regions/93.01?as_of=2022-06-14"),
    responses=problems(NotFound) | moved(),
)
async def read_region(
    request: Request,
    read: Read,
    code: Code,
    query: Annotated[schemas.RegionItemQuery, Query()],
) -> Response:
    """Read one region

    A code that the region had before leads to today's with 308.
    """
    if item := await repository.REGIONS.one(read, code, query):
        return item.reply(fresh=FRESH)
    then = read.at(query.then)
    if current := await repository.code_today(then, code):
        return moved_to(request, code, current)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Region,
    dependencies=[allow(Scope.REGIONS_WRITE)],
    openapi_extra=written(
        "/v1/regions", {"code": "97", "name": "Papua Utara", "type": "province", "time_zone": "Asia/Jayapura"}
    ),
    responses=created(schemas.Region),
)
async def create_region(write: Creation, content: payloads.RegionContent) -> Response:
    """Create a region

    A regency or city begins with the code of its province.
    """
    return await changes.create(write, repository.REGION, content, {"code": content.code})


@router.patch(
    "/{code}",
    response_model=schemas.Region,
    dependencies=[allow(Scope.REGIONS_WRITE)],
    openapi_extra=written("/v1/regions/31", {"capital": "Jakarta", "reason": "an example"}),
    responses=changed(),
)
async def change_region(write: Change, code: Code, patch: Annotated[payloads.RegionPatch, MergePatch]) -> Response:
    """Change a region

    A merge patch (RFC 7396): what is named changes, null takes a member away, a list is replaced as a whole.
    """
    return await changes.change(write, repository.REGION, patch, {"code": code})


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[allow(Scope.REGIONS_WRITE)],
    openapi_extra=written("/v1/regions/31"),
    responses=deleted(),
)
async def delete_region(write: Change, code: Code, note: Note = None) -> Response:
    """Delete a region

    Only what nothing refers to; a region that was wound up in life stays on record.
    """
    return await changes.delete(write, repository.REGION, {"code": code}, note)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[public()],
    openapi_extra=example("/v1/regions/31/revisions"),
    responses=problems(NotFound),
)
async def list_region_revisions(
    request: Request, read: Read, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List a region's revisions

    Who wrote what of it, when and why; also of one that was deleted.
    """
    page = await revisions.page(read, repository.REGION, {"code": code}, query)
    return page.reply(request, fresh=FRESH)
