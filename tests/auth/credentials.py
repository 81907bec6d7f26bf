"""Clients, access tokens, assertions and keys for tests."""

import base64
import json
import time
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from app.auth import Scope
from app.auth.keys import SigningKey
from app.clients import maintenance
from app.core.db.transaction import open_transaction
from app.state import state_of

ALL_SCOPES = [str(scope) for scope in Scope]


async def register_client(app: FastAPI, *scopes: str, **members: Any) -> tuple[str, str]:
    """Create a client in the database and return its id and secret; the secret of a client with `jwks` is ""."""
    content = {"name": "a client", "scopes": list(scopes) or ALL_SCOPES, **members}
    async with open_transaction(state_of(app).database) as transaction:
        client_id, secret = await maintenance.create_client(transaction, content)
    return client_id, secret or ""


async def fetch_token(client: httpx.AsyncClient, client_id: str, secret: str, **form: str) -> str:
    answer = await client.post(
        "/oauth/token", data={"grant_type": "client_credentials", **form}, auth=httpx.BasicAuth(client_id, secret)
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def create_token(app: FastAPI, client: httpx.AsyncClient, *scopes: str, **members: Any) -> str:
    """Create a client and fetch a token for it."""
    return await fetch_token(client, *await register_client(app, *scopes, **members))


def authorization_headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def encode_part(part: Any) -> str:
    """Encode a part of a token as base64url; a value that is not bytes is serialized as JSON."""
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decode_token(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the claims of a token without verifying it."""
    header, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    return json.loads(header), json.loads(claims)


def sign_token(header: dict[str, Any], claims: Any, key: ECKey | OKPKey) -> str:
    """Sign any header and claims with ES256 or Ed25519 (RFC 7518, section 3.4; RFC 8037, section 3.1)."""
    signing_input = f"{encode_part(header)}.{encode_part(claims)}"
    private: Any = key.get_op_key("sign")
    if isinstance(key, OKPKey):
        return f"{signing_input}.{encode_part(private.sign(signing_input.encode()))}"
    r, s = decode_dss_signature(private.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing_input}.{encode_part(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def build_signing_key(kid: str = "synthetic", *, starts_in: float = -60, ends_in: float = 86400 * 3) -> SigningKey:
    """Build a signing key of ours that signs from and until so many seconds from now."""
    key, now = ECKey.generate_key("P-256", private=True), time.time()
    return SigningKey(kid, dict(key.as_dict(private=True)), now + starts_in, now + ends_in)


def build_assertion(key: ECKey | OKPKey, client_id: str, audience: Any, **changes: Any) -> str:
    """Build an assertion for `private_key_jwt`; a claim that is None is omitted."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + 30,
        "jti": base64.b16encode(time.time_ns().to_bytes(8, "big")).decode(),
        **changes,
    }
    present_claims = {name: value for name, value in claims.items() if value is not None}
    algorithm = "ES256" if isinstance(key, ECKey) else "Ed25519"
    header = {"alg": algorithm, **({"kid": key.kid} if key.kid else {})}
    return jwt.encode(header, present_claims, key, algorithms=[algorithm])


def build_jwk_set(*keys: ECKey | OKPKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def generate_key(kid: str = "first") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


def generate_ed25519_key(kid: str = "second") -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid}, private=True)
