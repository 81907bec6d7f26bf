"""The routes of divisions."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.clock import Today
from app.core.conditional import open_data
from app.core.database import Read
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.divisions import repository, schemas
from app.routing import resource

router = resource("divisions")


@router.get("", response_model=PageOf[schemas.Division], dependencies=[public()])
async def list_divisions(
    request: Request, read: Read, today: Today, query: Annotated[schemas.DivisionQuery, Query()]
) -> Response:
    """List divisions

    The portfolios among which the members of a commission share its work, by its level and size, and the units of the
    secretariat. With `organization`, those of that body and who holds each on `as_of` (today where it is not given).
    A body whose size no source tells has an empty list.
    """
    page = await repository.DIVISIONS.page(read, query, today=None if query.as_of else today.day)
    return page.reply(request, cache=open_data(60, at_most=None if query.as_of else today.seconds_left))


@router.get("/{code}", response_model=schemas.Division, dependencies=[public()], responses=problems(NotFound))
async def read_division(
    read: Read,
    today: Today,
    code: Annotated[str, Path(description="Code of the division.", examples=["ri-3", "p7-4"])],
    query: Annotated[schemas.DivisionItemQuery, Query()],
) -> Response:
    """Read one division

    With `organization`, who holds it there on `as_of` (today where it is not given).
    """
    if item := await repository.DIVISIONS.one(read, code, query, today=None if query.as_of else today.day):
        return item.reply(cache=open_data(60, at_most=None if query.as_of else today.seconds_left))
    raise NotFound
