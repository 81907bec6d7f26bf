"""Assertions with which a client proves that it has its private key: `private_key_jwt` (RFC 7523, section 3)."""

from collections.abc import Collection
from typing import Any, NamedTuple

from app.auth.jwt import (
    SIGNATURE_ALGORITHMS,
    InvalidToken,
    UnverifiedJwt,
    parse_jwk_set,
    parse_jwt,
    parse_verification_key,
    read_audiences,
    read_text_claim,
    validate_times,
    verify_signature,
)

MAX_ASSERTION_SECONDS = 60  # seconds that an assertion may be good for
CLOCK_LEEWAY_SECONDS = 5.0
ALLOWED_TYPES = (None, "jwt", "client-authentication+jwt")
MAX_CLIENT_KEYS = 10


class VerifiedAssertion(NamedTuple):
    """An assertion whose signature is right: its `jti`, to be used once, and when it ends."""

    jti: str
    expires_at: float


def parse_assertion(assertion: str) -> tuple[UnverifiedJwt, str]:
    """The assertion taken apart, and the client that it says it comes from. Nothing is proved yet."""
    signed = parse_jwt(assertion.encode("ascii", "replace"), algorithms=SIGNATURE_ALGORITHMS, types=ALLOWED_TYPES)
    client = read_text_claim(signed.claims, "sub")
    if signed.claims.get("iss") != client:
        raise InvalidToken
    return signed, client


def verify_assertion(jwt: UnverifiedJwt, jwks: Any, *, audience: Collection[str], now: float) -> VerifiedAssertion:
    """Raise InvalidToken unless one of the client's keys signed this for us (and only us), for 60 s at most."""
    keys, kid = parse_jwk_set(jwks), jwt.header.get("kid")
    if kid is None and not keys:  # a set of one key needs no id
        listed = jwks.get("keys", []) if isinstance(jwks, dict) else []
        verify_signature(jwt, parse_verification_key(listed[0]) if len(listed) == 1 else None)
    elif kid is None and len(keys) == 1:
        verify_signature(jwt, next(iter(keys.values())))
    else:
        verify_signature(jwt, keys.get(kid) if isinstance(kid, str) else None)
    named = read_audiences(jwt.claims)
    ends = validate_times(jwt.claims, now, leeway=CLOCK_LEEWAY_SECONDS)
    if len(named) != 1 or named[0] not in audience or ends > now + MAX_ASSERTION_SECONDS + CLOCK_LEEWAY_SECONDS:
        raise InvalidToken
    jti = read_text_claim(jwt.claims, "jti")
    if len(jti) > 200:
        raise InvalidToken
    return VerifiedAssertion(jti, ends)


def is_client_jwk_set(jwks: Any) -> bool:
    """Whether this can be a client's `jwks`: public keys that we can verify with, and nothing else."""
    if not isinstance(jwks, dict) or set(jwks) != {"keys"} or not isinstance(jwks["keys"], list):
        return False
    keys = jwks["keys"]
    ids = [one.get("kid") for one in keys if isinstance(one, dict)]
    return (
        1 <= len(keys) <= MAX_CLIENT_KEYS
        and all(parse_verification_key(one) is not None for one in keys)
        and all(isinstance(kid, str) or (kid is None and len(keys) == 1) for kid in ids)
        and len(set(ids)) == len(ids)
    )
