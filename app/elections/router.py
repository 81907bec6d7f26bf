"""The routes of elections."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow, public
from app.core.db.database import Read
from app.core.http.examples import example, written
from app.core.http.openapi import problems
from app.core.http.paging import PageOf
from app.core.problems import NotFound
from app.elections import payloads, repository, schemas
from app.routing import resource
from app.writes import changes, revisions
from app.writes.payloads import MergePatch, Note
from app.writes.request import Change, Creation
from app.writes.responses import changed, created, deleted

router = resource("elections")
FRESH = 300  # seconds
Code = Annotated[str, Path(description="Code of the election.", examples=["pemilu-2024", "pilkada-2024"])]


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
    code: Code,
    query: Annotated[schemas.ElectionItemQuery, Query()],
) -> Response:
    """Read one election

    Its voting day and legal basis; `stages_url` leads to its stages.
    """
    if item := await repository.ELECTIONS.one(read, code, query):
        return item.reply(fresh=FRESH)
    raise NotFound


@router.post(
    "",
    status_code=201,
    response_model=schemas.Election,
    dependencies=[allow(Scope.ELECTIONS_WRITE)],
    openapi_extra=written("/v1/elections", {"code": "pemilu-2029", "name": "Pemilihan Umum 2029", "kind": "general"}),
    responses=created(schemas.Election),
)
async def create_election(write: Creation, content: payloads.ElectionContent) -> Response:
    """Create an election

    Its stages are created at `/v1/stages`.
    """
    return await changes.create(write, repository.ELECTION, content, {"code": content.code})


@router.patch(
    "/{code}",
    response_model=schemas.Election,
    dependencies=[allow(Scope.ELECTIONS_WRITE)],
    openapi_extra=written("/v1/elections/pemilu-2024", {"name_en": "General Election 2024"}),
    responses=changed(),
)
async def change_election(write: Change, code: Code, patch: Annotated[payloads.ElectionPatch, MergePatch]) -> Response:
    """Change an election

    A merge patch (RFC 7396): what is named changes, null takes a member away, a list is replaced as a whole.
    """
    return await changes.change(write, repository.ELECTION, patch, {"code": code})


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[allow(Scope.ELECTIONS_WRITE)],
    openapi_extra=written("/v1/elections/pemilu-2024"),
    responses=deleted(),
)
async def delete_election(write: Change, code: Code, note: Note = None) -> Response:
    """Delete an election

    Only one without stages that nothing refers to.
    """
    return await changes.delete(write, repository.ELECTION, {"code": code}, note)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[public()],
    openapi_extra=example("/v1/elections/pemilu-2024/revisions"),
    responses=problems(NotFound),
)
async def list_election_revisions(
    request: Request, read: Read, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List an election's revisions

    Who wrote what of it, when and why; also of one that was deleted.
    """
    page = await revisions.page(read, repository.ELECTION, {"code": code}, query)
    return page.reply(request, fresh=FRESH)
