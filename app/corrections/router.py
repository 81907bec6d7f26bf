"""The routes that change a roll: a status by hand, annulments, its closing, and corrections by two clients."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query, Request, Response

from app.attendance import repository, schemas
from app.auth import Scope, require_scope
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.http.parameters import UUID_PATTERN
from app.core.problems import NotFound, SecondClientNeeded
from app.corrections import payloads, service
from app.corrections import repository as corrections_repository
from app.roll_access import audited_read
from app.routing import resource_router
from app.writes import audit_trail
from app.writes.payloads import ChangeReason, MergePatchBody
from app.writes.request import ActionDep, ChangeDep
from app.writes.responses import Responses, responses_for_action, responses_for_update

router = resource_router("attendance", at="/v1/meetings/{code}")
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
EXAMPLE_PARTICIPANT = "01a20cae-3b7c-7752-8ae9-897b44e2459f"
Id = Annotated[str, Path(description="Id of the participant.", pattern=UUID_PATTERN, examples=[EXAMPLE_PARTICIPANT])]
ScanId = Annotated[str, Path(description="Id of the scan.", pattern=UUID_PATTERN)]
CorrectionId = Annotated[str, Path(description="Id of the correction.", pattern=UUID_PATTERN)]
EXAMPLE_MEETING = "/v1/meetings/rakornas-2022-06"
EXAMPLE_ID = "01a20cae-6a10-7c11-9a53-5c7d0c2f8a01"
CORRECTION_RESPONSE: Responses = {
    202: {"model": schemas.RollCorrection, "description": "The roll is closed: a second client is to confirm it."}
}


@router.get(
    "/attendance/{participant}",
    response_model=schemas.Attendance,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{EXAMPLE_MEETING}/attendance/{EXAMPLE_PARTICIPANT}"),
    responses=problem_responses(NotFound),
)
async def get_attendance(
    request: Request,
    read: ReaderDep,
    code: Code,
    participant: Id,
    query: Annotated[schemas.AttendanceItemQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Read whether somebody came

    What the scans show, with every interval from an entry to an exit, and beside it what was set by hand. Each reading
    leaves a line in the audit trail.
    """
    await audited_read.require_read_access(request, read, read.known_at(query.known_at_instant), code)
    return await audited_read.read_item(request, read, repository.ATTENDANCE_ITEMS, UUID(participant), query, code)


@router.patch(
    "/attendance/{participant}",
    response_model=schemas.Attendance,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(
        f"{EXAMPLE_MEETING}/attendance/{EXAMPLE_PARTICIPANT}", {"status": "excused", "reason": "surat izin 4/2026"}
    ),
    responses={**responses_for_update(), **CORRECTION_RESPONSE},
)
async def update_attendance(
    write: ChangeDep, code: Code, participant: Id, content: Annotated[payloads.ManualStatusContent, MergePatchBody]
) -> Response:
    """Set whether somebody came

    By hand, with a reason; it stands beside the scans, never over them: who was scanned is present. After the roll was
    closed it is a correction (202), which another client confirms.
    """
    return await service.set_status(write, code, UUID(participant), content)


@router.post(
    "/check-ins/{scan}:annul",
    response_model=schemas.Annulment,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(f"{EXAMPLE_MEETING}/check-ins/{EXAMPLE_ID}:annul", {"reason": "badge dipinjamkan"}),
    responses={
        202: {"model": schemas.Annulment, "description": CORRECTION_RESPONSE[202]["description"]},
        **responses_for_action(),
    },
)
async def annul_check_in(write: ActionDep, code: Code, scan: ScanId, content: payloads.AnnulmentContent) -> Response:
    """Annul a check-in

    The scan stays, its effect goes. After the roll was closed it is a correction (202), which another client confirms.
    """
    return await service.annul_scan(write, code, UUID(scan), content)


@router.post(
    ":close-roll",
    response_model=schemas.ClosedRoll,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(f"{EXAMPLE_MEETING}:close-roll", {"reason": "rapat selesai"}),
    responses=responses_for_action(),
)
async def close_roll(
    write: ActionDep, code: Code, note: Annotated[ChangeReason | None, Body(description="Why it is closed.")] = None
) -> Response:
    """Close a roll

    What gates send from then on is stored and has no effect; nobody is put on the list or taken off it; a correction
    needs a second client. To close it again changes nothing.
    """
    return await service.close_roll(write, code, note)


@router.get(
    "/corrections",
    response_model=PageOf[schemas.RollCorrection],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{EXAMPLE_MEETING}/corrections?pending=true"),
    responses=problem_responses(NotFound),
)
async def list_corrections(
    request: Request,
    read: ReaderDep,
    code: Code,
    query: Annotated[schemas.CorrectionQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List the corrections of a closed roll

    Those that wait for a second client, and those that were confirmed, in the order in which they were asked for. Each
    reading leaves a line in the audit trail.
    """
    await audited_read.require_read_access(request, read, read.known_at(query.known_at_instant), code)
    page = await audited_read.read_page(request, read, corrections_repository.CORRECTIONS, query, code, "corrections")
    return page.to_response(request, max_age=None, vary=audited_read.VARY)


@router.post(
    "/corrections/{id}:confirm",
    response_model=schemas.RollCorrection,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE)],
    openapi_extra=write_example(f"{EXAMPLE_MEETING}/corrections/{EXAMPLE_ID}:confirm", {"reason": "suratnya ada"}),
    responses=responses_for_action(SecondClientNeeded),
)
async def confirm_correction(
    write: ActionDep,
    code: Code,
    id: CorrectionId,
    note: Annotated[ChangeReason | None, Body(description="Why it is confirmed.")] = None,
) -> Response:
    """Confirm a correction

    Of a closed roll, by another client than the one that asked for it: then it is made.
    """
    return await service.confirm_correction(write, code, UUID(id), note)
