"""Routes of stages."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import CircularParent, EndsBeforeStart, ForeignParent, NotFound
from app.routing import create_resource_router
from app.stages import payloads, repository, schemas
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("stages", prefix="/v1")
CACHE_SECONDS = 300
Code = Annotated[str, Path(description="Code of the stage.", examples=["pu-08", "pu-01"])]


@router.get(
    "/stages",
    response_model=PageOf[schemas.Stage],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/stages?election=pemilu-2024&parent=none&status=running&as_of=2022-06-14"),
)
async def list_stages(
    request: Request, reader: ReaderDep, today: TodayDep, query: Annotated[schemas.StageQuery, Query()]
) -> Response:
    """List stages

    The calendar of an election: its stages and their parts, with the status of each on `as_of`. `from` and `to` select
    the stages that overlap these days; a stage with only one known date counts as that day.
    """
    page = await repository.STAGES.fetch_page(reader, query, today=today)
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/stages/{code}",
    response_model=schemas.Stage,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/stages/pu-08?as_of=2024-02-12"),
    responses=problem_responses(NotFound),
)
async def get_stage(
    reader: ReaderDep,
    today: TodayDep,
    code: Code,
    query: Annotated[schemas.StageItemQuery, Query()],
) -> Response:
    """Get a stage

    Its dates or, if the regulation sets none, its rule in words; its status, and the days until its start and end.
    """
    if item := await repository.STAGES.fetch_item(reader, code, query, today=today):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.get(
    "/elections/{code}/tree",
    response_model=schemas.StageTree,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/elections/pemilu-2024/tree?as_of=2022-06-14"),
    responses=problem_responses(NotFound),
)
async def get_stage_tree(
    reader: ReaderDep,
    today: TodayDep,
    code: Annotated[str, Path(description="Code of the election.", examples=["pemilu-2024", "pilkada-2024"])],
    query: Annotated[schemas.TreeQuery, Query()],
) -> Response:
    """Get the stages of an election as a tree

    All stages in one response, each with its parts nested below it, in the order of the regulation.
    """
    day, valid_seconds = today.resolve_as_of(query.as_of or today.date_of(query.known_at))
    if query.known_at:
        reader = reader.known_at(query.known_at)
    if tree := await repository.fetch_stage_tree(reader, code, day):
        cache = conditional.public_cache_control(CACHE_SECONDS, valid_seconds=valid_seconds)
        return conditional.json_response(tree, cache_control=cache)
    raise NotFound


@router.post(
    "/stages",
    status_code=201,
    response_model=schemas.Stage,
    dependencies=[require_scope(Scope.STAGES_WRITE)],
    openapi_extra=write_example(
        "/v1/stages", {"code": "pu-99", "election": "pemilu-2024", "position": 99, "kind": "stage", "name": "Evaluasi"}
    ),
    responses=responses_for_create(schemas.Stage, ForeignParent, EndsBeforeStart, CircularParent),
)
async def create_stage(write_request: CreateDep, payload: payloads.StagePayload) -> Response:
    """Create a stage

    The parent of a part must be a stage of the same election.
    """
    return await changes.create_object(write_request, repository.STAGE, payload, {"code": payload.code})


@router.patch(
    "/stages/{code}",
    response_model=schemas.Stage,
    dependencies=[require_scope(Scope.STAGES_WRITE)],
    openapi_extra=write_example(
        "/v1/stages/pu-08", {"end_on": "2024-02-12", "legal_basis": "PKPU 3/2022", "reason": "an example"}
    ),
    responses=responses_for_update(),
)
async def update_stage(
    write_request: ChangeDep, code: Code, patch: Annotated[payloads.StagePatch, MergePatchBody]
) -> Response:
    """Update a stage

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    The revision records changed dates as a shift, with the `legal_basis` of the request.
    """
    return await changes.update_object(write_request, repository.STAGE, patch, {"code": code})


@router.delete(
    "/stages/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.STAGES_WRITE)],
    openapi_extra=write_example("/v1/stages/pu-08"),
    responses=responses_for_delete(),
)
async def delete_stage(write_request: ChangeDep, code: Code, reason: DeleteReason = None) -> Response:
    """Delete a stage

    Only a stage without parts.
    """
    return await changes.delete_object(write_request, repository.STAGE, {"code": code}, reason)


@router.get(
    "/stages/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/stages/pu-08/revisions"),
    responses=problem_responses(NotFound),
)
async def list_stage_revisions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of a stage

    Oldest first: who changed what, when and why. Also answers for a stage that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.STAGE, {"code": code}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
