"""The routes of appointments."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response
from uuid_utils.compat import uuid7

from app.appointments import payloads, repository, schemas, service
from app.auth import Scope, allow_anonymous, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.patterns import UUID_PATTERN
from app.core.problems import EndsBeforeStart, NotFound, SameOfficeTwice, TwoDefinitiveHolders
from app.routing import resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = resource_router("appointments", at="/v1")
CACHE_SECONDS = 60  # seconds
EXAMPLE_PATH = "/v1/appointments/01a20c10-0b1e-7462-be69-2d72b31c409c"
Id = Annotated[
    str,
    Path(
        description="The appointment's id, a UUID.",
        pattern=UUID_PATTERN,
        examples=["01a20c10-0b1e-7462-be69-2d72b31c409c"],
    ),
]


@router.get(
    "/appointments",
    response_model=PageOf[schemas.Appointment],
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/appointments?organization=kpu&office=chair"),
)
async def list_appointments(
    request: Request, read: ReaderDep, query: Annotated[schemas.AppointmentQuery, Query()]
) -> Response:
    """List appointments

    Who holds or held which office of which organization. With `as_of`, those that were possible on that day, and
    whether they were certain.
    """
    return (await repository.APPOINTMENTS.fetch_page(read, query)).to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/appointments/{id}",
    response_model=schemas.Appointment,
    dependencies=[allow_anonymous()],
    openapi_extra=example(EXAMPLE_PATH),
    responses=problem_responses(NotFound),
)
async def get_appointment(read: ReaderDep, id: Id, query: Annotated[schemas.AppointmentItemQuery, Query()]) -> Response:
    """Read one appointment

    With `as_of`, it is found only if it was possible on that day.
    """
    if item := await repository.APPOINTMENTS.fetch_item(read, UUID(id), query):
        return item.to_response(max_age=CACHE_SECONDS)
    raise NotFound


@router.post(
    "/appointments",
    status_code=201,
    response_model=schemas.Appointment,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(
        "/v1/appointments",
        {
            "official": "01a20c10-0ad9-7584-8953-0eb59d6a8d90",
            "organization": "kpu-31",
            "office": "member",
            "standing": "definitive",
            "start_on": "2030-01",
        },
    ),
    responses=responses_for_create(schemas.Appointment, TwoDefinitiveHolders, SameOfficeTwice, EndsBeforeStart),
)
async def create_appointment(write: CreateDep, content: payloads.AppointmentContent) -> Response:
    """Create an appointment

    A person in an office of an organization, from `start_on` until the day before `end_on`; both may be partial. A
    client that is bound to an organization appoints only people whom it may write: those whose offices all lie within
    it, and those without any that it has created.
    """
    return await changes.create_object(write, repository.APPOINTMENT, content, {"id": uuid7()})


@router.patch(
    "/appointments/{id}",
    response_model=schemas.Appointment,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(EXAMPLE_PATH, {"end_on": "2024-07-03", "end_reason": "an example"}),
    responses=responses_for_update(),
)
async def update_appointment(
    write: ChangeDep, id: Id, patch: Annotated[payloads.AppointmentPatch, MergePatchBody]
) -> Response:
    """Change an appointment

    A merge patch (RFC 7396): what is named changes, null takes a member away, a list is replaced as a whole.
    """
    return await changes.update_object(write, repository.APPOINTMENT, patch, {"id": UUID(id)})


@router.delete(
    "/appointments/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(EXAMPLE_PATH),
    responses=responses_for_delete(),
)
async def delete_appointment(write: ChangeDep, id: Id, note: DeleteReason = None) -> Response:
    """Delete an appointment

    Only one that was recorded in error; one that has ended is given its `end_on`.
    """
    return await changes.delete_object(write, repository.APPOINTMENT, {"id": UUID(id)}, note)


@router.get(
    "/appointments/{id}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example(f"{EXAMPLE_PATH}/revisions"),
    responses=problem_responses(NotFound),
)
async def list_appointment_revisions(
    request: Request, read: ReaderDep, id: Id, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List an appointment's revisions

    Who wrote what of it, when and why; also of one that was deleted.
    """
    page = await revisions.list_revisions(read, repository.APPOINTMENT, {"id": UUID(id)}, query)
    return page.to_response(request, max_age=CACHE_SECONDS)


@router.post(
    "/appointments:succeed",
    status_code=201,
    response_model=schemas.Succession,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(
        "/v1/appointments:succeed",
        {
            "ends": "01a20c10-0b28-7555-b08e-2d32bf38dcab",
            "end_on": "2027-04-12",
            "begins": {"official": "01a20c10-0ae2-7033-aa5d-2a6bfa807bee", "standing": "acting"},
            "reason": "an example",
        },
    ),
    responses=responses_for_create(schemas.Succession, TwoDefinitiveHolders, SameOfficeTwice, EndsBeforeStart),
)
async def succeed_appointment(write: CreateDep, content: payloads.SuccessionContent) -> Response:
    """Hand an office over

    Ends an appointment and begins the next one in its office, in one step: nobody reads the one without the other.
    """
    return await service.succeed_appointment(write, content)
