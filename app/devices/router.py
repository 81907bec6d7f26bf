"""Routes of devices: list them with their clocks, and reset one."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.auth import Scope, require_scope
from app.check_ins.payloads import DEVICE_ID_PATTERN
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import NotFound
from app.devices import payloads, repository, schemas, service
from app.roll_access import audited_read
from app.routing import create_resource_router
from app.writes.request import ActionDep
from app.writes.responses import responses_for_action

router = create_resource_router("attendance", prefix="/v1/meetings/{code}/devices")
MEETING_PATH = "/v1/meetings/rakornas-2022-06"
PLENARY_PATH = "/v1/meetings/sidang-pleno-2026-11-24"
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
DeviceId = Annotated[
    str,
    Path(description="Id of the device.", max_length=100, pattern=DEVICE_ID_PATTERN, examples=["gate-3"]),
]


@router.get(
    "",
    response_model=PageOf[schemas.Device],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{PLENARY_PATH}/devices"),
    responses=problem_responses(NotFound),
)
async def list_devices(
    request: Request, reader: ReaderDep, code: Code, query: Annotated[schemas.DeviceQuery, Query()]
) -> Response:
    """List the devices of a meeting

    The devices that have sent scans: the client that each belongs to, the periods of its clock, and its resets. A clock
    that jumped shows more than one period. The reference data contain no devices, so the example is fictitious.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    page = await repository.DEVICES.fetch_page(reader, query, path_parameters={"meeting": code})
    return page.to_response(request, max_age=None, vary=audited_read.VARY)


@router.post(
    "/{device}:reset",
    response_model=schemas.Device,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(f"{MEETING_PATH}/devices/gate-3:reset", {"reason": "gerbang diganti perangkatnya"}),
    responses=responses_for_action(),
)
async def reset_device(
    write_request: ActionDep, code: Code, device: DeviceId, payload: payloads.DeviceResetPayload
) -> Response:
    """Reset a device

    Hands the device id on: it belongs to the client that uses it next, and its next request begins a new period of its
    clock. The scans that it has sent keep their times. Resetting a device that nobody has used since its last reset
    changes nothing. The example is fictitious.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.reset_device(transaction, write_request, code, device, payload), payload
    )
