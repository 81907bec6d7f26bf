"""Who asks: nobody, who brings no good token, and tokens of every scope with every bound."""

import time
from typing import Literal, NamedTuple

from fastapi import FastAPI

from app.auth import Scope, tokens
from app.auth.keys import ACCESS_TOKEN_SECONDS
from app.auth.tokens import Grant
from app.state import state_of
from tests.authorization.world import CALLER, MEETINGS, NOWHERE, OTHER, OWN
from tests.callers import bearer_headers

GATE = MEETINGS["own", "restricted"]


class Role(NamedTuple):
    """`bad`: why the token is none that counts. `meeting`: a gate's."""

    name: str
    bad: Literal["none", "garbage", "expired"] | None = None
    scopes: tuple[Scope, ...] = ()
    organization: str | None = None
    meeting: str | None = None

    @property
    def is_one_bound(self) -> bool:
        """Whether it is a token of one scope that is bound."""
        return len(self.scopes) == 1 and bool(self.organization or self.meeting)


def _of(name: str, *scopes: Scope) -> list[Role]:
    return [
        Role(name, None, scopes),
        Role(f"{name} of {OWN}", None, scopes, organization=OWN),
        Role(f"{name} of {OTHER}", None, scopes, organization=OTHER),
        Role(f"{name} at a gate", None, scopes, meeting=GATE),
    ]


ROLES = [
    Role("anyone", "none"),
    Role("garbage", "garbage"),
    Role("expired", "expired", tuple(Scope)),
    *(role for scope in Scope for role in _of(str(scope), scope)),
    *_of("all scopes", *Scope),
    Role("no scope at all"),
]


async def headers(app: FastAPI, role: Role) -> dict[str, str]:
    """What this role's requests bring."""
    if role.bad == "none":
        return {}
    if role.bad == "garbage":
        return {"Authorization": "Bearer " + "x" * 40}
    if role.bad == "expired":
        trust, client = state_of(app).token_verifier, Grant(NOWHERE, "tester", 1, [str(scope) for scope in role.scopes])
        key, began = await trust.get_signing_key(), time.time() - ACCESS_TOKEN_SECONDS - 60
        token = tokens.issue_access_token(client, key, issuer=trust.issuer, audience=trust.audience, now=began)
        return {"Authorization": f"Bearer {token}"}
    return bearer_headers(app, *role.scopes, organization=role.organization, meeting=role.meeting, client_id=CALLER)
