"""Signing keys."""

from app.auth.keys import SigningKey, generate_jwk


def test_verification_key_has_no_private_part() -> None:
    kid, jwk = generate_jwk()
    key = SigningKey(kid, jwk, signs_from=0, signs_until=1)
    assert key.private_key.is_private
    assert not key.verification_key.key.is_private
    assert key.verification_key.key.thumbprint() == kid
