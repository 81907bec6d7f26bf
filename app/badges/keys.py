"""Signing of badge tokens.

A token is a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037), so any library verifies it without a network. It
names the meeting (`aud`) and the badge (`jti`) and contains no personal data. The key of a meeting is derived from one
secret of the installation (HKDF, RFC 5869): every meeting has one, and none is stored.
"""

import base64
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

# RFC 9864 prefers the name Ed25519, which PyJWT and other libraries do not know yet. The member `crv` names the curve.
ALGORITHM = "EdDSA"
FORMER_ALGORITHM = "Ed25519"
"""The name in the header of badges that were issued earlier. They stay valid."""


class BadgeSigningKey:
    """The key that signs the badges of a meeting."""

    def __init__(self, secret: bytes, meeting: str, incarnation: int = 0) -> None:
        """Derive the key.

        Args:
            secret: The secret of the installation.
            meeting: The code of the meeting.
            incarnation: The number of meetings with this code that were deleted before it was created.
        """
        info = f"badges of {meeting}" + (f" ({incarnation})" if incarnation else "")
        private = HKDF(SHA256(), length=32, salt=None, info=info.encode()).derive(secret)
        self.meeting = meeting
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        public = self._key.public_key().public_bytes_raw()
        self._members: dict[str, str | list[str]] = {"kty": "OKP", "crv": "Ed25519", "x": _encode_base64url(public)}
        self.kid = OKPKey.import_key(self._members).thumbprint()

    def to_jwk(self) -> dict[str, Any]:
        """Return the public part of the key that signs a meeting's badges, as a JWK (RFC 7517)."""
        return {**self._members, "kid": self.kid, "use": "sig", "alg": ALGORITHM}

    def sign(self, badge: UUID, algorithm: str = ALGORITHM) -> str:
        """Return the signed token of a badge id, which the badge's QR code contains; it is the same at each call.

        Args:
            badge: The id of the badge.
            algorithm: The name of the algorithm in the header, ALGORITHM or FORMER_ALGORITHM, which are the same one.
        """
        header = {"alg": algorithm, "kid": self.kid}
        payload = {"aud": self.meeting, "jti": _encode_base64url(badge.bytes)}
        signing_input = ".".join(_encode_base64url(orjson.dumps(part)) for part in (header, payload))
        return f"{signing_input}.{_encode_base64url(self._key.sign(signing_input.encode()))}"


@lru_cache(maxsize=100)
def derive_badge_key(secret: bytes, meeting: str, incarnation: int = 0) -> BadgeSigningKey:
    """Derive the key that signs a meeting's badges from the secret of the installation, its code and incarnation.

    A meeting with the code of a deleted one has another key, so that no gate accepts the badges of the deleted one.
    """
    return BadgeSigningKey(secret, meeting, incarnation)


def _encode_base64url(raw: bytes) -> str:
    """Encode bytes in base64url without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
