"""The routes at the door: check-ins, alone and in batches, and what a gate must know beforehand."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from typing import Annotated, Any

import orjson
from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, build_missing_scope_problem, require_scope
from app.badges import repository as badges_repository
from app.check_ins import payloads, repository, schemas
from app.core.db.transaction import open_transaction
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import BADGE, example, write_example
from app.core.http.openapi import problems
from app.core.http.paging import PageOf
from app.core.http.parameters import Nothing
from app.core.problems import InsufficientScope, InvalidContent, NotFound, UnsupportedMediaType
from app.roll_access import access, audited_read
from app.routing import resource
from app.state import state_of
from app.writes import audit_trail
from app.writes.request import require_caller

router = resource("check-ins", at="/v1/meetings/{code}")
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
MEETING_PATH = "/v1/meetings/rakornas-2022-06"
PLENARY_PATH = "/v1/meetings/sidang-pleno-2026-11-24"
EXAMPLE_SCAN = {
    "scan_id": "01a20cae-6a10-7c11-9a53-5c7d0c2f8a01",
    "badge": BADGE,
    "scanned_at": "2022-06-13T08:59:57+07:00",
}
EXAMPLE_SUBMISSION = {"device_id": "gate-3", "device_sent_at": "2022-06-13T08:59:58.120+07:00"}
KEY_CACHE_SECONDS = 300  # seconds that a key may be kept
SCANS_PER_LOOP_TURN = 200  # scans after which others have their turn


@router.post(
    "/check-ins",
    status_code=201,
    response_model=schemas.CheckInResponse,
    dependencies=[require_scope(Scope.CHECK_INS_WRITE)],
    openapi_extra=write_example(f"{MEETING_PATH}/check-ins", {**EXAMPLE_SUBMISSION, **EXAMPLE_SCAN}),
    responses={
        200: {"model": schemas.CheckInResponse, "description": "It was stored before; the same outcome again."},
        **problems(NotFound, UnsupportedMediaType, InvalidContent),
    },
)
async def check_in(request: Request, reader: ReaderDep, code: Code, content: payloads.CheckInPayload) -> Response:
    """Check in

    One scan. It is stored whatever it comes to, and may be sent again with the same `scan_id`. Of gates that scan one
    badge at the same moment, one is told of a first entry. Needs no Idempotency-Key.
    """
    post = await _build_submission(request, reader, code, content, [content])
    results = _require_results(await state_of(request.app).check_in_batcher.submit(post))
    body = orjson.dumps({**_result_document(content.scan_id, results[0]), "clock_skew_ms": _clock_skew_ms(results)})
    return Response(body, results[0].status, {"Cache-Control": "no-store"}, "application/json")


@router.post(
    "/check-ins:batch",
    status_code=207,
    response_model=schemas.CheckInBatchResponse,
    dependencies=[require_scope(Scope.CHECK_INS_WRITE)],
    openapi_extra=write_example(
        f"{MEETING_PATH}/check-ins:batch", {**EXAMPLE_SUBMISSION, "clock_epoch": 0, "scans": [EXAMPLE_SCAN]}
    ),
    responses=problems(NotFound, UnsupportedMediaType, InvalidContent),
)
async def check_in_batch(
    request: Request, reader: ReaderDep, code: Code, content: payloads.CheckInBatchPayload
) -> Response:
    """Check in what was kept

    Up to 5,000 scans of one device, in any order, split and repeated as the network will have it: what the roll comes
    to is the same. All are stored, or none is.
    """
    post = await _build_submission(request, reader, code, content, content.scans)
    results = _require_results((await repository.store_submissions(state_of(request.app).database, [post]))[0])
    told = [_result_document(scan.scan_id, result) for scan, result in zip(content.scans, results, strict=True)]
    body = orjson.dumps({"clock_skew_ms": _clock_skew_ms(results), "results": told})
    return Response(body, 207, {"Cache-Control": "no-store"}, "application/json")


async def _build_submission(
    request: Request,
    reader: ReaderDep,
    meeting: str,
    sent: payloads.CheckInPayload | payloads.CheckInBatchPayload,
    scans: Sequence[payloads.ScanPayload],
) -> repository.DeviceSubmission:
    received_at: datetime = state_of(request.app).receipt_clock()
    caller = require_caller(request)
    if caller.organization is not None or caller.meeting not in (None, meeting):
        await access.require_access(reader, caller, meeting)
    rows: list[dict[str, Any]] = []
    for n, scan in enumerate(scans):
        rows.append(_build_scan_row(sent.device_id, scan))
        if n % SCANS_PER_LOOP_TURN == SCANS_PER_LOOP_TURN - 1:
            await asyncio.sleep(0)
    return repository.DeviceSubmission(
        *(meeting, sent.device_id, sent.clock_epoch, sent.device_sent_at, received_at, caller.client_id),
        request.scope.get("state", {}).get("request_id"),
        rows,
    )


def _require_results(results: list[repository.ScanResult]) -> list[repository.ScanResult]:
    if not results:
        raise NotFound
    return results


def _build_scan_row(device_id: str, scan: payloads.ScanPayload) -> dict[str, Any]:
    """A scan as `check_in` takes it: the badge by its digest, and the digest of all that it says."""
    said = (
        f"{device_id}\n{scan.direction}\n{scan.session}\n{scan.scanned_at.isoformat()}\n{scan.sequence}\n{scan.badge}"
    )
    return {
        "id": scan.scan_id,
        "digest": "\\x" + blake2b(said.encode(), digest_size=16).hexdigest(),
        "badge": "\\x" + sha256(scan.badge.encode()).hexdigest(),
        "badge_text": scan.badge,
        "direction": scan.direction,
        "session": scan.session,
        "scanned_at": scan.scanned_at,
        "sequence": scan.sequence,
    }


def _result_document(scan_id: Any, result: repository.ScanResult) -> dict[str, Any]:
    return {
        "scan_id": scan_id,
        "status": result.status,
        "outcome": result.outcome,
        "effective_at": result.effective_at,
    }


def _clock_skew_ms(results: Sequence[repository.ScanResult]) -> float:
    """Milliseconds by which the device's clock is ahead."""
    return -results[0].clock_offset_us / 1000


@router.get(
    "/check-ins",
    response_model=PageOf[schemas.Scan],
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{PLENARY_PATH}/check-ins"),
    responses=problems(NotFound),
)
async def list_check_ins(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.ScanQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List what gates have scanned

    Each scan with both clocks, what its gate was told, and what it comes to by all that is known now; scans of unknown
    and revoked badges too. Each reading leaves a line in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader.known_at(query.then), code)
    page = await audited_read.read_page(request, reader, repository.SCANS, query, code, "check-ins")
    return page.reply(request, fresh=None, vary=audited_read.VARY)


@router.get(
    "/badge-key",
    response_model=schemas.BadgeKey,
    dependencies=[allow_anonymous()],
    openapi_extra=example(f"{MEETING_PATH}/badge-key"),
    responses=problems(NotFound),
)
async def get_badge_key(reader: ReaderDep, code: Code, _query: Nothing) -> Response:
    """Read the key of a meeting's badges

    With it anybody verifies a badge, without the network and with any library for JWS.
    """
    if await access.find_roll(reader, code) is None:
        raise NotFound
    body = orjson.dumps((await badges_repository.get_signing_key(reader, code)).to_jwk())
    return conditional.reply(body, cache=conditional.open_data(KEY_CACHE_SECONDS))


@router.get(
    "/gate-pack",
    response_model=schemas.GatePack,
    dependencies=[require_scope(Scope.CHECK_INS_WRITE)],
    openapi_extra=example(f"{MEETING_PATH}/gate-pack"),
    responses=problems(NotFound, InsufficientScope),
)
async def get_gate_pack(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.GatePackQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Fetch what a gate needs

    The key that verifies badges, those that are revoked, and the sessions: so a gate goes on without the network. Ask
    again with `If-None-Match`, which costs nothing while nothing has changed, and with `since` for what is new. Names
    of people only for who asks for them with `attendance:read`; that leaves a line in the audit trail.
    """
    caller = require_caller(request)
    names = query.names == "true"
    if names and Scope.ATTENDANCE_READ not in caller.scopes:
        raise build_missing_scope_problem(Scope.ATTENDANCE_READ, request)
    await access.require_access(reader, caller, code)
    async with open_transaction(state_of(request.app).database) as transaction:
        since = badges_repository.parse_version(query.since) if query.since else None
        found = await badges_repository.get_gate_pack(transaction, code, since, names=names)
        if found is None:
            raise NotFound
        pack, version = found
        key = await badges_repository.get_signing_key(transaction, code)
        if names:
            await audited_read.record_read(transaction, request, f"meetings/{code}/gate-pack")
    content = {**pack, "version": str(version), "is_delta": since is not None, "keys": [key.to_jwk()]}
    body = orjson.dumps({name: content[name] for name in schemas.GatePack.model_fields})
    cache = "no-store" if names else "private, no-cache"
    return conditional.reply(body, cache=cache, headers={"Vary": audited_read.VARY})


def receipt_clock() -> datetime:
    """When a post is received; tests put another clock in its place."""
    return datetime.now(UTC)
