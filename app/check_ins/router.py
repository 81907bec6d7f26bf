"""Routes of devices: check-ins, batches of check-ins, and the gate pack."""

import asyncio
import time
from collections.abc import Sequence
from hashlib import blake2b, sha256
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from app.auth import Scope, build_missing_scope_problem, require_scope
from app.badges import repository as badges_repository
from app.check_ins import gate_pack_repository, payloads, repository, schemas
from app.check_ins.batching import CheckInBatcher
from app.check_ins.receipt_clock import ReceiptClock
from app.core.datetimes import encode_json
from app.core.db.transaction import open_transaction
from app.core.http import conditional
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import ReaderDep, get_database
from app.core.http.examples import EXAMPLE_BADGE_TOKEN, example, write_example
from app.core.http.openapi import problem_responses
from app.core.http.paging import PageOf
from app.core.problems import DeviceOwned, InsufficientScope, InvalidContent, NotFound, UnsupportedMediaType
from app.roll_access import access, audited_read
from app.routing import create_resource_router
from app.writes import audit_trail
from app.writes.request import require_caller

router = create_resource_router("check-ins", prefix="/v1/meetings/{code}")
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
MEETING_PATH = "/v1/meetings/rakornas-2022-06"
PLENARY_PATH = "/v1/meetings/sidang-pleno-2026-11-24"
EXAMPLE_SCAN = {
    "scan_id": "01a20cae-6a10-7c11-9a53-5c7d0c2f8a01",
    "badge": EXAMPLE_BADGE_TOKEN,
    "scanned_at": "2022-06-13T08:59:57+07:00",
}
EXAMPLE_SUBMISSION = {"device_id": "gate-3", "device_sent_at": "2022-06-13T08:59:58.120+07:00"}
MAX_SCANS_PER_LOOP_TURN = 200  # then the event loop serves other requests


@router.post(
    "/check-ins",
    status_code=201,
    response_model=schemas.SingleCheckInResult,
    dependencies=[require_scope(Scope.CHECK_INS_WRITE)],
    openapi_extra=write_example(f"{MEETING_PATH}/check-ins", {**EXAMPLE_SUBMISSION, **EXAMPLE_SCAN}),
    responses={
        200: {
            "model": schemas.SingleCheckInResult,
            "description": "The scan was stored before; the outcome is the same.",
        },
        **problem_responses(NotFound, DeviceOwned, UnsupportedMediaType, InvalidContent),
    },
)
async def check_in(request: Request, reader: ReaderDep, code: Code, payload: payloads.CheckInPayload) -> Response:
    """Check in

    Stores one scan, whatever its outcome. It may be sent again with the same `scan_id`, and needs no Idempotency-Key.
    If several devices scan a badge at the same moment, one of them receives `first_entry`.
    """
    submission = await _build_submission(request, reader, code, payload, [payload])
    results = _require_results(await get_from_state(request.app, CheckInBatcher).submit(submission))
    body = encode_json(
        {**_build_result_document(payload.scan_id, results[0]), "clock_skew_ms": _get_clock_skew_ms(results)}
    )
    return Response(body, results[0].status, {"Cache-Control": "no-store"}, "application/json")


@router.post(
    "/check-ins:batch",
    status_code=207,
    response_model=schemas.CheckInBatchResult,
    dependencies=[require_scope(Scope.CHECK_INS_WRITE)],
    openapi_extra=write_example(
        f"{MEETING_PATH}/check-ins:batch", {**EXAMPLE_SUBMISSION, "clock_epoch": 0, "scans": [EXAMPLE_SCAN]}
    ),
    responses=problem_responses(NotFound, DeviceOwned, UnsupportedMediaType, InvalidContent),
)
async def check_in_batch(
    request: Request, reader: ReaderDep, code: Code, payload: payloads.CheckInBatchPayload
) -> Response:
    """Check in a batch

    Stores up to 5,000 scans of one device, all or none. The resulting roll does not depend on how a device orders,
    splits and repeats its scans.
    """
    submission = await _build_submission(request, reader, code, payload, payload.scans)
    results = _require_results((await repository.store_submissions(get_database(request), [submission]))[0])
    items = [_build_result_document(scan.scan_id, result) for scan, result in zip(payload.scans, results, strict=True)]
    body = encode_json({"clock_skew_ms": _get_clock_skew_ms(results), "results": items})
    return Response(body, 207, {"Cache-Control": "no-store"}, "application/json")


async def _build_submission(
    request: Request,
    reader: ReaderDep,
    meeting: str,
    payload: payloads.CheckInPayload | payloads.CheckInBatchPayload,
    scans: Sequence[payloads.ScanPayload],
) -> repository.DeviceSubmission:
    """Check the caller's access to the meeting, and build a device's submission, received now, from its request.

    Raises:
        NotFound: The caller is bound to another meeting or organization.
    """
    arrived_at, received_at = time.monotonic(), get_from_state(request.app, ReceiptClock).read()
    caller = require_caller(request)
    if caller.organization is not None or caller.meeting not in (None, meeting) or caller.issued_at is not None:
        await access.require_access(reader, caller, meeting)
    rows: list[dict[str, Any]] = []
    for n, scan in enumerate(scans):
        rows.append(_build_scan_row(payload.device_id, scan))
        if n % MAX_SCANS_PER_LOOP_TURN == MAX_SCANS_PER_LOOP_TURN - 1:
            await asyncio.sleep(0)
    return repository.DeviceSubmission(
        meeting=meeting,
        device_id=payload.device_id,
        clock_epoch=payload.clock_epoch,
        sent_at=payload.device_sent_at,
        arrived_at=arrived_at,
        received_at=received_at,
        client=caller.client_id,
        request_id=request.scope.get("state", {}).get("request_id"),
        scans=rows,
    )


def _require_results(results: list[repository.ScanResult]) -> list[repository.ScanResult]:
    """Return these results of scans; raise a problem if the scans were not stored.

    Raises:
        NotFound: There are no results, because there is no such meeting.
        DeviceOwned: The device belongs to another client.
    """
    if not results:
        raise NotFound
    repository.require_owned(results)
    return results


def _build_scan_row(device_id: str, scan: payloads.ScanPayload) -> dict[str, Any]:
    """Build the JSON of a scan for the SQL function `check_in`, with digests of the badge and of the whole scan."""
    content = (
        f"{device_id}\n{scan.direction}\n{scan.session}\n{scan.scanned_at.isoformat()}\n{scan.sequence}\n{scan.badge}"
    )
    return {
        "id": scan.scan_id,
        "digest": "\\x" + blake2b(content.encode(), digest_size=16).hexdigest(),
        "badge": "\\x" + sha256(scan.badge.encode()).hexdigest(),
        "badge_text": scan.badge,
        "direction": scan.direction,
        "session": scan.session,
        "scanned_at": scan.scanned_at,
        "sequence": scan.sequence,
    }


def _build_result_document(scan_id: Any, result: repository.ScanResult) -> dict[str, Any]:
    """Build the `schemas.CheckInResult` document of a scan: its id, status, outcome and effective time."""
    return {
        "scan_id": scan_id,
        "status": result.status,
        "outcome": result.outcome,
        "effective_at": result.effective_at,
    }


def _get_clock_skew_ms(results: Sequence[repository.ScanResult]) -> float:
    """Return the milliseconds by which a device's clock is ahead of the service's, from its scans; negative: behind."""
    return -results[0].clock_offset_us / 1000


@router.get(
    "/check-ins",
    response_model=PageOf[schemas.Scan],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{PLENARY_PATH}/check-ins"),
    responses=problem_responses(NotFound),
)
async def list_check_ins(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.ScanQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List check-ins

    All scans of a meeting, also of unknown and revoked badges, with the times of both clocks, the outcome reported to
    the device and the outcome by everything known now. Each request is recorded in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader.known_at(query.known_at_instant), code)
    page = await audited_read.read_page(request, reader, repository.SCANS, query, code, "check-ins")
    return page.to_response(request, max_age=None, vary=audited_read.VARY)


@router.get(
    "/gate-pack",
    response_model=schemas.GatePack,
    dependencies=[require_scope(Scope.CHECK_INS_WRITE)],
    openapi_extra=example(f"{MEETING_PATH}/gate-pack"),
    responses=problem_responses(NotFound, InsufficientScope),
)
async def get_gate_pack(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.GatePackQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Get the gate pack

    The key that verifies badges, the ids of revoked badges and the sessions, with which a device works without a
    network. To update it, repeat the request with `If-None-Match` (304 while nothing has changed) and with `since`
    (only what is new). The names of participants need `names=true` and `attendance:read`; that is recorded in the audit
    trail.
    """
    caller = require_caller(request)
    with_names = query.names == "true"
    if with_names and Scope.ATTENDANCE_READ not in caller.scopes:
        raise build_missing_scope_problem(Scope.ATTENDANCE_READ, request)
    await access.require_access(reader, caller, code)
    async with open_transaction(get_database(request)) as transaction:
        since = gate_pack_repository.parse_version(query.since) if query.since else None
        versioned = await gate_pack_repository.get_gate_pack(transaction, code, since, names=with_names)
        if versioned is None:
            raise NotFound
        pack, version = versioned
        key = await badges_repository.get_signing_key(transaction, code)
        if with_names:
            await audited_read.record_read(transaction, request, f"meetings/{code}/gate-pack")
    document = {**pack, "version": str(version), "is_delta": since is not None, "keys": [key.to_jwk()]}
    body = encode_json({name: document[name] for name in schemas.GatePack.model_fields})
    cache = "no-store" if with_names else "private, no-cache"
    return conditional.json_response(body, cache_control=cache, headers={"Vary": audited_read.VARY})
