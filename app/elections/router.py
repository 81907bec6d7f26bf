"""The routes of elections."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.elections import repository, schemas
from app.routing import resource

router = resource("elections")
FRESH = 300  # seconds


@router.get(
    "",
    response_model=PageOf[schemas.Election],
    dependencies=[public()],
    openapi_extra=example("/v1/elections?kind=general"),
)
async def list_elections(request: Request, read: Read, query: Annotated[schemas.ElectionQuery, Query()]) -> Response:
    """List elections

    The elections whose stages are on record, each with its voting day and the regulation that set it.
    """
    return (await repository.ELECTIONS.page(read, query)).reply(request, fresh=FRESH)


@router.get(
    "/{code}",
    response_model=schemas.Election,
    dependencies=[public()],
    openapi_extra=example("/v1/elections/pemilu-2024"),
    responses=problems(NotFound),
)
async def read_election(
    read: Read,
    code: Annotated[str, Path(description="Code of the election.", examples=["pemilu-2024", "pilkada-2024"])],
    query: Annotated[schemas.ElectionItemQuery, Query()],
) -> Response:
    """Read one election

    Its voting day and legal basis; `stages_url` leads to its stages.
    """
    if item := await repository.ELECTIONS.one(read, code, query):
        return item.reply(fresh=FRESH)
    raise NotFound
