"""Access tokens: issue our own (RFC 9068), and read the claims of ours and of an external issuer's."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt

from app.auth.caller import Caller
from app.auth.jwt import InvalidToken, read_text_claim
from app.auth.keys import ACCESS_TOKEN_SECONDS, SIGNING_ALGORITHM, SigningKey
from app.auth.scopes import Scope
from app.core.http.body_types import MAX_NAME_LENGTH

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105  (a media type)
CLOCK_LEEWAY_SECONDS = 5.0  # by which the clock of another machine may be ahead
SCOPES_BY_NAME = {str(scope): scope for scope in Scope}


@dataclass(frozen=True, slots=True)
class Grant:
    """An authenticated client and the scopes that its access token is to grant."""

    client_id: str
    name: str
    revision: int
    scopes: Iterable[str]
    organization: str | None = None
    meeting: str | None = None
    secret_id: str | None = None
    """The secret that authenticated the client; None: an assertion did."""


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A verified access token: its caller, and the ids by which it can be revoked."""

    caller: Caller
    expires_at: float
    """Unix time in seconds."""
    client_id: str | None = None
    """None for a token of an external issuer, which we cannot revoke."""
    client_revision: int = 0
    secret_id: str | None = None


def issue_access_token(grant: Grant, key: SigningKey, *, issuer: str, audience: str, now: float) -> str:
    """Build and sign a JWT access token for an authenticated client, issued at `now` (Unix time), valid 10 minutes."""
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
    present_claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, present_claims, key.private_key, algorithms=[SIGNING_ALGORITHM])


def parse_own_claims(claims: Mapping[str, Any], expires_at: float) -> VerifiedToken:
    """Build a VerifiedToken from claims of our own token that are verified already; InvalidToken if malformed.

    Raises:
        InvalidToken: A claim is missing or of another type.
    """
    client_id, revision = read_text_claim(claims, "client_id"), claims.get("rakornas_revision")
    if type(revision) is not int or claims.get("sub") != client_id:
        raise InvalidToken
    name = read_text_claim(claims, "name", required=False, max_length=MAX_NAME_LENGTH)
    secret_id = read_text_claim(claims, "rakornas_secret", required=False) or None
    return VerifiedToken(_build_caller(claims, client_id, name), expires_at, client_id, revision, secret_id)


def parse_external_claims(claims: Mapping[str, Any], issuer: str, expires_at: float) -> VerifiedToken:
    """Build a VerifiedToken from verified claims of an external issuer's token; InvalidToken if malformed.

    The caller's name is that of the client, `client_id` (RFC 9068) or `azp` (OpenID Connect), not that of a person,
    because revisions publish it.

    Raises:
        InvalidToken: A claim is missing or of another type.
    """
    subject = read_text_claim(claims, "sub")
    name = (
        read_text_claim(claims, "client_id", required=False)
        or read_text_claim(claims, "azp", required=False)
        or subject
    )
    issued_at = max(0, claims.get("iat") or 0)  # verified to be a number that is not in the future
    caller = _build_caller(claims, f"{issuer} {subject}", name)
    caller = replace(caller, issued_at=datetime.fromtimestamp(issued_at, UTC))
    return VerifiedToken(caller, expires_at)


def _build_caller(claims: Mapping[str, Any], client_id: str, name: str) -> Caller:
    """Build the caller from a token's claims, dropping unknown scopes; InvalidToken if a claim is malformed.

    An unknown scope grants nothing. A malformed `rakornas_organization` or `rakornas_meeting` is an error, because
    without it the token would be unrestricted.
    """
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken
    return Caller(
        client_id=client_id,
        name=name,
        scopes=frozenset(SCOPES_BY_NAME[name] for name in scope.split() if name in SCOPES_BY_NAME),
        organization=read_text_claim(claims, "rakornas_organization", required=False) or None,
        meeting=read_text_claim(claims, "rakornas_meeting", required=False) or None,
    )
