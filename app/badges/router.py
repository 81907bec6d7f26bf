"""The routes of badges: as a QR code, as a document, and as sheets to print."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.auth import AuthorizingRoute, Scope, require_scope
from app.badges import repository
from app.badges.keys import BadgeSigningKey
from app.check_ins import schemas
from app.core.db.transaction import Transaction, open_transaction
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example, write_example
from app.core.http.negotiation import produces
from app.core.http.openapi import problems
from app.core.http.parameters import UUID_FORM, NoQuery
from app.core.http.parameters import Code as OrganizationCode
from app.core.problems import (
    InsufficientScope,
    InvalidParameters,
    NotAcceptable,
    NotFound,
    OutsideOrganization,
    RollTooLong,
)
from app.rendering import qr, renderers
from app.rendering.badges import Badge
from app.roll_access import access, audited_read
from app.state import state_of
from app.writes import audit_trail
from app.writes.idempotency import StoredResponse
from app.writes.request import ActionDep, WriteResult
from app.writes.responses import LOCATION_HEADER

JSON, SVG, PNG, PDF = "application/json", "image/svg+xml", "image/png", "application/pdf"
router = APIRouter(
    prefix="/v1/meetings/{code}", tags=["check-ins"], route_class=AuthorizingRoute, responses=problems(NotAcceptable)
)
Code = Annotated[str, Path(description="Code of the meeting.", examples=["rakornas-2022-06"])]
ParticipantId = Annotated[
    str,
    Path(description="Id of the participant.", pattern=UUID_FORM, examples=["01a20cae-3b7c-7752-8ae9-897b44e2459f"]),
]
MEETING_PATH = "/v1/meetings/rakornas-2022-06"
BADGE_PATH = f"{MEETING_PATH}/participants/01a20cae-3b7c-7752-8ae9-897b44e2459f/badge"
BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/participants/{id}/badge",
    response_model=schemas.Badge,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(BADGE_PATH),
    responses={
        200: {"content": {SVG: {"schema": {"type": "string"}}, PNG: BINARY}},
        **problems(NotFound),
    },
)
async def get_badge(
    request: Request,
    reader: ReaderDep,
    code: Code,
    id: ParticipantId,
    _query: Annotated[NoQuery, Query(include_in_schema=False)],
    media_type: Annotated[str, Depends(produces(JSON, SVG, PNG))],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Read a badge

    Its QR code as `image/svg+xml` or `image/png`, or its token as JSON. Whoever has none yet is given one. Each reading
    leaves a line in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    async with open_transaction(state_of(request.app).database) as transaction:
        await repository.issue_missing(transaction, code, participant=UUID(id))
        found = await repository.list_valid(transaction, code, participant=UUID(id))
        if not found:
            raise NotFound
        key = await repository.get_signing_key(transaction, code)
        await audited_read.record_read(transaction, request, f"participants/{id}")
    return _badge_response(found[0].to_document(key), media_type)


def _badge_response(badge: dict[str, Any], media_type: str) -> Response:
    drawn = {SVG: qr.svg, PNG: qr.png}
    body = drawn[media_type](badge["token"]) if media_type in drawn else orjson.dumps(badge, default=str)
    headers = {"Cache-Control": "no-store", "Vary": audited_read.VARY, "ETag": conditional.entity_tag(body)}
    return Response(body, headers=headers, media_type=media_type)


@router.post(
    "/participants/{id}/badge",
    status_code=201,
    response_model=schemas.Badge,
    dependencies=[require_scope(Scope.ATTENDANCE_WRITE), Depends(produces(JSON))],
    openapi_extra=write_example(BADGE_PATH),
    responses={
        200: {"model": schemas.Badge, "description": "With `dry_run=true`."},
        201: {"description": "Issued.", "headers": LOCATION_HEADER},
        **problems(InsufficientScope, OutsideOrganization, NotFound),
    },
)
async def reissue_badge(write_request: ActionDep, code: Code, id: ParticipantId) -> Response:
    """Issue a badge anew

    The former one is revoked: gates refuse it from now on, and what they have scanned of it before stays good. Sent
    again, it issues another one again.
    """

    async def work(transaction: Transaction) -> WriteResult:
        await access.require_access(transaction, write_request.caller, code)
        if write_request.caller.meeting is not None:
            raise OutsideOrganization
        if not await repository.reissue(transaction, code, UUID(id)):
            raise NotFound
        [badge] = await repository.list_valid(transaction, code, participant=UUID(id))
        key = await repository.get_signing_key(transaction, code)
        headers = {"Location": f"/v1/meetings/{code}/participants/{id}/badge"}
        return WriteResult(
            StoredResponse(201, headers, orjson.dumps(badge.to_document(key), default=str)), [f"participants/{id}"]
        )

    return await write_request.run_in_transaction(work)


class BadgesQuery(NoQuery):
    organization: (
        Annotated[
            OrganizationCode,
            Query(description="Code of an organization: only its own.", examples=["kpu-31"]),
        ]
        | None
    ) = None


@router.get(
    "/badges",
    response_model=schemas.Badges,
    dependencies=[require_scope(Scope.ATTENDANCE_READ)],
    openapi_extra=example(f"{MEETING_PATH}/badges?organization=kpu-31"),
    responses={200: {"content": {PDF: BINARY}}, **problems(NotFound, RollTooLong)},
)
async def list_badges(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[BadgesQuery, Query()],
    media_type: Annotated[str, Depends(produces(JSON, PDF))],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Read all badges

    As sheets to print and cut (`application/pdf`) or as JSON, for all or for one organization, up to 5,000 at once.
    Whoever has none yet is given one. Each reading leaves a line in the audit trail.
    """
    await audited_read.require_read_access(request, reader, reader, code)
    if query.organization and not await repository.organization_exists(reader, query.organization):
        raise InvalidParameters(repository.ORGANIZATION_FILTER.unknown("organization"))
    async with open_transaction(state_of(request.app).database) as transaction:
        await repository.issue_missing(transaction, code, organization=query.organization)
        found = await repository.list_valid(transaction, code, organization=query.organization)
        if len(found) > repository.MAX_BADGES:
            raise RollTooLong
        key = await repository.get_signing_key(transaction, code)
        name = await repository.get_meeting_name(transaction, code)
        people = [f"participants/{one.participant}" for one in found]
        await audited_read.record_read(transaction, request, f"meetings/{code}/badges", *people)
    if media_type == PDF:
        body = await asyncio.to_thread(_render_sheet, name, key, found)
    else:
        body = orjson.dumps({"items": [badge.to_document(key) for badge in found]}, default=str)
    headers = {"Cache-Control": "no-store", "Vary": audited_read.VARY, "ETag": conditional.entity_tag(body)}
    return Response(body, headers=headers, media_type=media_type)


def _render_sheet(title: str, key: BadgeSigningKey, badges: list[repository.ValidBadge]) -> bytes:
    cards = [Badge(one.name or "", one.organization, one.capacity, key.sign(one.id)) for one in badges]
    return renderers.sheet(title, cards)
