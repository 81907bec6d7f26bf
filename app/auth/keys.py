"""The keys that sign access tokens. Each signs for seven days and is published before and after that.

All workers read them from the database, so that each verifies the tokens that the others signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc.jwk import ECKey

from app.auth.jwt import VerificationKey

ACCESS_TOKEN_SECONDS = 600
SIGNING_PERIOD_SECONDS = 7 * 86400
# A key is published a day before it signs, so that everybody who caches our key set knows it by then.
PUBLISH_AHEAD_SECONDS = 86400
SIGNING_ALGORITHM = "ES256"


@dataclass(frozen=True)
class SigningKey:
    """A private key of ours and the period in which it signs (Unix times)."""

    kid: str
    jwk: Mapping[str, Any]
    signs_from: float
    signs_until: float

    @cached_property
    def private_key(self) -> ECKey:
        """The private key that signs tokens, parsed from the JWK."""
        return ECKey.import_key(dict(self.jwk))

    @cached_property
    def verification_key(self) -> VerificationKey:
        """The public key that verifies this key's signatures, with its algorithm."""
        return VerificationKey(ECKey.import_key(self._public_members), frozenset({SIGNING_ALGORITHM}))

    @property
    def _public_members(self) -> dict[str, Any]:
        """The members of the JWK that hold the public key."""
        return {name: self.jwk[name] for name in ("kty", "crv", "x", "y")}

    def verifies_at(self, now: float) -> bool:
        """Return whether tokens of this signing key, issued or still to be issued, can be valid after `now`."""
        return self.signs_until + ACCESS_TOKEN_SECONDS > now

    def to_public_jwk(self) -> dict[str, Any]:
        """Return the public part of this signing key as a JWK (RFC 7517), for `/.well-known/jwks.json`."""
        return {**self._public_members, "kid": self.kid, "use": "sig", "alg": SIGNING_ALGORITHM}


class SigningKeySet:
    """All our keys that still verify tokens or will sign some."""

    def __init__(self, keys: Iterable[SigningKey] = ()) -> None:
        self._keys = {key.kid: key for key in keys}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningKeySet) and self._keys == other._keys

    __hash__ = None  # type: ignore[assignment]

    def find_verification_key(self, kid: object, now: float) -> VerificationKey | None:
        """Return the public key with this id; None if there is none or all tokens it signed are expired."""
        key = self._keys.get(kid) if isinstance(kid, str) else None
        return key.verification_key if key and key.verifies_at(now) else None

    def find_signing_key(self, now: float) -> SigningKey | None:
        """Return the key whose signing period includes `now`, the newest of several; None if there is none."""
        current = [key for key in self._keys.values() if key.signs_from <= now < key.signs_until]
        return max(current, key=lambda key: key.signs_from, default=None)

    def find_signing_end(self) -> float | None:
        """Return the Unix time at which the last signing period ends, or None if there are no keys."""
        return max((key.signs_until for key in self._keys.values()), default=None)

    def list_public_jwks(self, now: float) -> list[dict[str, Any]]:
        """Return the public JWKs for `/.well-known/jwks.json`: of keys whose tokens are or will be valid."""
        return [key.to_public_jwk() for key in self._keys.values() if key.verifies_at(now)]


def generate_jwk() -> tuple[str, dict[str, Any]]:
    """Generate a private P-256 key; return its id (the JWK thumbprint, RFC 7638) and its JWK. Nothing is stored."""
    key = ECKey.generate_key("P-256", private=True)
    return key.thumbprint(), dict(key.as_dict(private=True))
