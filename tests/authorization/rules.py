"""What the contract promises to whom: written down from it once more, with nothing of the service's own code."""

from typing import NamedTuple

from tests.authorization.asks import Ask
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


class Expected(NamedTuple):
    """`scope`: the one that the challenge names. `row`: an import is answered, and this says whether its row is."""

    status: int
    code: str | None = None
    scope: str | None = None
    row: bool = True


def scope_of(ask: Ask) -> str | None:
    """The scope that the operation asks everybody for."""
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
