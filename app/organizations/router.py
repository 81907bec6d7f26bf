"""The routes of organizations."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.clock import Today
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.organizations import repository, schemas
from app.routing import moved, moved_to, resource

router = resource("organizations")
FRESH, FRESH_ROSTER = 300, 60  # seconds
Code = Annotated[str, Path(description="Code of the organization.", examples=["kpu", "kpu-31"])]


@router.get(
    "",
    response_model=PageOf[schemas.Organization],
    dependencies=[public()],
    openapi_extra=example("/v1/organizations?kind=commission&level=province&as_of=2022-06-14"),
)
async def list_organizations(
    request: Request, read: Read, query: Annotated[schemas.OrganizationQuery, Query()]
) -> Response:
    """List organizations

    The commissions, from the national one down to those of regencies and cities, and the agencies beside them. With
    `as_of`, those that existed on that day, each under the body that was above it then.
    """
    return (await repository.ORGANIZATIONS.page(read, query)).reply(request, fresh=FRESH)


@router.get(
    "/{code}",
    response_model=schemas.Organization,
    dependencies=[public()],
    openapi_extra=example("/v1/organizations/kpu-31"),
    responses=problems(NotFound) | moved(),
)
async def read_organization(
    request: Request,
    read: Read,
    code: Code,
    query: Annotated[schemas.OrganizationItemQuery, Query()],
) -> Response:
    """Read one organization

    A commission's code from before its region's code changed leads to today's with 308.
    """
    if item := await repository.ORGANIZATIONS.one(read, code, query):
        return item.reply(fresh=FRESH)
    current = await repository.code_today(read, code)
    if current is None or current == code:  # it is there, but was not on the day asked for
        raise NotFound
    return moved_to(request, code, current)


@router.get(
    "/{code}/officials",
    response_model=PageOf[schemas.RosterEntry],
    dependencies=[public()],
    openapi_extra=example("/v1/organizations/kpu/officials?as_of=2022-06-14"),
    responses=problems(NotFound) | moved(),
)
async def read_roster(
    request: Request, read: Read, today: Today, code: Code, query: Annotated[schemas.RosterQuery, Query()]
) -> Response:
    """Read a roster

    Everyone who was possibly in office at this body on `as_of` (today where it is not given), the chair first.
    `certain` tells on which entries the sources leave no doubt for that day.
    """
    page = await repository.ROSTER.page(read, query, within={"organization": code}, today=today)
    current = await repository.code_today(read, code) if page.is_empty else code
    if current is None:
        raise NotFound
    if current != code:
        return moved_to(request, code, current)
    return page.reply(request, fresh=FRESH_ROSTER)
