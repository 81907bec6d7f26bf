"""Client assertions for the authentication method `private_key_jwt` (RFC 7523, section 3)."""

from collections.abc import Collection
from typing import Any, NamedTuple

from app.auth.jwt import (
    SIGNATURE_ALGORITHMS,
    InvalidToken,
    UnverifiedJwt,
    VerificationKey,
    parse_jwk_set,
    parse_jwt,
    parse_verification_key,
    read_audiences,
    read_text_claim,
    validate_times,
    verify_signature,
)

MAX_ASSERTION_SECONDS = 3600  # longest time until `exp` and longest age, which is what Authlib sets
CLOCK_LEEWAY_SECONDS = 60.0  # by which the clock of a client may be ahead
ALLOWED_TYPES = (None, "jwt", "client-authentication+jwt")  # of the header parameter `typ`
MAX_CLIENT_KEYS = 10
MAX_JTI_LENGTH = 200


class VerifiedAssertion(NamedTuple):
    """An assertion with a valid signature and valid claims: its `jti`, which may be used once, and its `exp`."""

    jti: str
    expires_at: float


def parse_assertion(assertion: str) -> tuple[UnverifiedJwt, str]:
    """Parse a client assertion (RFC 7523); return the JWT and the client id that it claims, both still unverified.

    Raises:
        InvalidToken: It is not a JWT of an allowed algorithm and type, or its `iss` and `sub` differ.
    """
    jwt = parse_jwt(assertion.encode("ascii", "replace"), algorithms=SIGNATURE_ALGORITHMS, types=ALLOWED_TYPES)
    client_id = read_text_claim(jwt.claims, "sub")
    if jwt.claims.get("iss") != client_id:
        raise InvalidToken("iss and sub must both be the client id.")
    return jwt, client_id


def verify_assertion(jwt: UnverifiedJwt, jwks: Any, *, audience: Collection[str], now: float) -> VerifiedAssertion:
    """Verify the signature and the claims of a client assertion, and return its `jti` and expiry; else InvalidToken.

    Args:
        jwt: The parsed assertion.
        jwks: The client's registered JWK Set.
        audience: The names of this service. `aud` must not name another one, because each of several recipients could
            use the assertion at the others.
        now: Unix time in seconds.

    Raises:
        InvalidToken: No key of the client signed it, it is for another audience, it is expired, valid for more than an
            hour or older than that, or it has no `jti`.
    """
    verify_signature(jwt, _select_key(jwks, jwt.header.get("kid")))
    audiences = read_audiences(jwt.claims)
    if not audiences or not set(audiences) <= set(audience):
        raise InvalidToken(f"aud must name only this service: {' or '.join(audience)}.")
    expires_at = validate_times(jwt.claims, now, leeway=CLOCK_LEEWAY_SECONDS)
    if expires_at > now + MAX_ASSERTION_SECONDS + CLOCK_LEEWAY_SECONDS:
        raise InvalidToken("It is valid for too long: exp may be at most an hour ahead.")
    if jwt.claims.get("iat") is not None and jwt.claims["iat"] < now - MAX_ASSERTION_SECONDS - CLOCK_LEEWAY_SECONDS:
        raise InvalidToken("It is too old: iat may be at most an hour ago.")
    jti = read_text_claim(jwt.claims, "jti", max_length=MAX_JTI_LENGTH)
    return VerifiedAssertion(jti, expires_at)


def is_client_jwk_set(jwks: Any) -> bool:
    """Return whether a client may register this JWK Set: 1 to 10 supported public keys, each with its own `kid`.

    The `kid` of an only key may be missing.
    """
    if not isinstance(jwks, dict) or set(jwks) != {"keys"} or not isinstance(jwks["keys"], list):
        return False
    keys = jwks["keys"]
    ids = [jwk.get("kid") for jwk in keys if isinstance(jwk, dict)]
    return (
        1 <= len(keys) <= MAX_CLIENT_KEYS
        and all(parse_verification_key(jwk) is not None for jwk in keys)
        and all(isinstance(kid, str) or (kid is None and len(keys) == 1) for kid in ids)
        and len(set(ids)) == len(ids)
    )


def _select_key(jwks: Any, kid: Any) -> VerificationKey | None:
    """Return the key with this `kid`, or the only key if `kid` is None or it has none; None if there is no such key.

    Raises:
        InvalidToken: The client has no keys, or several, of which the assertion names none.
    """
    jwk_list = jwks.get("keys", []) if isinstance(jwks, dict) else []
    if not jwk_list:
        raise InvalidToken("The client has no keys: it authenticates with a secret.")
    if kid is not None and (len(jwk_list) > 1 or "kid" in jwk_list[0]):
        return parse_jwk_set(jwks).get(kid) if isinstance(kid, str) else None
    if len(jwk_list) > 1:
        raise InvalidToken("The client has several keys: name one by the kid in the header.")
    return parse_verification_key(jwk_list[0])
