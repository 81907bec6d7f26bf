"""Who asks: nobody, who brings no good token, and tokens of every scope with every bound."""

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
    """`bad`: why the token is none that counts. `meeting`: a gate's."""

    name: str
    invalid_token: Literal["none", "garbage", "expired"] | None = None
    scopes: tuple[Scope, ...] = ()
    organization: str | None = None
    meeting: str | None = None

    @property
    def is_bound_with_one_scope(self) -> bool:
        """Whether it is a token of one scope that is bound."""
        return len(self.scopes) == 1 and bool(self.organization or self.meeting)


def _build_roles(name: str, *scopes: Scope) -> list[Role]:
    return [
        Role(name, None, scopes),
        Role(f"{name} of {OWN}", None, scopes, organization=OWN),
        Role(f"{name} of {OTHER}", None, scopes, organization=OTHER),
        Role(f"{name} at a gate", None, scopes, meeting=DEVICE_MEETING),
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
    """What this role's requests bring."""
    if role.invalid_token == "none":
        return {}
    if role.invalid_token == "garbage":
        return {"Authorization": "Bearer " + "x" * 40}
    if role.invalid_token == "expired":
        trust, client = (
            state_of(app).token_verifier,
            Grant(MISSING_ID, "tester", 1, [str(scope) for scope in role.scopes]),
        )
        key, began = await trust.get_signing_key(), time.time() - ACCESS_TOKEN_SECONDS - 60
        token = tokens.issue_access_token(client, key, issuer=trust.issuer, audience=trust.audience, now=began)
        return {"Authorization": f"Bearer {token}"}
    return bearer_headers(app, *role.scopes, organization=role.organization, meeting=role.meeting, client_id=CALLER_ID)
