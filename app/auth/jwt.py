"""Strict parsing and verification of signed JSON Web Tokens (RFC 7515, 7519; best practices: RFC 8725).

The algorithm is chosen from a fixed list and the key by its id among keys that are already trusted, never from the
token itself.
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

# EdDSA is the older name of the algorithm that RFC 9864 calls Ed25519; no other of its curves is accepted.
SIGNATURE_ALGORITHMS = {
    "ES256": JWSRegistry.algorithms["ES256"],
    "Ed25519": JWSRegistry.algorithms["Ed25519"],
    "EdDSA": JWSRegistry.algorithms["Ed25519"],
}
SUPPORTED_CURVES: Mapping[tuple[Any, Any], tuple[type[AsymmetricKey], frozenset[str]]] = {
    ("EC", "P-256"): (ECKey, frozenset({"ES256"})),
    ("OKP", "Ed25519"): (OKPKey, frozenset({"Ed25519", "EdDSA"})),
}
"""(`kty`, `crv`) to the key class and the algorithms of the curve."""
COMPACT_SERIALIZATION = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MAX_TOKEN_BYTES = 8 * 1024
# No jku, x5u, jwk or x5c: a token must not bring its own key.
ALLOWED_HEADER_PARAMETERS = frozenset({"alg", "typ", "kid", "cty"})
PRIVATE_KEY_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
TEXT_CLAIM = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
MAX_TEXT_CLAIM_LENGTH = 255
NOT_A_JWT = "It is no signed JWT: three parts in base64url, of which the first two are JSON objects."


class InvalidToken(Exception):
    """A token was rejected.

    Attributes:
        reason: One sentence on the cause. Only a client that authenticates with an assertion gets to see it: the bearer
            of an access token should not learn it.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class UnverifiedJwt(NamedTuple):
    """A parsed JWT. Its claims must not be used before `verify_signature`."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signing_input: bytes
    signature: bytes


class VerificationKey(NamedTuple):
    """A public key and the algorithms that it may be used with, which are those of its curve."""

    key: AsymmetricKey
    algorithms: frozenset[str]


def parse_jwt(token: bytes, *, algorithms: Collection[str], types: Collection[str | None]) -> UnverifiedJwt:
    """Parse a JWT in compact serialization and check its header; its signature and claims stay unverified.

    Args:
        token: The serialized token.
        algorithms: The accepted values of the header parameter `alg`.
        types: The accepted values of `typ`, in lower case and without `application/`; None: it may be missing.

    Raises:
        InvalidToken: It is malformed or too long, or has another algorithm, type or header parameter.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidToken(f"It must have at most {MAX_TOKEN_BYTES} bytes.")
    if not COMPACT_SERIALIZATION.fullmatch(token):
        raise InvalidToken(NOT_A_JWT)
    signing_input, _, signature = token.rpartition(b".")
    header, claims = (_decode_json_object(part) for part in signing_input.split(b"."))
    type_ = header.get("typ")
    if not isinstance(algorithm := header.get("alg"), str) or algorithm not in algorithms:
        raise InvalidToken(f"The alg in its header must be one of: {', '.join(algorithms)}.")
    if not ALLOWED_HEADER_PARAMETERS.issuperset(header):
        raise InvalidToken(f"Its header may have only: {', '.join(sorted(ALLOWED_HEADER_PARAMETERS))}.")
    if not (
        (type_ is None or isinstance(type_, str))
        and (type_.lower().removeprefix("application/") if type_ else None) in types
    ):
        raise InvalidToken(f"The typ in its header must be one of: {', '.join(filter(None, types))}.")
    return UnverifiedJwt(header, claims, signing_input, _decode_base64url(signature))


def verify_signature(jwt: UnverifiedJwt, verification_key: VerificationKey | None) -> None:
    """Raise InvalidToken if there is no key, or if it did not make the JWT's signature with one of its algorithms.

    Raises:
        InvalidToken: It did not, or there is no key.
    """
    algorithm = jwt.header["alg"]
    if verification_key is None:
        raise InvalidToken("There is no key with the kid of its header.")
    if algorithm not in verification_key.algorithms:
        allowed = ", ".join(sorted(verification_key.algorithms))
        raise InvalidToken(f"The alg in its header does not fit the key, which is for: {allowed}.")
    if not SIGNATURE_ALGORITHMS[algorithm].verify(jwt.signing_input, jwt.signature, verification_key.key):
        raise InvalidToken("Its signature was not made with the registered key.")


def validate_times(claims: Mapping[str, Any], now: float, *, leeway: float) -> float:
    """Return `exp`; InvalidToken if it has passed at `now`, or `nbf` or `iat` lies over `leeway` seconds ahead.

    Args:
        claims: The claims; `exp` is required.
        now: Unix time in seconds.
        leeway: Seconds by which the issuer's clock may be ahead of ours. It does not delay `exp`.

    Raises:
        InvalidToken: The token is expired or not valid yet, or a time is not a number.
    """
    expires_at, not_before, issued_at = (claims.get(name) for name in ("exp", "nbf", "iat"))
    if not _is_numeric_date(expires_at):
        raise InvalidToken("exp must be a number: seconds since 1970.")
    if expires_at <= now:
        raise InvalidToken("It is expired: exp has passed.")
    for name, instant in (("nbf", not_before), ("iat", issued_at)):
        if instant is not None and not _is_numeric_date(instant):
            raise InvalidToken(f"{name} must be a number: seconds since 1970.")
        if instant is not None and instant > now + leeway:
            raise InvalidToken(f"{name} is in the future: compare the clocks.")
    return float(expires_at)


def read_text_claim(
    claims: Mapping[str, Any], name: str, *, required: bool = True, max_length: int = MAX_TEXT_CLAIM_LENGTH
) -> str:
    """Return a claim's text, or "" if it is missing and not `required`; InvalidToken if malformed or else missing.

    Raises:
        InvalidToken: It is missing, empty, too long or no such text.
    """
    value = claims.get(name)
    if value is None and not required:
        return ""
    if value is None:
        raise InvalidToken(f"{name} is missing.")
    if not isinstance(value, str) or len(value) > max_length or not TEXT_CLAIM.fullmatch(value):
        raise InvalidToken(f"{name} must be a text of 1 to {max_length} characters, without control characters.")
    return value


def read_audiences(claims: Mapping[str, Any]) -> list[str]:
    """Return the recipients in the claim `aud` as a list; InvalidToken if it is neither a text nor a list of them.

    Raises:
        InvalidToken: It is missing or contains something else than text.
    """
    audience = claims.get("aud")
    values = audience if isinstance(audience, list) else [audience]
    audiences = [value for value in values if isinstance(value, str)]
    if len(audiences) != len(values):
        raise InvalidToken("aud must be a text or a list of texts.")
    return audiences


def parse_verification_key(jwk: Any) -> VerificationKey | None:
    """Return the public key of a JWK (RFC 7517); None if it is private, malformed or of an unsupported kind."""
    if not isinstance(jwk, dict) or not PRIVATE_KEY_MEMBERS.isdisjoint(jwk) or jwk.get("use", "sig") != "sig":
        return None
    curve = (jwk.get("kty"), jwk.get("crv"))
    supported = SUPPORTED_CURVES.get(curve) if all(isinstance(name, str) for name in curve) else None
    if supported is None:
        return None
    key_class, algorithms = supported
    if "alg" in jwk:
        algorithms = algorithms & {jwk["alg"]} if isinstance(jwk["alg"], str) else frozenset()
    members = {name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}
    try:
        key = key_class.import_key(members)
        key.get_op_key("verify")
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return VerificationKey(key, algorithms) if algorithms else None


def parse_jwk_set(jwks: Any) -> dict[str, VerificationKey]:
    """Return the usable keys of a JWK Set by `kid`; keys without a `kid` are left out, as no token can name them."""
    jwk_list = jwks.get("keys") if isinstance(jwks, dict) else None
    jwk_objects = [jwk for jwk in jwk_list if isinstance(jwk, dict)] if isinstance(jwk_list, list) else []
    keys = {jwk["kid"]: parse_verification_key(jwk) for jwk in jwk_objects if isinstance(jwk.get("kid"), str)}
    return {kid: key for kid, key in keys.items() if key is not None}


def _is_numeric_date(value: Any) -> TypeGuard[float]:
    """Return whether a value is a number from 0 to below 1e11, as a NumericDate is (RFC 7519, section 2)."""
    return type(value) in (int, float) and 0 <= value < 1e11


def _decode_base64url(part: bytes) -> bytes:
    """Decode base64url without padding (RFC 7515, section 2); raise InvalidToken if it is malformed."""
    try:
        return urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        raise InvalidToken(NOT_A_JWT) from None


def _decode_json_object(part: bytes) -> dict[str, Any]:
    """Decode a base64url part of a JWT as a JSON object; InvalidToken if malformed, or with repeated members."""
    try:
        text = _decode_base64url(part).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_build_unique_dict, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        raise InvalidToken(NOT_A_JWT) from None
    if not isinstance(value, dict):
        raise InvalidToken(NOT_A_JWT)
    return value


def _build_unique_dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a dict from the members of a JSON object; raise InvalidToken if one is repeated."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidToken("A member of its header or its claims is repeated.")
    return members


def _reject_constant(_: str) -> None:
    """Raise InvalidToken for NaN or Infinity, which Python's parser accepts but JSON does not have."""
    raise InvalidToken(NOT_A_JWT)
