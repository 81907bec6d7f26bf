"""The response that the contract promises to each role, written down without the service's own code."""

import re
from typing import NamedTuple

from tests.authorization.request_case import RequestCase
from tests.authorization.roles import Role

# The required scopes, by the beginning of the target.
WRITE_SCOPES = {
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
READ_SCOPES = {"/v1/clients": "clients:admin", "/v1/audit": "audit:read"}
PARTICIPANT_LIST = re.compile(r"/v1/imports\?resource=participants&.*meeting=([a-z0-9-]+)")
MEETING_TARGET = re.compile(r"/v1/meetings/([a-z0-9-]+)([/:][^?]*)")
# (rest of the target, scope to write, scope to read).
MEETING_SCOPES = (
    (r"/check-ins(:batch)?", "check-ins:write", "attendance:read"),
    (r"/gate-pack", None, "check-ins:write"),
    (r"/participants.*|/attendance/[0-9a-f-]{36}", "attendance:write", "attendance:read"),
    (r"/corrections", "attendance:write", "attendance:read"),
    (r"/badges", None, "attendance:read"),
    (r":close-roll|/check-ins/.*:annul|/corrections/.*:confirm|/devices/.*:reset", "attendance:write", None),
    (r"/devices", None, "attendance:read"),
)


class ExpectedResponse(NamedTuple):
    """The status and problem of a response."""

    status: int
    code: str | None = None
    scope: str | None = None
    """The scope that the challenge names."""
    is_row_accepted: bool = True
    """The row of an import is accepted."""


class MeetingAccess(NamedTuple):
    """The meeting and the scope of a request about participants, check-ins or a restricted roll."""

    meeting: str
    scope: str


def find_meeting_access(request: RequestCase) -> MeetingAccess | None:
    """Return the meeting and scope that a request requires, or None if it is no such request."""
    if imported := PARTICIPANT_LIST.match(request.target):
        return MeetingAccess(imported[1], "attendance:write")
    match = MEETING_TARGET.match(request.target)
    for rest, write, read in MEETING_SCOPES:
        scope = read if request.method == "GET" else write
        if match and scope and re.fullmatch(rest, match[2]):
            return MeetingAccess(match[1], scope)
    return None


def find_required_scope(request: RequestCase) -> str | None:
    """Return the scope that the operation requires of every caller, or None."""
    if access := find_meeting_access(request):
        return access.scope
    scopes = [
        scope
        for prefix, scope in (READ_SCOPES if request.method == "GET" else WRITE_SCOPES).items()
        if request.target.startswith(prefix)
    ]
    return scopes[0] if scopes else None


def expect_response(request: RequestCase, role: Role) -> ExpectedResponse:
    """Return the response that a role must get."""
    if request.operation == "issue_token":  # it takes no token, and no Authorization beside a client secret
        return ExpectedResponse(401 if role.invalid_token == "none" else 400)
    if role.invalid_token in ("garbage", "expired"):
        return ExpectedResponse(401, "unauthenticated")
    if scope := find_required_scope(request):
        if role.invalid_token:
            return ExpectedResponse(401, "unauthenticated", scope)
        if scope not in role.scopes:
            return ExpectedResponse(403, "insufficient_scope", scope)
    if access := find_meeting_access(request):
        return _expect_meeting_access(request, role, access)
    return _expect_read(request, role) if request.method == "GET" else _expect_write(request, role)


def _expect_read(request: RequestCase, role: Role) -> ExpectedResponse:
    if request.is_missing or (request.target.startswith("/v1/clients/") and not is_client_visible(request, role)):
        return ExpectedResponse(404, "not_found")
    if request.reads_restricted_roll:
        if role.invalid_token:
            return ExpectedResponse(401, "unauthenticated", "attendance:read")
        if "attendance:read" not in role.scopes:
            return ExpectedResponse(403, "insufficient_scope", "attendance:read")
        if role.organization and request.organizations != frozenset({role.organization}):
            return ExpectedResponse(404, "not_found")
        if role.meeting and f"/{role.meeting}/" not in request.target:
            return ExpectedResponse(404, "not_found")
    return ExpectedResponse(200)


def _expect_meeting_access(request: RequestCase, role: Role, access: MeetingAccess) -> ExpectedResponse:
    """A caller that is bound elsewhere gets 404; a check-in device may write only scans."""
    if "names=true" in request.target and "attendance:read" not in role.scopes:
        return ExpectedResponse(403, "insufficient_scope", "attendance:read")
    if request.is_missing or not is_meeting_visible(request, role, access.meeting):
        return ExpectedResponse(404, "not_found")
    if role.meeting and access.scope == "attendance:write":
        return ExpectedResponse(403, "outside_organization")
    return ExpectedResponse(request.success_status)


def is_meeting_visible(request: RequestCase, role: Role, meeting: str) -> bool:
    return role.organization in (None, *(request.organizations or ())) and role.meeting in (None, meeting)


def is_client_visible(request: RequestCase, role: Role) -> bool:
    """Return whether a caller sees the client: it is bound to nothing, or to the organization of the client."""
    is_own = role.meeting is None and role.organization in (None, *(request.organizations or ()))
    return not request.is_missing and is_own


def _expect_write(request: RequestCase, role: Role) -> ExpectedResponse:
    if request.target.startswith("/v1/clients") and (role.organization or role.meeting):
        is_hidden = request.target.startswith("/v1/clients/") and not is_client_visible(request, role)
        return ExpectedResponse(404, "not_found") if is_hidden else ExpectedResponse(403, "outside_organization")
    if request.is_missing:
        return ExpectedResponse(404, "not_found")
    if role.meeting or (role.organization and request.organizations is None):
        return ExpectedResponse(403, "outside_organization")
    if role.organization and not request.organizations <= {role.organization}:  # type: ignore[operator]
        if request.operation == "import_rows":
            return ExpectedResponse(200, is_row_accepted=False)
        return ExpectedResponse(403, "outside_organization")
    return ExpectedResponse(request.success_status)
