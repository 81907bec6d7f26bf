"""Forged and malformed access tokens, each of which differs from a valid one in one respect."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from app.auth.keys import SigningKey
from tests.auth.credentials import encode_part, generate_ed25519_key, generate_key, sign_token


class TokenParts(NamedTuple):
    """The header and claims of a valid token, and the key that signs it."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: SigningKey

    def sign(self, *, header: dict[str, Any] | None = None, claims: Any = None) -> str:
        """Sign the token with another header or other claims."""
        return sign_token(header or self.header, self.claims if claims is None else claims, self.key.private_key)


Forge = Callable[[TokenParts], str]


def with_header(**changes: Any) -> Forge:
    """Change header parameters; None removes one."""

    def forge(parts: TokenParts) -> str:
        merged = {**parts.header, **changes}
        return parts.sign(header={name: value for name, value in merged.items() if value is not None})

    return forge


def with_claims(**changes: Any) -> Forge:
    """Change claims; None removes one."""

    def forge(parts: TokenParts) -> str:
        merged = {**parts.claims, **changes}
        return parts.sign(claims={name: value for name, value in merged.items() if value is not None})

    return forge


def with_time(name: str, seconds: float) -> Forge:
    """Set a claim to so many seconds after the time of the forgery."""

    def forge(parts: TokenParts) -> str:
        return with_claims(**{name: int(time.time() + seconds)})(parts)

    return forge


def with_claims_text(change: Callable[[str], str]) -> Forge:
    """Change the JSON text of the claims."""
    return lambda parts: parts.sign(claims=change(json.dumps(parts.claims)).encode())


def with_signature(change: Callable[[bytes], bytes]) -> Forge:
    """Change the bytes of the signature."""

    def forge(parts: TokenParts) -> str:
        header, claims, signature = parts.sign().split(".")
        return ".".join([header, claims, encode_part(change(base64.urlsafe_b64decode(signature + "==")))])

    return forge


def with_serialization(change: Callable[[str], str]) -> Forge:
    """Change the text of the whole token."""
    return lambda parts: change(parts.sign())


def with_alg_none(parts: TokenParts) -> str:
    return f"{encode_part({**parts.header, 'alg': 'none'})}.{encode_part(parts.claims)}."


def with_hmac(secret: Callable[[ECKey], bytes]) -> Forge:
    """Use the public key, which everybody knows, as the shared secret of HS256."""

    def forge(parts: TokenParts) -> str:
        signing_input = f"{encode_part({**parts.header, 'alg': 'HS256'})}.{encode_part(parts.claims)}"
        mac = hmac.digest(secret(parts.key.private_key), signing_input.encode(), hashlib.sha256)
        return f"{signing_input}.{encode_part(mac)}"

    return forge


def with_another_key(parts: TokenParts) -> str:
    return sign_token(parts.header, parts.claims, generate_key(parts.key.kid))


def with_embedded_key(parts: TokenParts) -> str:
    key = generate_key()
    return sign_token({**parts.header, "jwk": key.as_dict(private=False)}, parts.claims, key)


def with_ed25519(parts: TokenParts) -> str:
    return sign_token({**parts.header, "alg": "Ed25519"}, parts.claims, generate_ed25519_key(parts.key.kid))


def with_der_signature(parts: TokenParts) -> str:
    signing_input = f"{encode_part(parts.header)}.{encode_part(parts.claims)}"
    signature = parts.key.private_key.get_op_key("sign").sign(signing_input.encode(), ec.ECDSA(hashes.SHA256()))
    return f"{signing_input}.{encode_part(signature)}"


FORGERIES: dict[str, Forge] = {
    "alg none": with_alg_none,
    "alg none with a signature": with_header(alg="none"),
    "alg None": with_header(alg="None"),
    "no alg": with_header(alg=None),
    "alg RS256": with_header(alg="RS256"),
    "HS256 with the PEM": with_hmac(lambda key: key.as_pem(private=False)),
    "HS256 with the DER": with_hmac(lambda key: key.as_der(private=False)),
    "HS256 with the JWK": with_hmac(lambda key: json.dumps(key.as_dict(private=False)).encode()),
    "Ed25519 with our issuer": with_ed25519,
    "jku": with_header(jku="https://evil.example/jwks.json"),
    "x5u": with_header(x5u="https://evil.example/cert.pem"),
    "x5c": with_header(x5c=["MIIB"]),
    "crit": with_header(crit=["exp"]),
    "b64": with_header(b64=False),
    "embedded key": with_embedded_key,
    "typ JWT": with_header(typ="JWT"),
    "no typ": with_header(typ=None),
    "typ not a string": with_header(typ=["at+jwt"]),
    "unknown kid": with_header(kid="nobody's"),
    "no kid": with_header(kid=None),
    "kid not a string": with_header(kid={"a": 1}),
    "another key": with_another_key,
    "another audience": with_claims(aud="sirekap"),
    "no audience": with_claims(aud=None),
    "audiences without ours": with_claims(aud=["sirekap", "sidalih"]),
    "audience not a string": with_claims(aud=["rakornas", 1]),
    "another issuer": with_claims(iss="https://evil.example"),
    "no issuer": with_claims(iss=None),
    "expired": with_time("exp", -1),
    "no exp": with_claims(exp=None),
    "exp a string": with_claims(exp="9999999999"),
    "exp true": with_claims(exp=True),
    "not yet valid": with_time("nbf", 30),
    "issued tomorrow": with_time("iat", 86400),
    "no client": with_claims(client_id=None),
    "another subject": with_claims(sub="somebody else"),
    "no revision": with_claims(rakornas_revision=None),
    "revision a string": with_claims(rakornas_revision="1"),
    "scope a list": with_claims(scope=["clients:admin"]),
    "organization not a string": with_claims(rakornas_organization=["kpu-31"]),
    "line feed in the name": with_claims(name="a\nb"),
    "exp repeated": with_claims_text(lambda text: text[:-1] + ', "exp": 99999999999}'),
    "nbf NaN": with_claims_text(lambda text: text[:-1] + ', "nbf": NaN}'),
    "claims a list": with_claims_text(lambda text: f"[{text}]"),
    "claims not JSON": with_claims_text(lambda text: text[1:]),
    "claims deeply nested": with_claims_text(lambda text: text[:-1] + ', "x": ' + "[" * 3000 + "]" * 3000 + "}"),
    "a bit of the signature changed": with_signature(lambda signature: bytes([signature[0] ^ 1]) + signature[1:]),
    "signature of zeros": with_signature(lambda signature: bytes(len(signature))),
    "half of the signature": with_signature(lambda signature: signature[:32]),
    "longer signature": with_signature(lambda signature: signature + b"\0"),
    "DER signature": with_der_signature,
    "empty signature": with_serialization(lambda token: token.rpartition(".")[0] + "."),
    "fourth part": with_serialization(lambda token: f"{token}.e30"),
    "padding": with_serialization(lambda token: f"{token}=="),
    "space": with_serialization(lambda token: token.replace(".", " .", 1)),
    "base64 instead of base64url": with_serialization(lambda token: token[:-3] + "+/+"),
    "too long": with_serialization(lambda token: token + "A" * 9000),
    "empty": lambda _: "",
}
