"""Access tokens of ours (RFC 9068): what is written into them, and what is read out."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from app.auth.callers import Caller
from app.auth.jwt import InvalidToken, word
from app.auth.keys import ALGORITHM, LIFETIME, SigningKey
from app.auth.scopes import Scope
from app.core.http.body_types import LONGEST_NAME

TYPE = "at+jwt"
LEEWAY = 5.0  # seconds by which another machine's clock may be ahead
KNOWN = {str(scope): scope for scope in Scope}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client was found to be when it asked for a token. `secret`: the id of the one it proved itself with."""

    client: str
    name: str
    revision: int
    scopes: Iterable[str]
    organization: str | None = None
    meeting: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that was found good: until when, and by what a revocation finds it (an outside issuer's: by nothing)."""

    caller: Caller
    ends: float
    client: str | None = None
    revision: int = 0
    secret: str | None = None


def issue(grant: Grant, key: SigningKey, *, issuer: str, audience: str, now: float) -> str:
    """A signed token for this client."""
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": grant.client,
        "client_id": grant.client,
        "iat": int(now),
        "exp": int(now) + LIFETIME,
        "jti": uuid.uuid4().hex,
        "scope": " ".join(grant.scopes),
        "name": grant.name,
        "rakornas_revision": grant.revision,
        "rakornas_secret": grant.secret,
        "rakornas_organization": grant.organization,
        "rakornas_meeting": grant.meeting,
    }
    header = {"typ": TYPE, "alg": ALGORITHM, "kid": key.kid}
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, said, key.private, algorithms=[ALGORITHM])


def read_ours(claims: Mapping[str, Any], ends: float) -> Verified:
    """What a token of ours says, once its signature is known to be ours."""
    client, revision = word(claims, "client_id"), claims.get("rakornas_revision")
    if type(revision) is not int or claims.get("sub") != client:
        raise InvalidToken
    caller = _caller(claims, client, word(claims, "name", least=0, most=LONGEST_NAME))
    return Verified(caller, ends, client, revision, word(claims, "rakornas_secret", least=0) or None)


def read_outside(claims: Mapping[str, Any], issuer: str, ends: float) -> Verified:
    """What an outside issuer's token says. A limit to a body or a meeting holds here too, under the same names.

    Its client is named, as `client_id` (RFC 9068) or `azp` (OpenID Connect), and no person: revisions are open data.
    """
    subject = word(claims, "sub")
    name = word(claims, "client_id", least=0) or word(claims, "azp", least=0) or subject
    return Verified(_caller(claims, f"{issuer} {subject}", name), ends)


def _caller(claims: Mapping[str, Any], client: str, name: str) -> Caller:
    """A scope that we do not know gives nothing; a limit that cannot be read would be none, so it is refused."""
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken
    return Caller(
        client=client,
        name=name,
        scopes=frozenset(KNOWN[one] for one in scope.split(" ") if one in KNOWN),
        organization=word(claims, "rakornas_organization", least=0) or None,
        meeting=word(claims, "rakornas_meeting", least=0) or None,
    )
