"""Routes that correct a roll: set a status, annul a check-in, close the roll, and confirm corrections."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query, Request, Response

from app.attendance.router import EXAMPLE_PARTICIPANT, Code, ParticipantId
from app.attendance.schemas import Attendance
from app.auth import Scope, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.patterns import UUID_PATTERN
from app.core.problems import (
    CorrectionSuperseded,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    RollAnonymised,
    RollClosed,
    RollOpen,
    SecondClientNeeded,
)
from app.corrections import payloads, repository, schemas, service
from app.roll_access import audited_read
from app.routing import create_resource_router
from app.writes import audit_trail
from app.writes.payloads import ChangeReason, MergePatchBody
from app.writes.request import ActionDep, ChangeDep, CreateDep
from app.writes.responses import responses_for_action, responses_for_create, responses_for_update

router = create_resource_router("attendance", prefix="/v1/meetings/{code}")
ScanId = Annotated[str, Path(description="Id of the scan.", pattern=UUID_PATTERN)]
CorrectionId = Annotated[str, Path(description="Id of the correction.", pattern=UUID_PATTERN)]
EXAMPLE_MEETING = "/v1/meetings/rakornas-2022-06"
EXAMPLE_ID = "01a20cae-6a10-7c11-9a53-5c7d0c2f8a01"
EXAMPLE_CLOSED_MEETING = "/v1/meetings/bimtek-2027-01"
EXAMPLE_CLOSED_PARTICIPANT = "01a20cae-6a10-7c11-9a53-5c7d0c2f8c51"


@router.patch(
    "/attendance/{participant}",
    response_model=Attendance,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{EXAMPLE_MEETING}/attendance/{EXAMPLE_PARTICIPANT}", {"status": "excused", "reason": "surat izin 4/2026"}
    ),
    responses=responses_for_update(RollClosed),
)
async def update_attendance(
    write_request: ChangeDep,
    code: Code,
    participant: ParticipantId,
    payload: Annotated[payloads.ManualStatusPayload, MergePatchBody],
) -> Response:
    """Set the attendance status of a participant

    Sets a status manually, with a reason, for the whole meeting or `on` one of its days. Scans take precedence: a
    participant with a scanned entry is present. A closed roll changes only by a correction.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.set_status(transaction, write_request, code, UUID(participant), payload), payload
    )


@router.post(
    "/check-ins/{scan}:annul",
    response_model=schemas.Annulment,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(f"{EXAMPLE_MEETING}/check-ins/{EXAMPLE_ID}:annul", {"reason": "badge dipinjamkan"}),
    responses=responses_for_action(RollClosed),
)
async def annul_check_in(
    write_request: ActionDep, code: Code, scan: ScanId, payload: payloads.AnnulmentPayload
) -> Response:
    """Annul a check-in

    Removes the effect of a scan; the scan itself stays stored. A closed roll changes only by a correction.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.annul_scan(transaction, write_request, code, UUID(scan), payload), payload
    )


@router.post(
    ":close-roll",
    response_model=schemas.ClosedRoll,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(f"{EXAMPLE_MEETING}:close-roll", {"reason": "rapat selesai"}),
    responses=responses_for_action(PreconditionFailed, PreconditionRequired),
)
async def close_roll(write_request: ChangeDep, code: Code, payload: payloads.ClosingPayload) -> Response:
    """Close a roll

    Copies the roll as it is: its lines and their printed names, the summary and the quorum. Afterwards nothing that is
    written changes them, scans are stored without effect, and each correction needs a second client. `If-Match` names
    the revision of the meeting. Closing a closed roll changes nothing.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.close_roll(transaction, write_request, code), payload
    )


@router.get(
    "/corrections",
    response_model=PageOf[schemas.RollCorrection],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{EXAMPLE_CLOSED_MEETING}/corrections?pending=true"),
    responses=problem_responses(NotFound),
)
async def list_corrections(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.CorrectionQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List the corrections of a meeting

    Both pending and confirmed corrections, in the order of their requests. Each request is recorded in the audit
    trail. The reference data contain no corrections, so the example is fictitious.
    """
    await audited_read.require_read_access(request, reader, reader.known_at(query.known_at_instant), code)
    page = await audited_read.read_page(request, reader, repository.CORRECTIONS, query, code, "corrections")
    return page.to_response(request, max_age=None, vary=audited_read.VARY)


@router.post(
    "/corrections",
    status_code=201,
    response_model=schemas.RollCorrection,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{EXAMPLE_CLOSED_MEETING}/corrections",
        {
            "kind": "status",
            "participant": EXAMPLE_CLOSED_PARTICIPANT,
            "status": "excused",
            "reason": "surat izin 4/2026",
        },
    ),
    responses=responses_for_create(schemas.RollCorrection, NotFound, RollOpen, RollAnonymised),
)
async def create_correction(write_request: CreateDep, code: Code, payload: payloads.RollCorrectionPayload) -> Response:
    """Create a correction

    Requests a correction of a closed roll, with a reason. It takes effect when a second client confirms it; a client
    and those that it controls count as one. The kind `late_upload` makes a scan that was made before the closing and
    came after it part of the roll. The kind `reopen` opens the roll again.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.request_correction(transaction, write_request, code, payload),
        payload,
        authorize_repetition=lambda transaction, _: service.require_write_access(transaction, write_request, code),
    )


@router.post(
    "/corrections/{id}:confirm",
    response_model=schemas.RollCorrection,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{EXAMPLE_CLOSED_MEETING}/corrections/{EXAMPLE_ID}:confirm", {"reason": "suratnya ada"}
    ),
    responses=responses_for_action(SecondClientNeeded, CorrectionSuperseded, RollOpen, RollAnonymised),
)
async def confirm_correction(
    write_request: ActionDep,
    code: Code,
    id: CorrectionId,
    reason: Annotated[ChangeReason | None, Body(description="The reason for confirming the correction.")] = None,
) -> Response:
    """Confirm a correction

    Confirms and applies a correction. The client must be another one than the client that requested it. If the same
    participant or scan was corrected meanwhile, the problem is `correction_superseded`.
    """
    return await write_request.run_in_transaction(
        lambda transaction: service.confirm_correction(transaction, write_request, code, UUID(id), reason), reason
    )
