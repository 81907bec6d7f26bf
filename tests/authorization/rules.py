"""What the contract promises to whom: written down from it once more, with nothing of the service's own code."""

import re
from typing import NamedTuple

from tests.authorization.ask import Ask
from tests.authorization.roles import Role

# By how an address begins: the scope that writes there, or reads, where reading asks for one.
WRITE = {
    "/v1/regions": "regions:write",
    "/v1/organizations": "organizations:write",
    "/v1/divisions": "divisions:write",
    "/v1/officials": "officials:write",
    "/v1/appointments": "officials:write",
    "/v1/elections": "elections:write",
    "/v1/stages": "stages:write",
    "/v1/meetings": "meetings:write",
    "/v1/clients": "clients:admin",
    **{f"/v1/imports?resource={name}": f"{name}:write" for name in ("regions", "organizations", "divisions")},
    **{f"/v1/imports?resource={name}": f"{name}:write" for name in ("officials", "elections", "stages", "meetings")},
    "/v1/imports?resource=appointments": "officials:write",
    "/v1/imports?resource=sessions": "meetings:write",
    "/v1/imports?resource=statements": "meetings:write",
}
READ = {"/v1/clients": "clients:admin", "/v1/audit": "audit:read"}
# Of one meeting: what the rest of an address says, and what it asks for where it is written and where it is read.
OF_A_MEETING = re.compile(r"/v1/meetings/([a-z0-9-]+)([/:][^?]*)")
AT_THE_DOOR = (
    (r"/check-ins(:batch)?", "check-ins:write", "attendance:read"),
    (r"/gate-pack", None, "check-ins:write"),
    (r"/participants.*|/attendance/[0-9a-f-]{36}", "attendance:write", "attendance:read"),
    (r"/corrections", None, "attendance:read"),
    (r"/badges", None, "attendance:read"),
    (r":close-roll|/check-ins/.*:annul|/corrections/.*:confirm", "attendance:write", None),
)


class Expected(NamedTuple):
    """`scope`: the one that the challenge names. `row`: an import is answered, and this says whether its row is."""

    status: int
    code: str | None = None
    scope: str | None = None
    row: bool = True


class Door(NamedTuple):
    """What is asked of a meeting's list, its gates or its roll, where that is not open."""

    meeting: str
    scope: str


def at_the_door(ask: Ask) -> Door | None:
    of_one = OF_A_MEETING.match(ask.target)
    for rest, write, read in AT_THE_DOOR:
        scope = read if ask.method == "GET" else write
        if of_one and scope and re.fullmatch(rest, of_one[2]):
            return Door(of_one[1], scope)
    return None


def scope_of(ask: Ask) -> str | None:
    """The scope that the operation asks everybody for."""
    if at := at_the_door(ask):
        return at.scope
    found = [scope for at, scope in (READ if ask.method == "GET" else WRITE).items() if ask.target.startswith(at)]
    return found[0] if found else None


def expected(ask: Ask, role: Role) -> Expected:
    if ask.operation == "issue_token":  # a token proves nothing there, and may not stand beside a secret
        return Expected(401 if role.bad == "none" else 400)
    if role.bad in ("garbage", "expired"):
        return Expected(401, "unauthenticated")
    if scope := scope_of(ask):
        if role.bad:
            return Expected(401, "unauthenticated", scope)
        if scope not in role.scopes:
            return Expected(403, "insufficient_scope", scope)
    if at := at_the_door(ask):
        return _at_the_door(ask, role, at)
    return _read(ask, role) if ask.method == "GET" else _write(ask, role)


def _read(ask: Ask, role: Role) -> Expected:
    if ask.is_missing:
        return Expected(404, "not_found")
    if ask.roll:
        if role.bad:
            return Expected(401, "unauthenticated", "attendance:read")
        if "attendance:read" not in role.scopes:
            return Expected(403, "insufficient_scope", "attendance:read")
        if role.organization and ask.owners != frozenset({role.organization}):
            return Expected(404, "not_found")
        if role.meeting and f"/{role.meeting}/" not in ask.target:
            return Expected(404, "not_found")
    return Expected(200)


def _at_the_door(ask: Ask, role: Role, at: Door) -> Expected:
    """Who is bound elsewhere learns nothing of a meeting; a gate writes scans and nothing else."""
    if "names=true" in ask.target and "attendance:read" not in role.scopes:
        return Expected(403, "insufficient_scope", "attendance:read")
    if ask.is_missing or not may_know(ask, role, at.meeting):
        return Expected(404, "not_found")
    if role.meeting and at.scope == "attendance:write":
        return Expected(403, "outside_organization")
    return Expected(ask.good)


def may_know(ask: Ask, role: Role, meeting: str) -> bool:
    return role.organization in (None, *(ask.owners or ())) and role.meeting in (None, meeting)


def _write(ask: Ask, role: Role) -> Expected:
    is_bound = bool(role.organization or role.meeting)
    if ask.target.startswith("/v1/clients") and is_bound:  # who is bound learns nothing of any client, nor that it is
        return Expected(403, "outside_organization")
    if ask.is_missing:
        return Expected(404, "not_found")
    if role.meeting or (role.organization and ask.owners is None):
        return Expected(403, "outside_organization")
    if role.organization and not ask.owners <= {role.organization}:  # type: ignore[operator]
        is_import = ask.operation == "import_rows"  # it is answered row by row
        return Expected(200, row=False) if is_import else Expected(403, "outside_organization")
    return Expected(ask.good)
