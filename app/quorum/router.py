"""The route of a plenary's quorum."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from app.auth import Scope, allow_anonymous, build_missing_scope_problem, get_caller
from app.core.datetimes import encode_json
from app.core.db.transaction import open_transaction
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep, get_database
from app.core.http.examples import example
from app.core.http.openapi import problem_responses
from app.core.problems import InsufficientScope, InvalidParameters, NotFound, Unauthenticated
from app.quorum import repository, schemas
from app.quorum.service import build_outside_meeting_error, build_quorum_document
from app.roll_access import access, audited_read
from app.routing import create_resource_router
from app.writes import audit_trail

router = create_resource_router("attendance", prefix="/v1/meetings/{code}/quorum")
CACHE_SECONDS = 5  # short, because decisions depend on the current quorum
Code = Annotated[str, Path(description="Code of the meeting.", examples=["sidang-pleno-2026-11-24"])]


@router.get(
    "",
    response_model=schemas.Quorum,
    dependencies=[allow_anonymous(optional_scope=Scope.ATTENDANCE_READ)],
    openapi_extra=example("/v1/meetings/sidang-pleno-2026-11-24/quorum?at=2026-11-24T05:45:00Z"),
    responses=problem_responses(NotFound, Unauthenticated, InsufficientScope),
)
async def get_quorum(
    request: Request,
    reader: ReaderDep,
    code: Code,
    query: Annotated[schemas.QuorumQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Get the quorum of a plenary

    The number of members of a commission who are present at its plenary, and whether they are a quorum. Presence
    follows from scans, and for a member without scans from the stated status. Everyone who is possibly in office
    counts. Anyone may get the quorum of any plenary; if the roll is restricted, only a token with the scope
    `attendance:read` shows which members are present, and each such request is recorded in the audit trail. Then
    `known_at` needs that token, too: rosters of several instants could tell who was present. `at` must be within the
    days of the plenary. The reference data contain no plenary, so the example is fictitious.
    """
    past_reader = reader.known_at(query.known_at)
    plenary = await repository.find_plenary(past_reader, code)
    rules = await access.find_access_rules(reader, past_reader, code) if plenary else None
    if plenary is None or rules is None:
        raise NotFound
    if query.known_at and (last := await repository.find_plenary(rules.last_reader, code)):
        # Anonymisation also removes what was known before it.
        plenary = plenary._replace(anonymised_at=last.anonymised_at)
    can_read = rules.is_restricted and await access.can_read(rules, get_caller(request), code)
    if rules.is_restricted and query.known_at and not can_read:
        caller = get_caller(request)
        if caller is not None and Scope.ATTENDANCE_READ in caller.scopes:
            raise NotFound
        raise build_missing_scope_problem(Scope.ATTENDANCE_READ, request)
    begins_at, ends_at = await repository.get_period(past_reader, plenary)
    if query.at is not None and not begins_at <= query.at <= ends_at:
        raise InvalidParameters(build_outside_meeting_error(begins_at, ends_at))
    at = query.at or min(query.known_at or datetime.now(UTC), plenary.last_instant)
    members = await repository.list_members(past_reader, plenary, at.astimezone(plenary.zone).date())
    officials = [member.official for member in members]
    intervals = await repository.list_presence_intervals(past_reader, plenary, officials)
    if not rules.is_restricted:
        return _build_response(build_quorum_document(plenary, at, members, intervals, shows_presence=True))
    if not can_read:
        return _build_response(build_quorum_document(plenary, at, members, intervals, shows_presence=False))
    participants = dict.fromkeys(f"participants/{interval.participant}" for interval in intervals)
    async with open_transaction(get_database(request)) as transaction:
        await audited_read.record_read(transaction, request, f"meetings/{code}/quorum", *participants)
    document = build_quorum_document(plenary, at, members, intervals, shows_presence=True)
    return _build_response(document, cache_control="no-store")


def _build_response(document: dict[str, Any], cache_control: str = f"public, max-age={CACHE_SECONDS}") -> Response:
    """Build the 200 response with a quorum document as JSON, its ETag and this Cache-Control."""
    body = encode_json(document)
    return conditional.json_response(body, cache_control=cache_control, headers={"Vary": audited_read.VARY})
