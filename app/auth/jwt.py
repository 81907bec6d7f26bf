"""Signed tokens as bytes (RFC 7515, 7519): read strictly, and held against one key.

The algorithm is chosen from a list of ours, never by the token; the key by its id among those that we trust already.
"""

import binascii
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, TypeGuard

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

AsymmetricKey = ECKey | OKPKey

# EdDSA is the older name of what RFC 9864 calls Ed25519; of its curves we take this one alone.
SIGNATURE_ALGORITHMS = {
    "ES256": JWSRegistry.algorithms["ES256"],
    "Ed25519": JWSRegistry.algorithms["Ed25519"],
    "EdDSA": JWSRegistry.algorithms["Ed25519"],
}
SUPPORTED_CURVES: Mapping[tuple[Any, Any], tuple[type[AsymmetricKey], frozenset[str]]] = {
    ("EC", "P-256"): (ECKey, frozenset({"ES256"})),
    ("OKP", "Ed25519"): (OKPKey, frozenset({"Ed25519", "EdDSA"})),
}
COMPACT_SERIALIZATION = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MAX_TOKEN_BYTES = 8 * 1024
ALLOWED_HEADER_PARAMETERS = frozenset(
    {"alg", "typ", "kid", "cty"}
)  # no jku, x5u, jwk, x5c: a token does not bring its own key
PRIVATE_KEY_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
TEXT_CLAIM = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
MAX_TEXT_CLAIM_LENGTH = 255


class InvalidToken(Exception):
    """A token that is no good. Why stays between us: whoever forges one learns nothing."""


class UnverifiedJwt(NamedTuple):
    """A token taken apart; nothing in it is to be believed before `check_signature`."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


class VerificationKey(NamedTuple):
    """A public key with the algorithms that it may be used with: those of its curve."""

    key: AsymmetricKey
    algorithms: frozenset[str]


def parse_jwt(token: bytes, *, algorithms: Collection[str], types: Collection[str | None]) -> UnverifiedJwt:
    """Raise InvalidToken unless this has the form of a token, an algorithm and a type (`typ`) of these."""
    if len(token) > MAX_TOKEN_BYTES or not COMPACT_SERIALIZATION.fullmatch(token):
        raise InvalidToken
    signed, _, signature = token.rpartition(b".")
    header, claims = (_decode_json_object(part) for part in signed.split(b"."))
    kind = header.get("typ")
    if not (
        isinstance(algorithm := header.get("alg"), str)
        and algorithm in algorithms
        and ALLOWED_HEADER_PARAMETERS.issuperset(header)
        and (kind is None or isinstance(kind, str))
        and (kind.lower().removeprefix("application/") if kind else None) in types
    ):
        raise InvalidToken
    return UnverifiedJwt(header, claims, signed, _decode_base64url(signature))


def verify_signature(token: UnverifiedJwt, verification_key: VerificationKey | None) -> None:
    """Raise InvalidToken unless this key made the signature, with an algorithm that the key is for."""
    name = token.header["alg"]
    if verification_key is None or name not in verification_key.algorithms:
        raise InvalidToken
    if not SIGNATURE_ALGORITHMS[name].verify(token.signing_input, token.signature, verification_key.key):
        raise InvalidToken


def validate_times(claims: Mapping[str, Any], now: float, *, leeway: float) -> float:
    """When the token ends; raise InvalidToken where that is over, or its time has not come yet.

    `leeway`: how far the issuer's clock may be ahead of ours. It lengthens no token's life.
    """
    ends, begins, made = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if not _is_numeric_date(ends) or ends <= now:
        raise InvalidToken
    for instant in (begins, made):
        if instant is not None and (not _is_numeric_date(instant) or instant > now + leeway):
            raise InvalidToken
    return float(ends)


def read_text_claim(
    claims: Mapping[str, Any], name: str, *, required: bool = True, max_length: int = MAX_TEXT_CLAIM_LENGTH
) -> str:
    """A claim that is a short text; InvalidToken where it is anything else. With `least=0` it may be missing: ''."""
    value = claims.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or len(value) > max_length or not TEXT_CLAIM.fullmatch(value):
        raise InvalidToken
    return value


def read_audiences(claims: Mapping[str, Any]) -> list[str]:
    """Whom the token is for: one name or a list of them (RFC 7519, section 4.1.3)."""
    named = claims.get("aud")
    listed = named if isinstance(named, list) else [named]
    texts = [one for one in listed if isinstance(one, str)]
    if len(texts) != len(listed):
        raise InvalidToken
    return texts


def parse_verification_key(jwk: Any) -> VerificationKey | None:
    """The public key in a JWK (RFC 7517), or None where it is no key for signatures that we accept."""
    if not isinstance(jwk, dict) or not PRIVATE_KEY_MEMBERS.isdisjoint(jwk) or jwk.get("use", "sig") != "sig":
        return None
    kind = (jwk.get("kty"), jwk.get("crv"))
    known = SUPPORTED_CURVES.get(kind) if all(isinstance(one, str) for one in kind) else None
    if known is None:
        return None
    made, algorithms = known
    if "alg" in jwk:
        algorithms = algorithms & {jwk["alg"]} if isinstance(jwk["alg"], str) else frozenset()
    members = {name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}
    try:
        key = made.import_key(members)
        key.get_op_key("verify")
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return VerificationKey(key, algorithms) if algorithms else None


def parse_jwk_set(jwks: Any) -> dict[str, VerificationKey]:
    """The usable keys of a set, by id. What has no id cannot be asked for and is left out."""
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    named = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found = {one["kid"]: parse_verification_key(one) for one in named if isinstance(one.get("kid"), str)}
    return {kid: usable for kid, usable in found.items() if usable is not None}


def _is_numeric_date(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float) and 0 <= value < 1e11


def _decode_base64url(part: bytes) -> bytes:
    try:
        return urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        raise InvalidToken from None


def _decode_json_object(part: bytes) -> dict[str, Any]:
    """A JSON object without repeated members: two readers might each believe another of the two."""
    try:
        found = json.loads(
            _decode_base64url(part).decode("utf-8"),
            object_pairs_hook=_reject_duplicate_members,
            parse_constant=_reject_constant,
        )
    except (ValueError, RecursionError):
        raise InvalidToken from None
    if not isinstance(found, dict):
        raise InvalidToken
    return found


def _reject_duplicate_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidToken
    return found


def _reject_constant(_: str) -> None:
    raise InvalidToken
