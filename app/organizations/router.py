"""The routes of organizations."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep, TodayDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import CircularParent, NotFound
from app.organizations import payloads, repository, schemas
from app.routing import redirect_responses, redirect_to_current_code, resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = resource_router("organizations")
CACHE_SECONDS, ROSTER_CACHE_SECONDS = 300, 60  # seconds
Code = Annotated[str, Path(description="Code of the organization.", examples=["kpu", "kpu-31"])]


@router.get(
    "",
    response_model=PageOf[schemas.Organization],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations?kind=commission&level=province&as_of=2022-06-14"),
)
async def list_organizations(
    request: Request, read: ReaderDep, query: Annotated[schemas.OrganizationQuery, Query()]
) -> Response:
    """List organizations

    The commissions, from the national one down to those of regencies and cities, and the agencies beside them. With
    `as_of`, those that existed on that day, each under the body that was above it then.
    """
    return (await repository.ORGANIZATIONS.fetch_page(read, query)).to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/{code}",
    response_model=schemas.Organization,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations/kpu-31"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def get_organization(
    request: Request,
    read: ReaderDep,
    code: Code,
    query: Annotated[schemas.OrganizationItemQuery, Query()],
) -> Response:
    """Read one organization

    A commission's code from before its region's code changed leads to today's with 308.
    """
    if item := await repository.ORGANIZATIONS.fetch_item(read, code, query):
        return item.to_response(max_age=CACHE_SECONDS)
    then = read.known_at(query.known_at_instant)
    current = await repository.find_current_code(then, code)
    if current is None or current == code:  # it is there, but was not on the day asked for
        raise NotFound
    return redirect_to_current_code(request, code, current)


@router.get(
    "/{code}/officials",
    response_model=PageOf[schemas.RosterEntry],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations/kpu/officials?as_of=2022-06-14"),
    responses=problem_responses(NotFound) | redirect_responses(),
)
async def list_organization_officials(
    request: Request, read: ReaderDep, today: TodayDep, code: Code, query: Annotated[schemas.RosterQuery, Query()]
) -> Response:
    """Read a roster

    Everyone who was possibly in office at this body on `as_of` (today where it is not given), the chair first.
    `certain` tells on which entries the sources leave no doubt for that day.
    """
    page = await repository.ROSTER.fetch_page(read, query, path_parameters={"organization": code}, today=today)
    then = read.known_at(query.known_at_instant)
    current = await repository.find_current_code(then, code) if page.is_empty else code
    if current is None:
        raise NotFound
    if current != code:
        return redirect_to_current_code(request, code, current)
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
async def create_organization(write: CreateDep, content: payloads.OrganizationPayload) -> Response:
    """Create an organization

    A client that is bound to an organization creates below it only.
    """
    return await changes.create_object(write, repository.ORGANIZATION, content, {"code": content.code})


@router.patch(
    "/{code}",
    response_model=schemas.Organization,
    dependencies=[require_scope(Scope.ORGANIZATIONS_WRITE)],
    openapi_extra=write_example("/v1/organizations/kpu-31", {"seats": 7, "legal_basis": "UU 7/2017"}),
    responses=responses_for_update(),
)
async def update_organization(
    write: ChangeDep, code: Code, patch: Annotated[payloads.OrganizationPatch, MergePatchBody]
) -> Response:
    """Change an organization

    A merge patch (RFC 7396): what is named changes, null takes a member away, a list is replaced as a whole.
    """
    return await changes.update_object(write, repository.ORGANIZATION, patch, {"code": code})


@router.delete(
    "/{code}",
    status_code=204,
    dependencies=[require_scope(Scope.ORGANIZATIONS_WRITE)],
    openapi_extra=write_example("/v1/organizations/kpu-31.71"),
    responses=responses_for_delete(),
)
async def delete_organization(write: ChangeDep, code: Code, note: DeleteReason = None) -> Response:
    """Delete an organization

    Only what nothing refers to; one that was dissolved in life stays on record, with `dissolved_on`.
    """
    return await changes.delete_object(write, repository.ORGANIZATION, {"code": code}, note)


@router.get(
    "/{code}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/organizations/kpu-31/revisions"),
    responses=problem_responses(NotFound),
)
async def list_organization_revisions(
    request: Request, read: ReaderDep, code: Code, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List an organization's revisions

    Who wrote what of it, when and why; also of one that was deleted.
    """
    page = await revisions.list_revisions(read, repository.ORGANIZATION, {"code": code}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)
