"""The keys that sign access tokens: each for some days, known before that, and until its last token has ended.

All workers read them from the database, so that any of them verifies what another has signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc.jwk import ECKey

from app.auth.jwt import VerificationKey

ACCESS_TOKEN_SECONDS = 600  # seconds that an access token is good for
SIGNING_PERIOD_SECONDS = 7 * 86400
PUBLISH_AHEAD_SECONDS = (
    86400  # so much before it signs, its successor is published: whoever keeps our key set will have seen it
)
SIGNING_ALGORITHM = "ES256"


@dataclass(frozen=True)
class SigningKey:
    """A key of ours, and the instants between which it signs."""

    kid: str
    jwk: Mapping[str, Any]
    signs_from: float
    signs_until: float

    @cached_property
    def private_key(self) -> ECKey:
        return ECKey.import_key(dict(self.jwk))

    @cached_property
    def verification_key(self) -> VerificationKey:
        return VerificationKey(self.private_key, frozenset({SIGNING_ALGORITHM}))

    def to_public_jwk(self) -> dict[str, Any]:
        """The public half as a JWK."""
        members = {name: self.jwk[name] for name in ("kty", "crv", "x", "y")}
        return {**members, "kid": self.kid, "use": "sig", "alg": SIGNING_ALGORITHM}


class SigningKeySet:
    """All keys of ours that still verify something, or soon will."""

    def __init__(self, keys: Iterable[SigningKey] = ()) -> None:
        self._keys = {key.kid: key for key in keys}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigningKeySet) and self._keys == other._keys

    __hash__ = None  # type: ignore[assignment]

    def find_verification_key(self, kid: object, now: float) -> VerificationKey | None:
        """The key of this id, where a token that it signed may still be good."""
        key = self._keys.get(kid) if isinstance(kid, str) else None
        return key.verification_key if key and key.signs_until + ACCESS_TOKEN_SECONDS > now else None

    def find_signing_key(self, now: float) -> SigningKey | None:
        """The key to sign with at this instant."""
        fit = [key for key in self._keys.values() if key.signs_from <= now < key.signs_until]
        return max(fit, key=lambda key: key.signs_from, default=None)

    def find_signing_end(self) -> float | None:
        """Until when there is a key to sign with; None where there never was one."""
        return max((key.signs_until for key in self._keys.values()), default=None)

    def list_public_jwks(self, now: float) -> list[dict[str, Any]]:
        """The public halves of all that verify now or will: what `/.well-known/jwks.json` shows."""
        return [key.to_public_jwk() for key in self._keys.values() if key.signs_until + ACCESS_TOKEN_SECONDS > now]


def generate_jwk() -> tuple[str, dict[str, Any]]:
    """A new key with its id (its thumbprint, RFC 7638)."""
    key = ECKey.generate_key("P-256", private=True)
    return key.thumbprint(), dict(key.as_dict(private=True))
