"""The routes of divisions."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.clock import Today
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.divisions import repository, schemas
from app.routing import resource

router = resource("divisions")
FRESH = 60  # seconds


@router.get(
    "",
    response_model=PageOf[schemas.Division],
    dependencies=[public()],
    openapi_extra=example("/v1/divisions?kind=division&organization=kpu&as_of=2022-06-14"),
)
async def list_divisions(
    request: Request, read: Read, today: Today, query: Annotated[schemas.DivisionQuery, Query()]
) -> Response:
    """List divisions

    The portfolios among which the members of a commission share its work, by its level and size, and the units of the
    secretariat. With `organization`, those of that body and who holds each on `as_of` (today where it is not given).
    A body whose size no source tells has an empty list.
    """
    return (await repository.DIVISIONS.page(read, query, today=today)).reply(request, fresh=FRESH)


@router.get(
    "/{code}",
    response_model=schemas.Division,
    dependencies=[public()],
    openapi_extra=example("/v1/divisions/ri-3?organization=kpu&as_of=2022-06-14"),
    responses=problems(NotFound),
)
async def read_division(
    read: Read,
    today: Today,
    code: Annotated[str, Path(description="Code of the division.", examples=["ri-3", "p7-4"])],
    query: Annotated[schemas.DivisionItemQuery, Query()],
) -> Response:
    """Read one division

    With `organization`, who holds it there on `as_of` (today where it is not given).
    """
    if item := await repository.DIVISIONS.one(read, code, query, today=today):
        return item.reply(fresh=FRESH)
    raise NotFound
