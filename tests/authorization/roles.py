"""The callers of the authorization matrix: anonymous, with an invalid token, and with every scope and binding."""

import time
from typing import Literal, NamedTuple

from fastapi import FastAPI

from app.auth import Scope, tokens
from app.auth.keys import ACCESS_TOKEN_SECONDS
from app.auth.tokens import Grant
from app.state import state_of
from tests.authorization.dataset import CALLER_ID, MEETINGS, MISSING_ID, OTHER, OWN
from tests.callers import bearer_headers

DEVICE_MEETING = MEETINGS["own", "restricted"]


class Role(NamedTuple):
    """A caller, with a valid token unless `invalid_token` says otherwise ("none": without a token)."""

    name: str
    invalid_token: Literal["none", "garbage", "expired"] | None = None
    scopes: tuple[Scope, ...] = ()
    organization: str | None = None
    meeting: str | None = None

    @property
    def is_bound_with_one_scope(self) -> bool:
        """Return whether the token has one scope and is bound to an organization or a meeting."""
        return len(self.scopes) == 1 and bool(self.organization or self.meeting)


def _build_roles(name: str, *scopes: Scope) -> list[Role]:
    return [
        Role(name, None, scopes),
        Role(f"{name} of {OWN}", None, scopes, organization=OWN),
        Role(f"{name} of {OTHER}", None, scopes, organization=OTHER),
        Role(f"{name} of a device", None, scopes, meeting=DEVICE_MEETING),
    ]


ROLES = [
    Role("anyone", "none"),
    Role("garbage", "garbage"),
    Role("expired", "expired", tuple(Scope)),
    *(role for scope in Scope for role in _build_roles(str(scope), scope)),
    *_build_roles("all scopes", *Scope),
    Role("no scope at all"),
]


async def build_headers(app: FastAPI, role: Role) -> dict[str, str]:
    """Return the Authorization header of a role, if it has one."""
    if role.invalid_token == "none":
        return {}
    if role.invalid_token == "garbage":
        return {"Authorization": "Bearer " + "x" * 40}
    if role.invalid_token == "expired":
        verifier, issued_at = state_of(app).token_verifier, time.time() - ACCESS_TOKEN_SECONDS - 60
        grant, key = Grant(MISSING_ID, "tester", 1, list(map(str, role.scopes))), await verifier.get_signing_key()
        token = tokens.issue_access_token(grant, key, issuer=verifier.issuer, audience=verifier.audience, now=issued_at)
        return {"Authorization": f"Bearer {token}"}
    return bearer_headers(app, *role.scopes, organization=role.organization, meeting=role.meeting, client_id=CALLER_ID)
