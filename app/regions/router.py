"""The routes of regions."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.regions import repository, schemas
from app.routing import moved, moved_to, resource

router = resource("regions")
FRESH = 300  # seconds


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
    code: Annotated[str, Path(description="Kemendagri code.", examples=["31", "93.01"])],
    query: Annotated[schemas.RegionItemQuery, Query()],
) -> Response:
    """Read one region

    A code that the region had before leads to today's with 308.
    """
    if item := await repository.REGIONS.one(read, code, query):
        return item.reply(fresh=FRESH)
    if today := await repository.code_today(read, code):
        return moved_to(request, code, today)
    raise NotFound
