"""The route of a plenary's quorum."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Path, Query, Request, Response

from app.auth import allow_anonymous, get_caller
from app.core.db.transaction import open_transaction
from app.core.http import conditional
from app.core.http.dependencies import ReaderDep
from app.core.http.examples import example
from app.core.http.openapi import problem_responses
from app.core.problems import NotFound
from app.quorum import repository, schemas
from app.quorum.rules import Rule, find_rule
from app.roll_access import access, audited_read
from app.routing import resource_router
from app.state import state_of
from app.writes import audit_trail

router = resource_router("attendance", at="/v1/meetings/{code}/quorum")
CACHE_SECONDS = 5  # seconds: who decides by it looks again and again
Code = Annotated[str, Path(description="Code of the meeting.", examples=["sidang-pleno-2026-11-24"])]


@router.get(
    "",
    response_model=schemas.Quorum,
    dependencies=[allow_anonymous()],
    openapi_extra=example("/v1/meetings/sidang-pleno-2026-11-24/quorum?at=2026-11-24T05:45:00Z"),
    responses=problem_responses(NotFound),
)
async def get_quorum(
    request: Request,
    read: ReaderDep,
    code: Code,
    query: Annotated[schemas.QuorumQuery, Query()],
    _purpose: audit_trail.Purpose = None,
) -> Response:
    """Read a quorum

    Whether enough of a commission are present at its plenary, by what the gates have seen or, of whom they have not,
    what was stated. Everyone who is possibly in office counts. Open for every plenary, but for who is present where
    the roll is restricted: that is for tokens with the scope `attendance:read`, and each such reading leaves a line in
    the audit trail. The reference data know of no plenary; the example shows one that was made up.
    """
    then = read.known_at(query.known_at)
    plenary = await repository.find_plenary(then, code)
    rules = await access.find_access_rules(read, then, code) if plenary else None
    if plenary is None or rules is None:
        raise NotFound
    if query.known_at and (today := await repository.find_plenary(read, code)):
        plenary = plenary._replace(anonymised_at=today.anonymised_at)  # whoever was known then is forgotten now
    at = query.at or min(query.known_at or datetime.now(UTC), plenary.last_instant)
    members = await repository.list_members(then, plenary.host, at.astimezone(plenary.zone).date())
    stays = await repository.list_presence_intervals(then, plenary, [one.official for one in members])
    if not rules.is_restricted:
        return _reply(_Quorum(plenary, at, members, stays).document(shown=True))
    if not await access.can_read(rules, get_caller(request), code):
        return _reply(_Quorum(plenary, at, members, stays).document(shown=False))
    people = dict.fromkeys(f"participants/{one.participant}" for one in stays)
    async with open_transaction(state_of(request.app).database) as transaction:
        await audited_read.record_read(transaction, request, f"meetings/{code}/quorum", *people)
    return _reply(_Quorum(plenary, at, members, stays).document(shown=True), cache="no-store")


def _reply(document: dict[str, Any], cache: str = f"public, max-age={CACHE_SECONDS}") -> Response:
    return conditional.json_response(
        orjson.dumps(document, default=str), cache=cache, headers={"Vary": audited_read.VARY}
    )


class _Quorum(NamedTuple):
    """All that the answer follows from."""

    plenary: repository.Plenary
    at: datetime
    members: Sequence[repository.Member]
    stays: Sequence[repository.PresenceInterval]

    def document(self, *, shown: bool) -> dict[str, Any]:
        """`shown`: also who of the members is present."""
        plenary, seats = self.plenary, self.plenary.seats
        is_forgotten = plenary.anonymised_at is not None  # how many of a commission there were, nobody has counted
        rule = find_rule(plenary.level, seats) if seats else None
        there = {one.official for one in self.stays if one.contains(self.at)}
        met = (
            repository.compute_quorum_period(self.stays, rule.present_at_least, self.at)
            if rule and not is_forgotten
            else repository.QuorumPeriod(None, None)
        )
        return {
            "meeting": {"code": plenary.code, "name": plenary.name},
            "organization": {"code": plenary.host, "name": plenary.host_name},
            "at": self.at,
            "seats": seats,
            "rule": rule._asdict() if rule else None,
            "members": [
                {
                    "official": {"id": one.official, "name": one.name},
                    "office": one.office,
                    "certain": one.certain,
                    "present": one.official in there if shown else None,
                }
                for one in self.members
            ],
            "present": len(there),
            "needed": rule.present_at_least if rule else None,
            "met": len(there) >= rule.present_at_least if rule and not is_forgotten else None,
            "since": met.since,
            "first_met_at": met.first_at,
            "reason": "forgotten" if is_forgotten else _reason(rule, seats),
        }


def _reason(rule: Rule | None, seats: int | None) -> str | None:
    """Why there is nothing to hold the numbers against."""
    if rule:
        return None
    return "no_rule" if seats else "seats_unknown"
