"""Access tokens of ours (RFC 9068): what is written into them, and what is read out."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from app.auth.caller import Caller
from app.auth.jwt import InvalidToken, read_text_claim
from app.auth.keys import ACCESS_TOKEN_SECONDS, SIGNING_ALGORITHM, SigningKey
from app.auth.scopes import Scope
from app.core.http.body_types import MAX_NAME_LENGTH

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105  (a media type)
CLOCK_LEEWAY_SECONDS = 5.0  # seconds by which another machine's clock may be ahead
SCOPES_BY_NAME = {str(scope): scope for scope in Scope}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client was found to be when it asked for a token. `secret`: the id of the one it proved itself with."""

    client_id: str
    name: str
    revision: int
    scopes: Iterable[str]
    organization: str | None = None
    meeting: str | None = None
    secret_id: str | None = None


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that was found good: until when, and by what a revocation finds it (an outside issuer's: by nothing)."""

    caller: Caller
    expires_at: float
    client_id: str | None = None
    client_revision: int = 0
    secret_id: str | None = None


def issue_access_token(grant: Grant, key: SigningKey, *, issuer: str, audience: str, now: float) -> str:
    """A signed token for this client."""
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": grant.client_id,
        "client_id": grant.client_id,
        "iat": int(now),
        "exp": int(now) + ACCESS_TOKEN_SECONDS,
        "jti": uuid.uuid4().hex,
        "scope": " ".join(grant.scopes),
        "name": grant.name,
        "rakornas_revision": grant.revision,
        "rakornas_secret": grant.secret_id,
        "rakornas_organization": grant.organization,
        "rakornas_meeting": grant.meeting,
    }
    header = {"typ": ACCESS_TOKEN_TYPE, "alg": SIGNING_ALGORITHM, "kid": key.kid}
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, said, key.private_key, algorithms=[SIGNING_ALGORITHM])


def parse_own_claims(claims: Mapping[str, Any], expires_at: float) -> VerifiedToken:
    """What a token of ours says, once its signature is known to be ours."""
    client, revision = read_text_claim(claims, "client_id"), claims.get("rakornas_revision")
    if type(revision) is not int or claims.get("sub") != client:
        raise InvalidToken
    caller = _build_caller(claims, client, read_text_claim(claims, "name", required=False, max_length=MAX_NAME_LENGTH))
    return VerifiedToken(
        caller, expires_at, client, revision, read_text_claim(claims, "rakornas_secret", required=False) or None
    )


def parse_external_claims(claims: Mapping[str, Any], issuer: str, expires_at: float) -> VerifiedToken:
    """What an outside issuer's token says. A limit to a body or a meeting holds here too, under the same names.

    Its client is named, as `client_id` (RFC 9068) or `azp` (OpenID Connect), and no person: revisions are open data.
    """
    subject = read_text_claim(claims, "sub")
    name = (
        read_text_claim(claims, "client_id", required=False)
        or read_text_claim(claims, "azp", required=False)
        or subject
    )
    return VerifiedToken(_build_caller(claims, f"{issuer} {subject}", name), expires_at)


def _build_caller(claims: Mapping[str, Any], client_id: str, name: str) -> Caller:
    """A scope that we do not know gives nothing; a limit that cannot be read would be none, so it is refused."""
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken
    return Caller(
        client_id=client_id,
        name=name,
        scopes=frozenset(SCOPES_BY_NAME[one] for one in scope.split(" ") if one in SCOPES_BY_NAME),
        organization=read_text_claim(claims, "rakornas_organization", required=False) or None,
        meeting=read_text_claim(claims, "rakornas_meeting", required=False) or None,
    )
