"""The routes of officials."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.officials import repository, schemas
from app.routing import resource

router = resource("officials")
FRESH = 60  # seconds


@router.get(
    "",
    response_model=PageOf[schemas.Official],
    dependencies=[public()],
    openapi_extra=example("/v1/officials?organization=kpu&office=chair&as_of=2024-07-10"),
)
async def list_officials(request: Request, read: Read, query: Annotated[schemas.OfficialQuery, Query()]) -> Response:
    """List officials

    People with the offices they hold or held. `organization`, `division`, `office`, `standing` and `as_of` hold of one
    and the same appointment; `as_of` also leaves only the appointments that were possible on that day.
    """
    return (await repository.OFFICIALS.page(read, query)).reply(request, fresh=FRESH)


@router.get(
    "/{id}",
    response_model=schemas.Official,
    dependencies=[public()],
    openapi_extra=example("/v1/officials/01a20c10-0ad9-7584-8953-0eb59d6a8d90?as_of=2022-06-14"),
    responses=problems(NotFound),
)
async def read_official(
    read: Read,
    id: Annotated[
        str,
        Path(
            description="The official's id, a UUID.",
            pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
            examples=["01a20c10-0ad9-7584-8953-0eb59d6a8d90"],
        ),
    ],
    query: Annotated[schemas.OfficialItemQuery, Query()],
) -> Response:
    """Read one official

    With `as_of`, only the appointments that were possible on that day are shown.
    """
    if item := await repository.OFFICIALS.one(read, UUID(id), query):
        return item.reply(fresh=FRESH)
    raise NotFound
