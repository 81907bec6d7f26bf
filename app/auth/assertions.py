"""Assertions with which a client proves that it has its private key: `private_key_jwt` (RFC 7523, section 3)."""

from collections.abc import Collection
from typing import Any, NamedTuple

from app.auth.jwt import (
    ALGORITHMS,
    InvalidToken,
    Signed,
    audiences,
    check_signature,
    check_times,
    keys_of,
    take_apart,
    usable_key,
    word,
)

LONGEST = 60  # seconds that an assertion may be good for
LEEWAY = 5.0
TYPES = (None, "jwt", "client-authentication+jwt")
MOST_KEYS = 10


class Proof(NamedTuple):
    """An assertion whose signature is right: its `jti`, to be used once, and when it ends."""

    jti: str
    ends: float


def claimed_by(assertion: str) -> tuple[Signed, str]:
    """The assertion taken apart, and the client that it says it comes from. Nothing is proved yet."""
    signed = take_apart(assertion.encode("ascii", "replace"), algorithms=ALGORITHMS, types=TYPES)
    client = word(signed.claims, "sub")
    if signed.claims.get("iss") != client:
        raise InvalidToken
    return signed, client


def prove(signed: Signed, jwks: Any, *, audience: Collection[str], now: float) -> Proof:
    """Raise InvalidToken unless one of the client's keys signed this for us (and only us), for 60 s at most."""
    keys, kid = keys_of(jwks), signed.header.get("kid")
    if kid is None and not keys:  # a set of one key needs no id
        listed = jwks.get("keys", []) if isinstance(jwks, dict) else []
        check_signature(signed, usable_key(listed[0]) if len(listed) == 1 else None)
    elif kid is None and len(keys) == 1:
        check_signature(signed, next(iter(keys.values())))
    else:
        check_signature(signed, keys.get(kid) if isinstance(kid, str) else None)
    named = audiences(signed.claims)
    ends = check_times(signed.claims, now, leeway=LEEWAY)
    if len(named) != 1 or named[0] not in audience or ends > now + LONGEST + LEEWAY:
        raise InvalidToken
    jti = word(signed.claims, "jti")
    if len(jti) > 200:
        raise InvalidToken
    return Proof(jti, ends)


def acceptable(jwks: Any) -> bool:
    """Whether this can be a client's `jwks`: public keys that we can verify with, and nothing else."""
    if not isinstance(jwks, dict) or set(jwks) != {"keys"} or not isinstance(jwks["keys"], list):
        return False
    keys = jwks["keys"]
    ids = [one.get("kid") for one in keys if isinstance(one, dict)]
    return (
        1 <= len(keys) <= MOST_KEYS
        and all(usable_key(one) is not None for one in keys)
        and all(isinstance(kid, str) or (kid is None and len(keys) == 1) for kid in ids)
        and len(set(ids)) == len(ids)
    )
