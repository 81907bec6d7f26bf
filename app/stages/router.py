"""The routes of stages."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import public
from app.core import conditional
from app.core.clock import Today
from app.core.database import Read
from app.core.examples import example
from app.core.openapi import problems
from app.core.pages import PageOf
from app.core.problems import NotFound
from app.routing import resource
from app.stages import repository, schemas

router = resource("stages", at="/v1")
FRESH = 300  # seconds


@router.get(
    "/stages",
    response_model=PageOf[schemas.Stage],
    dependencies=[public()],
    openapi_extra=example("/v1/stages?election=pemilu-2024&parent=none&status=running&as_of=2022-06-14"),
)
async def list_stages(
    request: Request, read: Read, today: Today, query: Annotated[schemas.StageQuery, Query()]
) -> Response:
    """List stages

    What an election's calendar says: its stages and their parts, with the status of each on `as_of`. `from` and `to`
    leave what overlaps these days; a stage of which one date is known counts as that day.
    """
    return (await repository.STAGES.page(read, query, today=today)).reply(request, fresh=FRESH)


@router.get(
    "/stages/{code}",
    response_model=schemas.Stage,
    dependencies=[public()],
    openapi_extra=example("/v1/stages/pu-08?as_of=2024-02-12"),
    responses=problems(NotFound),
)
async def read_stage(
    read: Read,
    today: Today,
    code: Annotated[str, Path(description="Code of the stage.", examples=["pu-08", "pu-01"])],
    query: Annotated[schemas.StageItemQuery, Query()],
) -> Response:
    """Read one stage

    Its dates or, where the regulation sets none, its rule in words; its status and the days until it begins and ends.
    """
    if item := await repository.STAGES.one(read, code, query, today=today):
        return item.reply(fresh=FRESH)
    raise NotFound


@router.get(
    "/elections/{code}/tree",
    response_model=schemas.StageTree,
    dependencies=[public()],
    openapi_extra=example("/v1/elections/pemilu-2024/tree?as_of=2022-06-14"),
    responses=problems(NotFound),
)
async def read_tree(
    read: Read,
    today: Today,
    code: Annotated[str, Path(description="Code of the election.", examples=["pemilu-2024", "pilkada-2024"])],
    query: Annotated[schemas.TreeQuery, Query()],
) -> Response:
    """Read the stages as a tree

    All stages of an election in one answer, each with its parts below it, in the order of the regulation.
    """
    day, lasts = today.unless(query.as_of)
    if body := await repository.tree(read, code, day):
        return conditional.reply(body, cache=conditional.open_data(FRESH, at_most=lasts))
    raise NotFound
