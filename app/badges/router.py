"""Routes of badges: their key, QR codes, documents and printable sheets."""

import asyncio
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.auth import AuthorizingRoute, Scope, allow_anonymous, require_scope
from app.badges import repository, schemas
from app.badges.keys import BadgeSigningKey
from app.core.datetimes import encode_json
from app.core.db.transaction import Transaction, open_transaction
from app.core.http import conditional
from app.core.http.addresses import caller_key
from app.core.http.app_state import get_from_state
from app.core.http.dependencies import ReaderDep, get_database, get_settings
from app.core.http.examples import example, write_example
from app.core.http.negotiation import negotiate_media_type
from app.core.http.openapi import problem_responses
from app.core.http.openapi_headers import refer_to_headers
from app.core.http.parameters import EmptyQuery, NoParameters
from app.core.patterns import UUID_PATTERN
from app.core.problems import (
    InsufficientScope,
    InvalidParameters,
    NotAcceptable,
    NotFound,
    OutsideOrganization,
    RollTooLong,
)
from app.rendering import qr, renderers
from app.rendering.badges import Badge as BadgeCard
from app.rendering.file_queue import FileQueue
from app.rendering.renderer_pool import RendererPool
from app.roll_access import access, audited_read
from app.writes import audit_trail
from app.writes.idempotency import StoredResponse
from app.writes.request import ActionDep, WriteResult

JSON, SVG, PNG, PDF = "application/json", "image/svg+xml", "image/png", "application/pdf"
router = APIRouter(
    prefix="/v1/meetings/{code}",
    tags=["check-ins"],
    route_class=AuthorizingRoute,
    responses=problem_responses(NotAcceptable),
)
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
ParticipantId = Annotated[
    str,
    Path(description="Id of the participant.", pattern=UUID_PATTERN, examples=["01a20cae-3b7c-7752-8ae9-897b44e2459f"]),
]
MEETING_PATH = "/v1/meetings/rakornas-2022-06"
BADGE_PATH = f"{MEETING_PATH}/participants/01a20cae-3b7c-7752-8ae9-897b44e2459f/badge"
BINARY = {"schema": {"type": "string", "format": "binary"}}


KEY_CACHE_SECONDS = 300


@router.get(
    "/badge-key",
    response_model=schemas.BadgeKey,
    dependencies=[Depends(negotiate_media_type(JSON)), allow_anonymous()],
    openapi_extra=example(f"{MEETING_PATH}/badge-key"),
    responses=problem_responses(NotFound),
)
async def get_badge_key(reader: ReaderDep, code: Code, _query: NoParameters) -> Response:
    """Get the key of a meeting's badges

    Verifies badges without a network, with any JWS library.
    """
    if await access.find_roll(reader, code) is None:
        raise NotFound
    key = await repository.get_signing_key(reader, code)
    return conditional.json_response(
        orjson.dumps(key.to_jwk()), cache_control=conditional.public_cache_control(KEY_CACHE_SECONDS)
    )


@router.get(
    "/participants/{id}/badge",
    response_model=schemas.Badge,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(BADGE_PATH),
    responses={
        200: {"content": {SVG: {"schema": {"type": "string"}}, PNG: BINARY}},
        **problem_responses(NotFound),
    },
)
async def get_badge(
    request: Request,
    reader: ReaderDep,
    code: Code,
    id: ParticipantId,
    _query: Annotated[EmptyQuery, Query(include_in_schema=False)],
    media_type: Annotated[str, Depends(negotiate_media_type(JSON, SVG, PNG))],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Get a badge

    The QR code as `image/svg+xml` or `image/png`, or the token as JSON. A participant without a badge gets one. Each
    request is recorded in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    async with open_transaction(get_database(request)) as transaction:
        await repository.issue_missing_badges(transaction, code, participant=UUID(id))
        badges = await repository.list_valid_badges(transaction, code, participant=UUID(id))
        if not badges:
            raise NotFound
        key = await repository.get_signing_key(transaction, code)
        await audited_read.record_read(transaction, request, f"participants/{id}")
    document = badges[0].to_document(key)
    render = {SVG: qr.render_svg, PNG: qr.render_png}
    body = render[media_type](document["token"]) if media_type in render else encode_json(document)
    return _build_uncached_response(body, media_type)


@router.post(
    "/participants/{id}/badge",
    status_code=201,
    response_model=schemas.Badge,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE), Depends(negotiate_media_type(JSON))],
    openapi_extra=write_example(BADGE_PATH),
    responses={
        200: {"model": schemas.Badge, "description": "With `dry_run=true`."},
        201: {"description": "Issued.", "headers": refer_to_headers("Location")},
        **problem_responses(InsufficientScope, OutsideOrganization, NotFound),
    },
)
async def reissue_badge(write_request: ActionDep, code: Code, id: ParticipantId) -> Response:
    """Reissue a badge

    Revokes the current badge and issues a new one. Devices reject the revoked badge from now on; its earlier scans
    remain valid. Each repetition of the request issues another badge.
    """

    async def reissue(transaction: Transaction) -> WriteResult:
        write_request.exposes_personal_data = True
        await access.require_access(transaction, write_request.caller, code)
        if write_request.caller.meeting is not None:
            raise OutsideOrganization
        if not await repository.reissue_badge(transaction, code, UUID(id)):
            raise NotFound
        [badge] = await repository.list_valid_badges(transaction, code, participant=UUID(id))
        key = await repository.get_signing_key(transaction, code)
        body = encode_json(badge.to_document(key))
        headers = {"Location": f"/v1/meetings/{code}/participants/{id}/badge"}
        return WriteResult(StoredResponse(201, headers, body), [f"participants/{id}"])

    return await write_request.run_in_transaction(reissue)


@router.get(
    "/badges",
    response_model=schemas.Badges,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{MEETING_PATH}/badges?organization=kpu-31"),
    responses={200: {"content": {PDF: BINARY}}, **problem_responses(NotFound, RollTooLong)},
)
async def list_badges(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.BadgesQuery, Query()],
    media_type: Annotated[str, Depends(negotiate_media_type(JSON, PDF))],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """List badges

    The badges of all participants or of one organization, up to 5,000, in the order of the printed roll, as JSON or as
    sheets to print and cut (`application/pdf`). Participants without a badge get one. Each request is recorded in the
    audit trail.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    if query.organization and not await repository.organization_exists(reader, query.organization):
        raise InvalidParameters(repository.ORGANIZATION_FILTER.unknown_code_error("organization"))
    if media_type != PDF:
        _, key, badges = await _read_badges(request, code, query)
        return _build_uncached_response(await asyncio.to_thread(_encode_badges, key, badges), media_type)
    caller = caller_key(request.scope, get_settings(request).trusted_proxies)
    async with get_from_state(request.app, FileQueue).acquire_place(caller):
        meeting_name, key, badges = await _read_badges(request, code, query)
        cards = await asyncio.to_thread(_build_cards, key, badges)
        pool = get_from_state(request.app, RendererPool)
        body = await pool.run(renderers.render_badge_sheet, meeting_name, items=cards)
    return _build_uncached_response(body, media_type)


async def _read_badges(
    request: Request, code: str, query: schemas.BadgesQuery
) -> tuple[str, BadgeSigningKey, list[repository.ValidBadge]]:
    """Issue missing badges, commit an audit line, and return the meeting's name, its key and the selected badges."""
    async with open_transaction(get_database(request)) as transaction:
        await repository.issue_missing_badges(transaction, code, organization=query.organization)
        badges = await repository.list_valid_badges(transaction, code, organization=query.organization)
        if len(badges) > repository.MAX_BADGES_PER_REQUEST:
            raise RollTooLong
        key = await repository.get_signing_key(transaction, code)
        meeting_name = await repository.get_meeting_name(transaction, code)
        participants = [f"participants/{badge.participant}" for badge in badges]
        await audited_read.record_read(transaction, request, f"meetings/{code}/badges", *participants)
    return meeting_name, key, badges


def _build_uncached_response(body: bytes, media_type: str) -> Response:
    """Build a 200 response with this body and its ETag that caches must not store, because it is personal data."""
    headers = {"Cache-Control": "no-store", "Vary": audited_read.VARY, "ETag": conditional.entity_tag(body)}
    return Response(body, headers=headers, media_type=media_type)


def _build_cards(key: BadgeSigningKey, badges: list[repository.ValidBadge]) -> list[BadgeCard]:
    """Sign the token of each badge, and return what is printed on each."""
    return [BadgeCard(badge.name or "", badge.organization, badge.capacity, badge.sign_token(key)) for badge in badges]


def _encode_badges(key: BadgeSigningKey, badges: list[repository.ValidBadge]) -> bytes:
    """Sign the token of each badge, and return the JSON document of all badges."""
    return encode_json({"items": [badge.to_document(key) for badge in badges]})
