"""Routes of organizations."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import CircularParent, NotFound
from app.organizations import payloads, repository, schemas
from app.routing import create_resource_router, redirect_former_code, redirect_responses
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("organizations")
CACHE_SECONDS = 300
ROSTER_CACHE_SECONDS = 60
Code = Annotated[str, Path(description="Code of the organization.", examples=["kpu", "kpu-31"])]


@router.get(
    "",
    response_model=PageOf[schemas.Organization],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations?kind=commission&level=province&as_of=2022-06-14"),
)
async def list_organizations(
    request: Request, reader: ReaderDep, query: Annotated[schemas.OrganizationQuery, Query()]
) -> Response:
    """List organizations

    The commissions, from the national one down to those of regencies and cities, and other agencies. With `as_of`, only
    the organizations that existed on that day, each with the organization that was above it then.
    """
    return (await repository.ORGANIZATIONS.fetch_page(reader, query)).to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{code}",
    response_model=schemas.Organization,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations/kpu-31"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def get_organization(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.OrganizationItemQuery, Query()],
) -> Response:
    """Get an organization

    A code that a commission had before the code of its region changed is redirected (308) to the current code.
    """
    if item := await repository.ORGANIZATIONS.fetch_item(reader, code, query):
        return item.to_response(max_age=CACHE_SECONDS)
    past_reader = reader.known_at(query.known_at_instant)
    current_code = await repository.find_current_code(past_reader, code)
    return redirect_former_code(request, code, current_code)


@router.get(
    "/{code}/officials",
    response_model=PageOf[schemas.RosterEntry],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations/kpu/officials?as_of=2022-06-14"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def list_organization_officials(
    request: Request, reader: ReaderDep, today: TodayDep, code: Code, query: Annotated[schemas.RosterQuery, Query()]
) -> Response:
    """List the officials of an organization

    The roster: everyone possibly in office on `as_of` (default today), the chair first. `certain` is true for those who
    were certainly in office on that day according to the sources.
    """
    page = await repository.ROSTER.fetch_page(reader, query, path_parameters={"organization": code}, today=today)
    if page.is_empty:
        past_reader = reader.known_at(query.known_at_instant)
        current_code = await repository.find_current_code(past_reader, code)
        if current_code != code:
            return redirect_former_code(request, code, current_code)
    return page.to_response(request, max_age=ROSTER_CACHE_SECONDS)


@router.post(
    "",
    status_code=201,
    response_model=schemas.Organization,
    dependencies=[require_scope(Scope.ORGANIZATIONS_WRITE)],
    openapi_extra=write_example(
        "/v1/organizations",
        {
            "code": "bawaslu-31",
            "name": "Bawaslu Provinsi DKI Jakarta",
            "kind": "agency",
            "level": "province",
            "parent": "bawaslu",
        },
    ),
    responses=responses_for_create(schemas.Organization, CircularParent),
)
async def create_organization(write_request: CreateDep, payload: payloads.OrganizationPayload) -> Response:
    """Create an organization

    A client that is bound to an organization can create organizations only below it.
    """
    return await changes.create_object(write_request, repository.ORGANIZATION, payload, {"code": payload.code})


@router.patch(
    "/{code}",
    response_model=schemas.Organization,
    dependencies=[require_scope(Scope.ORGANIZATIONS_WRITE)],
    openapi_extra=write_example("/v1/organizations/kpu-31", {"seats": 7, "legal_basis": "UU 7/2017"}),
    responses=responses_for_update() | redirect_responses(),
)
async def update_organization(
    write_request: ChangeDep, code: Code, patch: Annotated[payloads.OrganizationPatch, MergePatchBody]
) -> Response:
    """Update an organization

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    try:
        return await changes.update_object(write_request, repository.ORGANIZATION, patch, {"code": code})
    except NotFound:
        current_code = await repository.find_current_code(write_request.database.reader(), code)
        return redirect_former_code(write_request.request, code, current_code)


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.ORGANIZATIONS_WRITE)],
    openapi_extra=write_example("/v1/organizations/kpu-31.71"),
    responses=responses_for_delete() | redirect_responses(),
)
async def delete_organization(write_request: ChangeDep, code: Code, reason: DeleteReason = None) -> Response:
    """Delete an organization

    Only an organization that nothing refers to. One that was dissolved remains, with `dissolved_on`.
    """
    try:
        return await changes.delete_object(write_request, repository.ORGANIZATION, {"code": code}, reason)
    except NotFound:
        current_code = await repository.find_current_code(write_request.database.reader(), code)
        return redirect_former_code(write_request.request, code, current_code)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations/kpu-31/revisions"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def list_organization_revisions(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of an organization

    Oldest first: who changed what, when and why. A former code is redirected
    (308). Also answers for an organization that was deleted.
    """
    try:
        page = await revisions.list_revisions(reader, repository.ORGANIZATION, {"code": code}, query)
    except NotFound:
        current_code = await repository.find_current_code(reader, code)
        return redirect_former_code(request, code, current_code)
    return page.to_response(request, max_age=CACHE_SECONDS)
