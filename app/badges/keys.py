"""What a badge says, and the key of its meeting that signs it.

A token is a JWS in its compact form (RFC 7515), signed with Ed25519 (RFC 8037): any library verifies it without asking
anybody. It names the meeting (`aud`) and the badge (`jti`), and nobody. The key of a meeting is derived from one secret
of the installation (RFC 5869), so that there is one for every meeting, and none to be made or lost.
"""

import base64
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jws
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"  # RFC 9864, which names the curve


class BadgeSigningKey:
    """The key of a meeting."""

    def __init__(self, secret: bytes, meeting: str) -> None:
        seed = HKDF(SHA256(), length=32, salt=None, info=b"badges of " + meeting.encode()).derive(secret)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        self.meeting = meeting
        self._key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _base64url(public), "d": _base64url(seed)})
        self.kid = self._key.thumbprint()

    def to_jwk(self) -> dict[str, Any]:
        """The public half as a JWK (RFC 7517)."""
        members = self._key.as_dict(private=False)
        return {
            "kty": members["kty"],
            "crv": members["crv"],
            "x": members["x"],
            "kid": self.kid,
            "use": "sig",
            "alg": ALGORITHM,
        }

    def sign(self, badge: UUID) -> str:
        """The token of a badge: the same whenever it is asked for."""
        said = orjson.dumps({"aud": self.meeting, "jti": _base64url(badge.bytes)})
        header = {"alg": ALGORITHM, "kid": self.kid}
        return jws.serialize_compact(header, said, self._key, algorithms=[ALGORITHM])


@lru_cache(maxsize=100)
def derive_key(secret: bytes, meeting: str) -> BadgeSigningKey:
    return BadgeSigningKey(secret, meeting)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
