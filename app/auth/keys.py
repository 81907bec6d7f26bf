"""The keys that sign access tokens: each for some days, known before that, and until its last token has ended.

All workers read them from the database, so that any of them verifies what another has signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from joserfc.jwk import ECKey

from app.auth.jwt import UsableKey

LIFETIME = 600  # seconds that an access token is good for
SIGNS_FOR = 7 * 86400
MADE_AHEAD = 86400  # so much before it signs, its successor is published: whoever keeps our key set will have seen it
ALGORITHM = "ES256"


@dataclass(frozen=True)
class SigningKey:
    """A key of ours, and the instants between which it signs."""

    kid: str
    jwk: Mapping[str, Any]
    signs_from: float
    signs_until: float

    @cached_property
    def private(self) -> ECKey:
        return ECKey.import_key(dict(self.jwk))

    @cached_property
    def usable(self) -> UsableKey:
        return UsableKey(self.private, frozenset({ALGORITHM}))

    def public(self) -> dict[str, Any]:
        """The public half as a JWK."""
        members = {name: self.jwk[name] for name in ("kty", "crv", "x", "y")}
        return {**members, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


class Keys:
    """All keys of ours that still verify something, or soon will."""

    def __init__(self, keys: Iterable[SigningKey] = ()) -> None:
        self._keys = {key.kid: key for key in keys}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keys) and self._keys == other._keys

    __hash__ = None  # type: ignore[assignment]

    def named(self, kid: object, now: float) -> UsableKey | None:
        """The key of this id, where a token that it signed may still be good."""
        key = self._keys.get(kid) if isinstance(kid, str) else None
        return key.usable if key and key.signs_until + LIFETIME > now else None

    def signing(self, now: float) -> SigningKey | None:
        """The key to sign with at this instant."""
        fit = [key for key in self._keys.values() if key.signs_from <= now < key.signs_until]
        return max(fit, key=lambda key: key.signs_from, default=None)

    def ends(self) -> float | None:
        """Until when there is a key to sign with; None where there never was one."""
        return max((key.signs_until for key in self._keys.values()), default=None)

    def public(self, now: float) -> list[dict[str, Any]]:
        """The public halves of all that verify now or will: what `/.well-known/jwks.json` shows."""
        return [key.public() for key in self._keys.values() if key.signs_until + LIFETIME > now]


def new_jwk() -> tuple[str, dict[str, Any]]:
    """A new key with its id (its thumbprint, RFC 7638)."""
    key = ECKey.generate_key("P-256", private=True)
    return key.thumbprint(), dict(key.as_dict(private=True))
