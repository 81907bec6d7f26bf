"""Routes of appointments."""

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
from app.routing import create_resource_router
from app.writes import changes, revisions
from app.writes.payloads import DeleteReason, MergePatchBody
from app.writes.request import ChangeDep, CreateDep
from app.writes.responses import responses_for_create, responses_for_delete, responses_for_update

router = create_resource_router("appointments", prefix="/v1")
CACHE_SECONDS = 60
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
    request: Request, reader: ReaderDep, query: Annotated[schemas.AppointmentQuery, Query()]
) -> Response:
    """List appointments

    The offices that officials hold or held in organizations. With `as_of`, only the appointments that are possible on
    that day; `certain` states which of them are certain.
    """
    return (await repository.APPOINTMENTS.fetch_page(reader, query)).to_response(request, max_age=CACHE_SECONDS)


@router.get(
    "/appointments/{id}",
    response_model=schemas.Appointment,
    dependencies=[allow_anonymous()],
    openapi_extra=example(EXAMPLE_PATH),
    responses=problem_responses(NotFound),
)
async def get_appointment(
    reader: ReaderDep, id: Id, query: Annotated[schemas.AppointmentItemQuery, Query()]
) -> Response:
    """Get an appointment

    With `as_of`, it is found only if it is possible on that day.
    """
    if item := await repository.APPOINTMENTS.fetch_item(reader, UUID(id), query):
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
async def create_appointment(write_request: CreateDep, payload: payloads.AppointmentPayload) -> Response:
    """Create an appointment

    An official in an office of an organization, from `start_on` until the day before `end_on`; both may be partial
    dates. A client that is bound to an organization may appoint only officials that it may write: those with
    appointments only within its organization, and those without appointments that it created.
    """
    return await changes.create_object(write_request, repository.APPOINTMENT, payload, {"id": uuid7()})


@router.patch(
    "/appointments/{id}",
    response_model=schemas.Appointment,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(EXAMPLE_PATH, {"end_on": "2024-07-03", "end_reason": "an example"}),
    responses=responses_for_update(),
)
async def update_appointment(
    write_request: ChangeDep, id: Id, patch: Annotated[payloads.AppointmentPatch, MergePatchBody]
) -> Response:
    """Update an appointment

    A merge patch (RFC 7396): only the given members change, null removes a member, a list is replaced as a whole.
    """
    return await changes.update_object(write_request, repository.APPOINTMENT, patch, {"id": UUID(id)})


@router.delete(
    "/appointments/{id}",
    status_code=204,
    dependencies=[require_scope(Scope.OFFICIALS_WRITE)],
    openapi_extra=write_example(EXAMPLE_PATH),
    responses=responses_for_delete(),
)
async def delete_appointment(write_request: ChangeDep, id: Id, reason: DeleteReason = None) -> Response:
    """Delete an appointment

    Only an appointment that was recorded in error. To end an appointment, set its `end_on`.
    """
    return await changes.delete_object(write_request, repository.APPOINTMENT, {"id": UUID(id)}, reason)


@router.get(
    "/appointments/{id}/revisions",
    response_model=PageOf[revisions.Revision],
    dependencies=[allow_anonymous()],
    openapi_extra=example(f"{EXAMPLE_PATH}/revisions"),
    responses=problem_responses(NotFound),
)
async def list_appointment_revisions(
    request: Request, reader: ReaderDep, id: Id, query: Annotated[revisions.RevisionQuery, Query()]
) -> Response:
    """List the revisions of an appointment

    Oldest first: who changed what, when and why. Also answers for an appointment that was deleted.
    """
    page = await revisions.list_revisions(reader, repository.APPOINTMENT, {"id": UUID(id)}, query)
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
async def succeed_appointment(write_request: CreateDep, payload: payloads.SuccessionPayload) -> Response:
    """End an appointment and begin its successor

    The successor gets the same office of the same organization. Both changes are made in one transaction.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.succeed_appointment(transaction, write_request, payload),
        payload,
        authorize_repetition=lambda transaction, _: changes.ensure_response_visible(
            transaction, write_request, repository.APPOINTMENT, {"id": payload.ends}
        ),
    )
